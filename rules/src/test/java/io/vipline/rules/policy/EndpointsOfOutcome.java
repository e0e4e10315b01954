package io.vipline.rules.policy;

import java.util.List;
import java.util.function.Predicate;

/** Which of a Service port's endpoints take traffic, for {@link KubeProxyOutcome}. */
record EndpointsOfOutcome(ServiceEndpoints service, String nodeName, String zone) {
    /** Ready ones that hints mean for us, else those that still serve while they go. */
    List<Endpoint> clusterWide() {
        List<Endpoint> ready =
                service.endpoints().stream().filter(Endpoint::ready).toList();
        if (ready.isEmpty()) {
            return leaving(service.endpoints());
        }
        Predicate<Endpoint> ours = endpoint -> endpoint.nodeHints().contains(nodeName);
        if (ready.stream().allMatch(endpoint -> !endpoint.nodeHints().isEmpty())
                && ready.stream().anyMatch(ours)) {
            return ready.stream().filter(ours).toList();
        }
        Predicate<Endpoint> inZone =
                endpoint -> !zone.isEmpty() && endpoint.zoneHints().contains(zone);
        if (ready.stream().allMatch(endpoint -> !endpoint.zoneHints().isEmpty())
                && ready.stream().anyMatch(inZone)) {
            return ready.stream().filter(inZone).toList();
        }
        return ready;
    }

    List<Endpoint> local() {
        List<Endpoint> local =
                service.endpoints().stream().filter(Endpoint::local).toList();
        List<Endpoint> ready = local.stream().filter(Endpoint::ready).toList();
        return ready.isEmpty() ? leaving(local) : ready;
    }

    boolean anywhere() {
        return service.endpoints().stream().anyMatch(Endpoint::ready)
                || !leaving(service.endpoints()).isEmpty();
    }

    /** Whether a packet for the cluster IP, or else for any other of the Service's addresses, finds an endpoint. */
    boolean serves(boolean clusterIp) {
        ServicePort port = service.port();
        boolean localOnly = clusterIp ? port.internalPolicyLocal() : port.externalPolicyLocal();
        return anywhere() && !(localOnly && local().isEmpty());
    }

    private static List<Endpoint> leaving(List<Endpoint> endpoints) {
        return endpoints.stream()
                .filter(endpoint -> endpoint.serving() && endpoint.terminating())
                .toList();
    }
}
