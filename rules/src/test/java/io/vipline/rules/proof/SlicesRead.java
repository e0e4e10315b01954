package io.vipline.rules.proof;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ServicePortName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Endpoints as the specification's section 2 has them. */
record SlicesRead(IpFamily family, String nodeName) {
    List<Endpoint> endpoints(Cluster cluster, ServicePortName port) {
        Map<String, Endpoint> byText = new TreeMap<>();
        for (Located<EndpointSlice> located : cluster.endpointSlices()) {
            EndpointSlice slice = located.object();
            for (EndpointPort slicePort : slice.getPorts()) {
                if (isOf(slice, port) && isOf(slicePort, port)) {
                    for (Endpoint endpoint : read(slice, slicePort.getPort())) {
                        byText.merge(endpoint.text(), endpoint, (old, now) -> old.local() ? old : now);
                    }
                }
            }
        }
        return List.copyOf(byText.values());
    }

    private boolean isOf(EndpointSlice slice, ServicePortName port) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        return labels != null
                && port.service().equals(labels.get("kubernetes.io/service-name"))
                && port.namespace().equals(slice.getMetadata().getNamespace())
                && ObjectsRead.isMinded(labels)
                && slice.getAddressType().equals(family == IpFamily.IPV4 ? "IPv4" : "IPv6");
    }

    private static boolean isOf(EndpointPort slicePort, ServicePortName port) {
        return slicePort.getName() != null
                && slicePort.getName().equals(port.port())
                && slicePort.getPort() != null
                && slicePort.getPort() != 0
                && ObjectsRead.protocol(slicePort.getProtocol()) == port.protocol();
    }

    private List<Endpoint> read(EndpointSlice slice, int port) {
        return slice.getEndpoints().stream()
                .filter(endpoint -> !endpoint.getAddresses().isEmpty())
                .map(endpoint -> {
                    IpAddress address =
                            ObjectsRead.sloppy(endpoint.getAddresses().getFirst());
                    String text = (address.isV4() ? address.toString() : "[" + address + "]") + ":" + port;
                    Optional<EndpointConditions> conditions = Optional.ofNullable(endpoint.getConditions());
                    Optional<EndpointHints> hints = Optional.ofNullable(endpoint.getHints());
                    return new Endpoint(
                            new IpPort(address, port),
                            text,
                            conditions.map(EndpointConditions::getReady).orElse(true),
                            conditions.map(EndpointConditions::getServing).orElse(true),
                            conditions.map(EndpointConditions::getTerminating).orElse(false),
                            nodeName.equals(endpoint.getNodeName()),
                            hints.map(SlicesRead::zones).orElse(Set.of()),
                            hints.map(SlicesRead::nodes).orElse(Set.of()),
                            Origin.madeUp("read"));
                })
                .toList();
    }

    private static Set<String> zones(EndpointHints hints) {
        return hints.getForZones().stream().map(ForZone::getName).collect(Collectors.toSet());
    }

    private static Set<String> nodes(EndpointHints hints) {
        return hints.getForNodes().stream().map(ForNode::getName).collect(Collectors.toSet());
    }
}
