package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The objects that were read, in the order written, one per kind, namespace and name. For one thread. */
final class Manifests {
    /** Kinds that belong to no namespace. */
    private static final Set<Class<?>> CLUSTER_WIDE = Set.of(Node.class, Namespace.class, ServiceCIDR.class);

    /** A kind that is read. @param group of its API version, empty for the core group */
    record ReadKind(String group, Class<? extends HasMetadata> type) {}

    static final Map<String, ReadKind> KINDS = Map.ofEntries(
            Map.entry("Service", new ReadKind("", Service.class)),
            Map.entry("Endpoints", new ReadKind("", Endpoints.class)),
            Map.entry("Pod", new ReadKind("", Pod.class)),
            Map.entry("Node", new ReadKind("", Node.class)),
            Map.entry("Namespace", new ReadKind("", Namespace.class)),
            Map.entry("EndpointSlice", new ReadKind("discovery.k8s.io", EndpointSlice.class)),
            Map.entry("ServiceCIDR", new ReadKind("networking.k8s.io", ServiceCIDR.class)),
            Map.entry("Deployment", new ReadKind("apps", Deployment.class)),
            Map.entry("ReplicaSet", new ReadKind("apps", ReplicaSet.class)),
            Map.entry("StatefulSet", new ReadKind("apps", StatefulSet.class)),
            Map.entry("DaemonSet", new ReadKind("apps", DaemonSet.class)));

    private record Key(Class<?> type, String namespace, String name) {}

    private final Map<Key, Parsed<? extends HasMetadata>> objects = new LinkedHashMap<>();
    private final ProblemLog problems;

    Manifests(ProblemLog problems) {
        this.problems = problems;
    }

    <T extends HasMetadata> void add(Parsed<T> parsed) {
        ObjectMeta metadata = parsed.object().getMetadata();
        if (metadata == null || metadata.getName() == null || metadata.getName().isEmpty()) {
            String kind = parsed.object().getKind();
            problems.error(
                    parsed.at("metadata"),
                    "a " + kind + " has no name",
                    "the API server refuses it",
                    "add metadata.name");
            return;
        }
        Class<?> type = parsed.object().getClass();
        if (CLUSTER_WIDE.contains(type)) {
            metadata.setNamespace(null);
        } else if (metadata.getNamespace() == null || metadata.getNamespace().isEmpty()) {
            metadata.setNamespace("default");
        }
        Key key = new Key(type, metadata.getNamespace(), metadata.getName());
        Parsed<? extends HasMetadata> earlier = objects.put(key, parsed);
        if (earlier != null) {
            problems.warning(
                    parsed.at("metadata", "name"),
                    parsed.object().getKind() + " " + metadata.getName() + " was given before",
                    "the one at " + earlier.at() + " is replaced, as kubectl apply would",
                    "remove one of the two");
        }
    }

    /** @return a fresh list; the objects in it may be changed */
    <T extends HasMetadata> List<Parsed<T>> of(Class<T> type) {
        List<Parsed<T>> found = new ArrayList<>();
        for (Parsed<? extends HasMetadata> parsed : objects.values()) {
            if (type.isInstance(parsed.object())) {
                found.add(new Parsed<>(type.cast(parsed.object()), parsed.source(), parsed.tree()));
            }
        }
        return found;
    }
}
