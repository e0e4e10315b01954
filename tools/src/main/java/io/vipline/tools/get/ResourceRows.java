package io.vipline.tools.get;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Rows of kubectl's tables ({@code pkg/printers/internalversion/printers.go}): titles, then a row an object, without
 * namespace.
 *
 * @param now for AGE
 */
record ResourceRows(boolean wide, Instant now) {
    private static final int MAX_SHOWN = 3;
    /** What {@code EXTERNAL-IP} is cut to in the narrow table. */
    private static final int MAX_INGRESS_LENGTH = 16;

    List<String> titles(ResourceType type) {
        String titles = switch (type) {
            case SERVICES -> "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE" + (wide ? " SELECTOR" : "");
            case ENDPOINTS -> "NAME ENDPOINTS AGE";
            case ENDPOINT_SLICES -> "NAME ADDRESSTYPE PORTS ENDPOINTS AGE";
            case PODS -> "NAME READY STATUS RESTARTS AGE" + (wide ? " IP NODE" : "");
            case NODES ->
                "NAME STATUS ROLES AGE VERSION"
                        + (wide ? " INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME" : "");
            case SERVICE_CIDRS -> "NAME CIDRS AGE";
        };
        return List.of(titles.split(" "));
    }

    /** @param name as the NAME column shows it */
    List<String> row(HasMetadata object, String name) {
        List<String> cells = new ArrayList<>(List.of(name));
        switch (object) {
            case Service service -> service(service, cells);
            case Endpoints endpoints -> cells.add(addresses(endpoints));
            case EndpointSlice slice -> slice(slice, cells);
            case Pod pod -> PodRow.add(pod, wide, age(object), cells);
            case Node node -> NodeRow.add(node, wide, age(object), cells);
            case ServiceCIDR range -> cells.add(String.join(",", range.getSpec().getCidrs()));
            default -> throw new IllegalStateException("no table for " + object.getKind());
        }
        if (!(object instanceof Pod) && !(object instanceof Node)) {
            cells.add(age(object));
        }
        if (object instanceof Service service && wide) {
            cells.add(labels(service.getSpec().getSelector()));
        }
        return cells;
    }

    private static String orNone(String text) {
        return text.isEmpty() ? "<none>" : text;
    }

    private static String labels(Map<String, String> labels) {
        return orNone(labels.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .sorted()
                .collect(Collectors.joining(",")));
    }

    private void service(Service service, List<String> cells) {
        ServiceSpec spec = service.getSpec();
        cells.add(spec.getType());
        cells.add(orNone(
                spec.getClusterIPs().isEmpty() ? "" : spec.getClusterIPs().getFirst()));
        cells.add(externalIp(service));
        cells.add(orNone(spec.getPorts().stream().map(ResourceRows::port).collect(Collectors.joining(","))));
    }

    private static String port(ServicePort port) {
        boolean hasNodePort = port.getNodePort() != null && port.getNodePort() > 0;
        return port.getPort() + (hasNodePort ? ":" + port.getNodePort() : "") + "/" + port.getProtocol();
    }

    private String externalIp(Service service) {
        ServiceSpec spec = service.getSpec();
        return switch (spec.getType()) {
            case "ExternalName" -> orNone(spec.getExternalName() == null ? "" : spec.getExternalName());
            case "LoadBalancer" -> {
                List<String> all = new ArrayList<>();
                String ingress = ingress(service);
                if (!ingress.isEmpty()) {
                    all.add(ingress);
                }
                all.addAll(spec.getExternalIPs());
                yield all.isEmpty() ? "<pending>" : String.join(",", all);
            }
            default -> orNone(String.join(",", spec.getExternalIPs()));
        };
    }

    private String ingress(Service service) {
        if (service.getStatus() == null || service.getStatus().getLoadBalancer() == null) {
            return "";
        }
        List<String> shown = new ArrayList<>();
        for (LoadBalancerIngress ingress : service.getStatus().getLoadBalancer().getIngress()) {
            shown.add(ingress.getIp() != null ? ingress.getIp() : ingress.getHostname());
        }
        String text = String.join(",", shown);
        return wide || text.length() <= MAX_INGRESS_LENGTH
                ? text
                : text.substring(0, MAX_INGRESS_LENGTH - MAX_SHOWN) + "...";
    }

    private static String addresses(Endpoints endpoints) {
        List<String> all = new ArrayList<>();
        for (EndpointSubset subset : endpoints.getSubsets()) {
            for (EndpointAddress address : subset.getAddresses()) {
                String ip = address.getIp();
                String shown = ip.indexOf(':') < 0 ? ip : "[" + ip + "]";
                subset.getPorts().forEach(port -> all.add(shown + ":" + port.getPort()));
                if (subset.getPorts().isEmpty()) {
                    all.add(ip);
                }
            }
        }
        return orNone(someOf(all));
    }

    private static String someOf(List<String> all) {
        String shown = String.join(",", all.subList(0, Math.min(all.size(), MAX_SHOWN)));
        return all.size() <= MAX_SHOWN ? shown : shown + " + " + (all.size() - MAX_SHOWN) + " more...";
    }

    private static void slice(EndpointSlice slice, List<String> cells) {
        List<String> ports = slice.getPorts().stream()
                .map(port -> port.getPort() == null ? "*" : port.getPort().toString())
                .toList();
        List<String> addresses = slice.getEndpoints().stream()
                .flatMap(endpoint -> endpoint.getAddresses().stream())
                .toList();
        cells.add(slice.getAddressType());
        cells.add(ports.isEmpty() ? "<unset>" : someOf(ports));
        cells.add(addresses.isEmpty() ? "<unset>" : someOf(addresses));
    }

    private String age(HasMetadata object) {
        String created = object.getMetadata().getCreationTimestamp();
        if (created == null) {
            return "<unknown>";
        }
        try {
            return text(Duration.between(Instant.parse(created), now));
        } catch (DateTimeParseException unreadable) {
            return "<unknown>";
        }
    }

    /** In one or two units, as kubectl has it ({@code k8s.io/apimachinery/pkg/util/duration}). */
    static String text(Duration age) {
        long seconds = age.toSeconds();
        if (seconds < 0) {
            return "0s";
        }
        if (seconds < 120) {
            return seconds + "s";
        }
        if (seconds < 600) {
            return units(seconds, 60, "m", 1, "s");
        }
        if (seconds < 3 * 3600) {
            return seconds / 60 + "m";
        }
        if (seconds < 8 * 3600) {
            return units(seconds, 3600, "h", 60, "m");
        }
        if (seconds < 48 * 3600) {
            return seconds / 3600 + "h";
        }
        if (seconds < 192 * 3600) {
            return units(seconds, 86400, "d", 3600, "h");
        }
        if (seconds < 2 * 365 * 86400L) {
            return seconds / 86400 + "d";
        }
        return seconds < 8 * 365 * 86400L
                ? units(seconds, 365 * 86400L, "y", 86400, "d")
                : seconds / (365 * 86400L) + "y";
    }

    private static String units(long seconds, long large, String largeName, long small, String smallName) {
        long rest = seconds % large / small;
        return seconds / large + largeName + (rest == 0 ? "" : rest + smallName);
    }
}
