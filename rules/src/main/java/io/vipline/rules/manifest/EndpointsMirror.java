package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.List;

/** Turns Endpoints into EndpointSlices, as the controller of that name does ({@code pkg/controller/endpointslicemirroring}). */
final class EndpointsMirror {
    private EndpointsMirror() {}

    /** A slice per subset and family. */
    static List<Parsed<EndpointSlice>> slices(ServiceDraft service, Parsed<Endpoints> endpoints) {
        List<Parsed<EndpointSlice>> slices = new ArrayList<>();
        for (EndpointSubset subset : endpoints.object().getSubsets()) {
            for (IpFamily family : IpFamily.values()) {
                List<Endpoint> ofFamily = new ArrayList<>();
                subset.getAddresses().forEach(address -> add(ofFamily, address, family, true));
                subset.getNotReadyAddresses().forEach(address -> add(ofFamily, address, family, false));
                if (!ofFamily.isEmpty()) {
                    ObjectMeta metadata = SliceDerivation.metadata(service, family, slices.size());
                    metadata.getLabels().put(SliceDerivation.MANAGED_BY, "endpointslicemirroring-controller.k8s.io");
                    EndpointSlice slice = new EndpointSlice();
                    slice.setMetadata(metadata);
                    slice.setAddressType(family.text());
                    slice.setEndpoints(ofFamily);
                    slice.setPorts(ports(subset));
                    slices.add(new Parsed<>(slice, endpoints.source(), endpoints.tree()));
                }
            }
        }
        return slices;
    }

    private static List<EndpointPort> ports(EndpointSubset subset) {
        List<EndpointPort> ports = new ArrayList<>();
        subset.getPorts().forEach(port -> {
            String name = port.getName() == null ? "" : port.getName();
            String protocol = ServiceDraft.isBlank(port.getProtocol()) ? "TCP" : port.getProtocol();
            ports.add(new EndpointPort(port.getAppProtocol(), name, port.getPort(), protocol));
        });
        return ports;
    }

    private static void add(List<Endpoint> endpoints, EndpointAddress address, IpFamily family, boolean ready) {
        IpAddress ip = address.getIp() == null
                ? null
                : IpAddress.parse(address.getIp()).orElse(null);
        if (ip == null || ip.family() != family) {
            return;
        }
        Endpoint endpoint = new Endpoint();
        endpoint.setAddresses(new ArrayList<>(List.of(ip.toString())));
        endpoint.setConditions(new EndpointConditions(ready, ready, false));
        endpoint.setHostname(ServiceDraft.isBlank(address.getHostname()) ? null : address.getHostname());
        endpoint.setNodeName(address.getNodeName());
        endpoint.setTargetRef(address.getTargetRef());
        endpoints.add(endpoint);
    }
}
