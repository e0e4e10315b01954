package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * EndpointSlices of a Service with a selector, as the EndpointSlice controller makes them
 * ({@code staging/src/k8s.io/endpointslice}, {@code reconciler.go}, {@code utils.go}, {@code trafficdist.go}).
 */
final class SliceDerivation {
    static final String SERVICE_NAME = "kubernetes.io/service-name";
    static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    static final String HEADLESS = "service.kubernetes.io/headless";
    /** The controller's {@code --max-endpoints-per-slice}. */
    static final int MAX_ENDPOINTS = 100;

    private static final String ZONE = "topology.kubernetes.io/zone";

    private final ClusterNodes nodes;

    SliceDerivation(ClusterNodes nodes) {
        this.nodes = nodes;
    }

    /** @param pods that the selector matches, in the order the endpoints shall have */
    List<EndpointSlice> derive(ServiceDraft service, List<Parsed<Pod>> pods) {
        List<EndpointSlice> slices = new ArrayList<>();
        for (IpFamily family : service.families()) {
            Map<List<EndpointPort>, List<Endpoint>> byPorts = new LinkedHashMap<>();
            for (Parsed<Pod> parsed : pods) {
                Endpoint endpoint = endpoint(service, parsed.object(), family);
                if (endpoint != null) {
                    List<EndpointPort> ports = TargetPorts.slicePorts(service, parsed.object());
                    byPorts.computeIfAbsent(ports, key -> new ArrayList<>()).add(endpoint);
                }
            }
            if (byPorts.isEmpty()) {
                byPorts.put(List.of(), new ArrayList<>()); // the controller keeps a placeholder
            }
            byPorts.forEach((ports, endpoints) -> {
                for (int from = 0; from == 0 || from < endpoints.size(); from += MAX_ENDPOINTS) {
                    int to = Math.min(endpoints.size(), from + MAX_ENDPOINTS);
                    List<Endpoint> part = new ArrayList<>(endpoints.subList(from, to));
                    slices.add(slice(service, family, slices.size(), ports, part));
                }
            });
        }
        return slices;
    }

    /** @return null for a pod that is no endpoint of this family */
    private Endpoint endpoint(ServiceDraft service, Pod pod, IpFamily family) {
        List<IpAddress> addresses = PodAddresses.of(pod).stream()
                .filter(ip -> ip.family() == family)
                .toList();
        if (addresses.isEmpty() || PodAddresses.isTerminal(pod)) {
            return null;
        }
        boolean serving = PodAddresses.isReady(pod);
        boolean terminating = pod.getMetadata().getDeletionTimestamp() != null;
        boolean publishAnyway = Boolean.TRUE.equals(service.spec().getPublishNotReadyAddresses());
        boolean ready = publishAnyway || serving && !terminating;
        Endpoint endpoint = new Endpoint();
        endpoint.setAddresses(
                new ArrayList<>(addresses.stream().map(IpAddress::toString).toList()));
        endpoint.setConditions(new EndpointConditions(ready, serving, terminating));
        setPlace(endpoint, pod);
        setTarget(endpoint, pod, service);
        if (ready) {
            endpoint.setHints(hints(service.spec().getTrafficDistribution(), endpoint));
        }
        return endpoint;
    }

    private void setPlace(Endpoint endpoint, Pod pod) {
        String nodeName = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
        if (ServiceDraft.isBlank(nodeName)) {
            return;
        }
        endpoint.setNodeName(nodeName);
        Parsed<Node> node = nodes.named(nodeName);
        if (node != null && node.object().getMetadata().getLabels().get(ZONE) instanceof String zone) {
            endpoint.setZone(zone.isEmpty() ? null : zone);
        }
    }

    private static void setTarget(Endpoint endpoint, Pod pod, ServiceDraft service) {
        ObjectReference target = new ObjectReference();
        target.setKind("Pod");
        target.setNamespace(pod.getMetadata().getNamespace());
        target.setName(pod.getMetadata().getName());
        target.setUid(pod.getMetadata().getUid());
        endpoint.setTargetRef(target);
        boolean namesItself = pod.getSpec() != null
                && !ServiceDraft.isBlank(pod.getSpec().getHostname())
                && service.metadata().getName().equals(pod.getSpec().getSubdomain());
        if (namesItself) {
            endpoint.setHostname(pod.getSpec().getHostname());
        }
    }

    /** @return null for none */
    private static EndpointHints hints(String trafficDistribution, Endpoint endpoint) {
        boolean sameNode = "PreferSameNode".equals(trafficDistribution);
        boolean sameZone =
                sameNode || "PreferClose".equals(trafficDistribution) || "PreferSameZone".equals(trafficDistribution);
        EndpointHints hints = new EndpointHints();
        if (sameZone && endpoint.getZone() != null) {
            hints.setForZones(new ArrayList<>(List.of(new ForZone(endpoint.getZone()))));
        }
        if (sameNode && endpoint.getNodeName() != null) {
            hints.setForNodes(new ArrayList<>(List.of(new ForNode(endpoint.getNodeName()))));
        }
        return hints.getForZones().isEmpty() && hints.getForNodes().isEmpty() ? null : hints;
    }

    private static EndpointSlice slice(
            ServiceDraft service, IpFamily family, int number, List<EndpointPort> ports, List<Endpoint> endpoints) {
        ObjectMeta metadata = metadata(service, family, number);
        metadata.getLabels().put(MANAGED_BY, "endpointslice-controller.k8s.io");
        EndpointSlice slice = new EndpointSlice();
        slice.setMetadata(metadata);
        slice.setAddressType(family.text());
        slice.setEndpoints(endpoints);
        slice.setPorts(new ArrayList<>(ports));
        return slice;
    }

    /** Name, labels and owner of a slice that we make for a Service. */
    static ObjectMeta metadata(ServiceDraft service, IpFamily family, int number) {
        String name = service.metadata().getName();
        ObjectMeta metadata = new ObjectMeta();
        metadata.setGenerateName(name + "-");
        metadata.setName(name + "-" + SafeName.suffix(service.name() + "/" + family.text() + "#" + number));
        metadata.setNamespace(service.namespace());
        Map<String, String> labels = new LinkedHashMap<>();
        if (service.metadata().getLabels() != null) {
            labels.putAll(service.metadata().getLabels());
        }
        labels.put(SERVICE_NAME, name);
        if (service.isHeadless()) {
            labels.put(HEADLESS, "");
        }
        metadata.setLabels(labels);
        OwnerReference owner = new OwnerReference();
        owner.setApiVersion("v1");
        owner.setKind("Service");
        owner.setName(name);
        owner.setUid(service.metadata().getUid());
        owner.setController(true);
        owner.setBlockOwnerDeletion(true);
        metadata.setOwnerReferences(new ArrayList<>(List.of(owner)));
        return metadata;
    }
}
