package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.List;

/**
 * Settles {@code ipFamilies} and {@code ipFamilyPolicy} of a Service as the API server does
 * ({@code pkg/registry/core/service/storage/alloc.go}, {@code initIPFamilyFields}).
 */
final class FamilyChoice {
    private final ServiceRanges ranges;
    private final ProblemLog problems;

    FamilyChoice(ServiceRanges ranges, ProblemLog problems) {
        this.ranges = ranges;
        this.problems = problems;
    }

    void settle(ServiceDraft service) {
        if (service.isExternalName()) {
            return;
        }
        if (service.isHeadless() || service.authored) {
            choose(service);
        } else {
            readFromAddresses(service.spec());
        }
    }

    private static void readFromAddresses(ServiceSpec spec) {
        if (spec.getClusterIPs().isEmpty()) {
            spec.setClusterIPs(new ArrayList<>(List.of(spec.getClusterIP())));
        }
        if (spec.getIpFamilies().isEmpty()) {
            List<String> families = new ArrayList<>();
            for (String text : spec.getClusterIPs()) {
                IpAddress.parse(text).ifPresent(ip -> families.add(ip.family().text()));
            }
            spec.setIpFamilies(families);
        }
        if (ServiceDraft.isBlank(spec.getIpFamilyPolicy())) {
            spec.setIpFamilyPolicy(spec.getClusterIPs().size() > 1 ? "RequireDualStack" : "SingleStack");
        }
    }

    private void choose(ServiceDraft service) {
        ServiceSpec spec = service.spec();
        if (!familiesAreValid(service)) {
            service.broken = true;
            return;
        }
        boolean headlessWithoutSelector =
                service.isHeadless() && spec.getSelector().isEmpty();
        if (ServiceDraft.isBlank(spec.getIpFamilyPolicy())) {
            boolean both = spec.getIpFamilies().size() == 2 || headlessWithoutSelector;
            spec.setIpFamilyPolicy(both ? "RequireDualStack" : "SingleStack");
        }
        List<String> families = new ArrayList<>(spec.getIpFamilies());
        if (families.isEmpty()) {
            families.add(ranges.primary().text());
        }
        IpFamily other = families.getFirst().equals(IpFamily.IPV4.text()) ? IpFamily.IPV6 : IpFamily.IPV4;
        boolean wantsBoth = !spec.getIpFamilyPolicy().equals("SingleStack");
        // the endpoints of a headless Service without a selector are made by hand, of any family
        if (wantsBoth && families.size() == 1 && (ranges.offers(other) || headlessWithoutSelector)) {
            families.add(other.text());
        }
        if (spec.getIpFamilyPolicy().equals("RequireDualStack") && families.size() < 2) {
            service.broken = true;
            problems.error(
                    service.at("spec", "ipFamilyPolicy"),
                    service.name() + " requires dual stack",
                    "the service ranges are of " + ranges.primary().text() + " alone",
                    "give --service-cidr for both families, or write PreferDualStack");
        }
        spec.setIpFamilies(families);
        if (service.isHeadless()) {
            spec.setClusterIPs(new ArrayList<>(List.of("None")));
        }
    }

    private boolean familiesAreValid(ServiceDraft service) {
        ServiceSpec spec = service.spec();
        List<String> families = spec.getIpFamilies();
        boolean valid = true;
        for (int i = 0; i < families.size(); i++) {
            String text = families.get(i);
            boolean known =
                    IpFamily.IPV4.text().equals(text) || IpFamily.IPV6.text().equals(text);
            if (!known) {
                refuse(service, i, "\"" + text + "\" is no family of addresses", "there are two", "IPv4 or IPv6");
            } else if (families.indexOf(text) < i) {
                refuse(service, i, text + " stands twice", "a Service has an address per family", "remove one");
            } else if (!ranges.offers(IpFamily.IPV4.text().equals(text) ? IpFamily.IPV4 : IpFamily.IPV6)) {
                refuse(
                        service,
                        i,
                        service.name() + " wants " + text,
                        "no service range is of that family",
                        "give one with --service-cidr");
            } else {
                continue;
            }
            valid = false;
        }
        if (families.size() == 2 && "SingleStack".equals(spec.getIpFamilyPolicy())) {
            problems.error(
                    service.at("spec", "ipFamilies"),
                    service.name() + " has two families",
                    "its ipFamilyPolicy is SingleStack",
                    "write RequireDualStack or remove a family");
            return false;
        }
        return valid;
    }

    private void refuse(ServiceDraft service, int index, String what, String why, String mend) {
        problems.error(service.at("spec", "ipFamilies", index), what, why, mend);
    }
}
