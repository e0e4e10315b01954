package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.vipline.rules.model.Origin;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Node ports and health-check node ports, which the API server draws from one range. The ones that manifests name are
 * taken first; the open ones of authored Services get the first free port each.
 */
final class NodePortAllocation {
    private record Owner(ServiceDraft service, Origin at) {}

    private final NodePortRange range;
    private final ProblemLog problems;
    private final Map<Integer, Owner> owners = new HashMap<>();
    private int next;

    NodePortAllocation(NodePortRange range, ProblemLog problems) {
        this.range = range;
        this.problems = problems;
        next = range.first();
    }

    void allocate(List<ServiceDraft> services) {
        // what an API server stored is a fact, so it comes before what a person wishes
        services.stream().filter(service -> !service.authored).forEach(this::reserveNamed);
        services.stream().filter(service -> service.authored).forEach(this::reserveNamed);
        for (ServiceDraft service : services) {
            if (service.authored && !service.broken) {
                fill(service);
            }
        }
    }

    private static int number(Integer port) {
        return port == null ? 0 : port;
    }

    private void reserveNamed(ServiceDraft service) {
        List<ServicePort> ports = service.ports();
        for (int i = 0; i < ports.size(); i++) {
            int nodePort = number(ports.get(i).getNodePort());
            if (nodePort != 0) {
                reserve(service, nodePort, service.at("spec", "ports", i, "nodePort"));
            }
        }
        int healthPort = number(service.spec().getHealthCheckNodePort());
        if (healthPort != 0 && wantsHealthPort(service)) {
            reserve(service, healthPort, service.at("spec", "healthCheckNodePort"));
        }
    }

    private void reserve(ServiceDraft service, int nodePort, Origin at) {
        Owner owner = owners.putIfAbsent(nodePort, new Owner(service, at));
        boolean clash = owner != null && owner.service() != service;
        String mend = "choose a free one or leave it out";
        if (service.authored && !range.contains(nodePort)) {
            problems.error(
                    at,
                    "node port " + nodePort + " of " + service.name() + " is out of range",
                    "node ports are " + range,
                    mend);
            service.broken = true;
        } else if (clash && service.authored) {
            String whose = owner.service().name() + "'s (" + owner.at() + ")";
            problems.error(
                    at,
                    "node port " + nodePort + " of " + service.name() + " is already " + whose,
                    "a node port belongs to one Service",
                    mend);
            service.broken = true;
        } else if (clash) {
            problems.warning(
                    at,
                    "node port " + nodePort + " of " + service.name() + " is also "
                            + owner.service().name() + "'s",
                    "an API server gives a node port to one Service",
                    mend);
        }
    }

    private void fill(ServiceDraft service) {
        ServiceSpec spec = service.spec();
        boolean wantsPorts = service.isReachableOnNodes()
                && !(service.isLoadBalancer() && Boolean.FALSE.equals(spec.getAllocateLoadBalancerNodePorts()));
        if (wantsPorts) {
            fillPorts(service);
        }
        if (wantsHealthPort(service) && number(spec.getHealthCheckNodePort()) == 0) {
            int port = draw(service, service.at("metadata", "name"));
            if (port != 0) {
                spec.setHealthCheckNodePort(port);
            }
        }
    }

    /** Ports of one number and several protocols share a node port ({@code alloc.go}, {@code initNodePorts}). */
    private void fillPorts(ServiceDraft service) {
        Map<Integer, Integer> byPort = new HashMap<>();
        for (ServicePort port : service.ports()) {
            if (number(port.getNodePort()) != 0) {
                byPort.putIfAbsent(port.getPort(), port.getNodePort());
            }
        }
        for (int i = 0; i < service.ports().size(); i++) {
            ServicePort port = service.ports().get(i);
            if (number(port.getNodePort()) != 0) {
                continue;
            }
            Integer shared = byPort.get(port.getPort());
            boolean usable = shared != null
                    && service.ports().stream()
                            .noneMatch(other -> Objects.equals(other.getNodePort(), shared)
                                    && other.getProtocol().equals(port.getProtocol()));
            int drawn = usable ? shared : draw(service, service.at("spec", "ports", i));
            if (drawn == 0) {
                return;
            }
            port.setNodePort(drawn);
            byPort.putIfAbsent(port.getPort(), drawn);
        }
    }

    private static boolean wantsHealthPort(ServiceDraft service) {
        return service.isLoadBalancer() && "Local".equals(service.spec().getExternalTrafficPolicy());
    }

    /** @return 0 if none is left, with the problem noted */
    private int draw(ServiceDraft service, Origin at) {
        while (next <= range.last()) {
            int port = next++;
            if (owners.putIfAbsent(port, new Owner(service, at)) == null) {
                return port;
            }
        }
        service.broken = true;
        problems.error(
                at,
                "no node port is left for " + service.name(),
                "every port of " + range + " is taken",
                "give a larger range with --node-port-range");
        return 0;
    }
}
