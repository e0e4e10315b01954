package io.vipline.rules.policy;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Endpoints of Service ports from EndpointSlices ({@code pkg/proxy/endpointslicecache.go}). */
public final class SliceEndpoints {
    private static final String SERVICE_LABEL = "kubernetes.io/service-name";

    private final IpFamily family;
    private final String nodeName;

    /** @param nodeName endpoints on the node of this name are local */
    public SliceEndpoints(IpFamily family, String nodeName) {
        this.family = family;
        this.nodeName = nodeName;
    }

    /** The Service that a slice belongs to, as {@code namespace/name}; empty if the slice is not for us. */
    public static Optional<String> serviceOf(EndpointSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        if (labels == null || !labels.containsKey(SERVICE_LABEL) || ServicePorts.leftToOthers(labels)) {
            return Optional.empty();
        }
        String namespace = ServicePorts.namespace(slice.getMetadata().getNamespace());
        return Optional.of(namespace + "/" + labels.get(SERVICE_LABEL));
    }

    /**
     * Endpoints of one Service port. Of two with the same address and port a local one stays, else the first.
     *
     * @param slices those of its Service
     * @return in the string order of {@code ip:port}, which is the order of the rules
     */
    public List<Endpoint> of(ServicePortName port, List<Located<EndpointSlice>> slices) {
        Map<String, Endpoint> found = new HashMap<>();
        for (Located<EndpointSlice> located : slices) {
            EndpointSlice slice = located.object();
            if (family.text().equals(slice.getAddressType())) {
                for (EndpointPort slicePort : slice.getPorts()) {
                    if (isOf(slicePort, port)) {
                        add(located, slicePort.getPort(), found);
                    }
                }
            }
        }
        List<Endpoint> sorted = new ArrayList<>(found.values());
        sorted.sort(Comparator.comparing(Endpoint::text));
        return sorted;
    }

    private static boolean isOf(EndpointPort slicePort, ServicePortName port) {
        return slicePort.getPort() != null
                && slicePort.getPort() != 0
                && port.port().equals(slicePort.getName())
                && port.protocol() == ServicePorts.protocol(slicePort.getProtocol());
    }

    private void add(Located<EndpointSlice> slice, int port, Map<String, Endpoint> found) {
        List<io.fabric8.kubernetes.api.model.discovery.v1.Endpoint> endpoints =
                slice.object().getEndpoints();
        for (int i = 0; i < endpoints.size(); i++) {
            io.fabric8.kubernetes.api.model.discovery.v1.Endpoint endpoint = endpoints.get(i);
            if (endpoint.getAddresses().isEmpty()) {
                continue;
            }
            Optional<IpAddress> address =
                    IpAddress.parse(endpoint.getAddresses().getFirst());
            if (address.isPresent() && address.get().family() == family) {
                Endpoint one = endpoint(endpoint, new IpPort(address.get(), port), slice.part(i));
                if (one.local()) {
                    found.put(one.text(), one);
                } else {
                    found.putIfAbsent(one.text(), one);
                }
            }
        }
    }

    private Endpoint endpoint(
            io.fabric8.kubernetes.api.model.discovery.v1.Endpoint endpoint, IpPort address, Origin origin) {
        EndpointConditions conditions = endpoint.getConditions();
        boolean given = conditions != null;
        return new Endpoint(
                address,
                address.toString(),
                !given || !Boolean.FALSE.equals(conditions.getReady()),
                !given || !Boolean.FALSE.equals(conditions.getServing()),
                given && Boolean.TRUE.equals(conditions.getTerminating()),
                nodeName.equals(endpoint.getNodeName()),
                zoneHints(endpoint.getHints()),
                nodeHints(endpoint.getHints()),
                origin);
    }

    private static Set<String> zoneHints(EndpointHints hints) {
        return hints == null
                ? Set.of()
                : hints.getForZones().stream().map(ForZone::getName).collect(Collectors.toSet());
    }

    private static Set<String> nodeHints(EndpointHints hints) {
        return hints == null
                ? Set.of()
                : hints.getForNodes().stream().map(ForNode::getName).collect(Collectors.toSet());
    }
}
