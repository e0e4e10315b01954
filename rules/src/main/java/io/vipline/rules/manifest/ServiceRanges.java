package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The ranges of cluster IPs, and with them the cluster's families.
 *
 * @param ranges in the order given: the first one's family is the cluster's primary
 * @param explicit ServiceCIDR objects or the command line gave them; else IPv6 is offered too, to those who ask
 */
record ServiceRanges(List<Cidr> ranges, boolean explicit) {
    static final Cidr DEFAULT_V4 = Cidr.of("10.96.0.0/12");
    static final Cidr DEFAULT_V6 = Cidr.of("fd00:10:96::/108");

    static ServiceRanges of(List<Parsed<ServiceCIDR>> objects, ClusterSettings settings, ProblemLog problems) {
        List<Cidr> given = new ArrayList<>();
        List<Parsed<ServiceCIDR>> ordered = new ArrayList<>(objects);
        // the API server's own range has this name, and its first family is the cluster's
        ordered.sort(Comparator.comparing(
                parsed -> !parsed.object().getMetadata().getName().equals("kubernetes")));
        for (Parsed<ServiceCIDR> parsed : ordered) {
            List<String> texts = parsed.object().getSpec() == null
                    ? List.of()
                    : parsed.object().getSpec().getCidrs();
            for (int i = 0; i < texts.size(); i++) {
                Optional<Cidr> cidr = Cidr.parse(texts.get(i));
                cidr.ifPresent(given::add);
                if (cidr.isEmpty()) {
                    problems.error(
                            parsed.at("spec", "cidrs", i),
                            "\"" + texts.get(i) + "\" is no range of addresses",
                            "a ServiceCIDR names ranges",
                            "write it like 10.96.0.0/12");
                }
            }
        }
        if (given.isEmpty()) {
            given.addAll(settings.serviceCidrs());
        }
        return given.isEmpty()
                ? new ServiceRanges(List.of(DEFAULT_V4), false)
                : new ServiceRanges(List.copyOf(given), true);
    }

    IpFamily primary() {
        return ranges.getFirst().family();
    }

    boolean offers(IpFamily family) {
        return !explicit || ranges.stream().anyMatch(range -> range.family() == family);
    }

    List<Cidr> of(IpFamily family) {
        List<Cidr> own =
                ranges.stream().filter(range -> range.family() == family).toList();
        return own.isEmpty() && !explicit ? List.of(family == IpFamily.IPV4 ? DEFAULT_V4 : DEFAULT_V6) : own;
    }

    boolean contains(IpAddress address) {
        return of(address.family()).stream().anyMatch(range -> range.contains(address));
    }

    /**
     * What the cluster is known to have: ranges that somebody named, or those that we drew from. Of a stored cluster
     * whose ranges nobody names we know none.
     *
     * @param families that the cluster uses; primary first
     * @param drawn whether any Service got its address from here
     */
    List<Cidr> used(List<IpFamily> families, boolean drawn) {
        List<Cidr> used = new ArrayList<>();
        if (!explicit && !drawn) {
            return used;
        }
        for (IpFamily family : IpFamily.values()) {
            if (families.contains(family)) {
                used.addAll(of(family));
            }
        }
        return used;
    }

    /** Families that pods and Nodes have: those of the ranges, or IPv4 and what Services ask for. */
    List<IpFamily> families(List<ServiceDraft> services) {
        List<IpFamily> families = new ArrayList<>();
        ranges.forEach(range -> {
            if (!families.contains(range.family())) {
                families.add(range.family());
            }
        });
        for (ServiceDraft service : services) {
            for (IpFamily family : service.families()) {
                if (!families.contains(family)) {
                    families.add(family);
                }
            }
        }
        return families;
    }
}
