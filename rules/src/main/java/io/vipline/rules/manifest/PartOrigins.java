package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the line behind each rule: a Service's port, an endpoint in its slice, or the pod that the endpoint is. */
final class PartOrigins {
    private final Map<String, Origin> pods = new HashMap<>();

    PartOrigins(List<Parsed<Pod>> pods) {
        for (Parsed<Pod> pod : pods) {
            String name = pod.object().getMetadata().getName();
            this.pods.put(pod.object().getMetadata().getNamespace() + "/" + name, pod.at());
        }
    }

    static Located<Service> ofPorts(Parsed<Service> service) {
        List<Origin> parts = new ArrayList<>();
        for (int i = 0; i < service.object().getSpec().getPorts().size(); i++) {
            parts.add(service.at("spec", "ports", i));
        }
        return new Located<>(service.object(), service.at(), parts);
    }

    Located<EndpointSlice> ofEndpoints(Parsed<EndpointSlice> slice) {
        List<Origin> parts = new ArrayList<>();
        boolean written = !slice.isMadeUp() && slice.tree().get("endpoints") != null;
        for (int i = 0; i < slice.object().getEndpoints().size(); i++) {
            Endpoint endpoint = slice.object().getEndpoints().get(i);
            parts.add(written ? slice.at("endpoints", i) : ofPod(slice, endpoint.getTargetRef()));
        }
        return new Located<>(slice.object(), slice.at(), parts);
    }

    private Origin ofPod(Parsed<EndpointSlice> slice, ObjectReference targetOrNull) {
        return targetOrNull != null && "Pod".equals(targetOrNull.getKind())
                ? pods.getOrDefault(targetOrNull.getNamespace() + "/" + targetOrNull.getName(), slice.at())
                : slice.at();
    }
}
