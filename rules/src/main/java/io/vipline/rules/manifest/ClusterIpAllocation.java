package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Gives every authored Service its cluster IPs: the first free ones, in the order of the manifests. */
final class ClusterIpAllocation {
    /** Clusters have the API server's own Service at offset 1 and, most of them, DNS at offset 10. */
    private static final long FIRST_OFFSET = 11;

    private final ServiceRanges ranges;
    private final ProblemLog problems;
    private final Set<IpAddress> taken = new HashSet<>();
    private final Map<IpFamily, List<AddressPool>> pools = new EnumMap<>(IpFamily.class);

    ClusterIpAllocation(ServiceRanges ranges, ProblemLog problems) {
        this.ranges = ranges;
        this.problems = problems;
        for (IpFamily family : IpFamily.values()) {
            List<AddressPool> ofFamily = new ArrayList<>();
            for (Cidr range : ranges.of(family)) {
                ofFamily.add(new AddressPool(range, 1, FIRST_OFFSET, taken));
            }
            pools.put(family, ofFamily);
        }
    }

    void allocate(List<ServiceDraft> services) {
        reserveStored(services);
        for (ServiceDraft service : services) {
            if (service.authored && !service.broken && !service.isHeadless() && !service.isExternalName()) {
                fill(service);
            }
        }
    }

    private void reserveStored(List<ServiceDraft> services) {
        Map<IpAddress, ServiceDraft> owners = new HashMap<>();
        for (ServiceDraft service : services) {
            if (service.isHeadless() || service.broken || service.isExternalName()) {
                continue;
            }
            List<String> texts = service.spec().getClusterIPs();
            for (int i = 0; i < texts.size(); i++) {
                IpAddress address = IpAddress.parse(texts.get(i)).orElse(null);
                if (address != null) {
                    reserve(service, i, address, owners);
                }
            }
        }
    }

    private void reserve(ServiceDraft service, int index, IpAddress address, Map<IpAddress, ServiceDraft> owners) {
        taken.add(address);
        ServiceDraft owner = owners.putIfAbsent(address, service);
        if (owner != null) {
            problems.warning(
                    service.at("spec", "clusterIPs", index),
                    "cluster IP " + address + " of " + service.name() + " is also " + owner.name() + "'s",
                    "an API server gives an address to one Service",
                    "remove clusterIP and clusterIPs from one of them");
        } else if (ranges.explicit() && !ranges.contains(address)) {
            problems.warning(
                    service.at("spec", "clusterIPs", index),
                    "cluster IP " + address + " of " + service.name() + " is in no service range",
                    "the ranges are " + ranges.ranges(),
                    "mend the ranges, or remove clusterIP and clusterIPs");
        }
    }

    private void fill(ServiceDraft service) {
        ServiceSpec spec = service.spec();
        List<String> addresses = new ArrayList<>();
        for (IpFamily family : service.families()) {
            Optional<IpAddress> next = pools.get(family).stream()
                    .flatMap(pool -> pool.next().stream())
                    .findFirst();
            if (next.isEmpty()) {
                service.broken = true;
                problems.error(
                        service.at("metadata", "name"),
                        "no cluster IP is left for " + service.name(),
                        "every address of " + ranges.of(family) + " is taken",
                        "give a larger range with --service-cidr");
                return;
            }
            addresses.add(next.get().toString());
        }
        spec.setClusterIP(addresses.getFirst());
        spec.setClusterIPs(addresses);
    }
}
