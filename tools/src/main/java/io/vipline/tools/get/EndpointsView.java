package io.vipline.tools.get;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The Endpoints that belong to a cluster's EndpointSlices: of the Service's first family, as the old API has it. */
final class EndpointsView {
    private static final String SERVICE_NAME = "kubernetes.io/service-name";

    private EndpointsView() {}

    /** One object a Service, but none for ExternalName. */
    static List<Endpoints> of(Cluster cluster) {
        List<Endpoints> all = new ArrayList<>();
        for (Located<Service> located : cluster.services()) {
            Service service = located.object();
            if (!"ExternalName".equals(service.getSpec().getType())) {
                all.add(endpoints(service, cluster));
            }
        }
        return all;
    }

    private static Endpoints endpoints(Service service, Cluster cluster) {
        Endpoints endpoints = new Endpoints();
        endpoints.setMetadata(new ObjectMeta());
        endpoints.getMetadata().setName(service.getMetadata().getName());
        endpoints.getMetadata().setNamespace(service.getMetadata().getNamespace());
        endpoints.getMetadata().setLabels(service.getMetadata().getLabels());
        List<String> families = service.getSpec().getIpFamilies();
        String family = families.isEmpty() ? "IPv4" : families.getFirst();
        List<EndpointSubset> subsets = new ArrayList<>();
        for (Located<EndpointSlice> slice : cluster.endpointSlices()) {
            if (belongs(slice.object(), service) && family.equals(slice.object().getAddressType())) {
                EndpointSubset subset = subset(slice.object());
                if (!subset.getAddresses().isEmpty()
                        || !subset.getNotReadyAddresses().isEmpty()) {
                    subsets.add(subset);
                }
            }
        }
        endpoints.setSubsets(subsets);
        return endpoints;
    }

    private static boolean belongs(EndpointSlice slice, Service service) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        return labels != null
                && service.getMetadata().getName().equals(labels.get(SERVICE_NAME))
                && service.getMetadata()
                        .getNamespace()
                        .equals(slice.getMetadata().getNamespace());
    }

    private static EndpointSubset subset(EndpointSlice slice) {
        EndpointSubset subset = new EndpointSubset();
        for (Endpoint endpoint : slice.getEndpoints()) {
            EndpointAddress address = new EndpointAddress();
            address.setIp(
                    endpoint.getAddresses().isEmpty()
                            ? null
                            : endpoint.getAddresses().getFirst());
            address.setHostname(endpoint.getHostname());
            address.setNodeName(endpoint.getNodeName());
            address.setTargetRef(endpoint.getTargetRef());
            boolean ready = endpoint.getConditions() == null
                    || !Boolean.FALSE.equals(endpoint.getConditions().getReady());
            (ready ? subset.getAddresses() : subset.getNotReadyAddresses()).add(address);
        }
        slice.getPorts().forEach(port -> {
            String name = "".equals(port.getName()) ? null : port.getName();
            subset.getPorts().add(new EndpointPort(port.getAppProtocol(), name, port.getPort(), port.getProtocol()));
        });
        return subset;
    }
}
