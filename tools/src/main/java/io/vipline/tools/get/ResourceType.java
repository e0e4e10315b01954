package io.vipline.tools.get;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDRSpec;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.Cidr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What can be asked for, with kubectl's plural, singular and short names. */
enum ResourceType {
    SERVICES("services", "service", "svc", true),
    ENDPOINTS("endpoints", "endpoints", "ep", true),
    ENDPOINT_SLICES("endpointslices", "endpointslice", "endpointslice", true),
    PODS("pods", "pod", "po", true),
    NODES("nodes", "node", "no", false),
    SERVICE_CIDRS("servicecidrs", "servicecidr", "servicecidr", false);

    /** All that a cluster is made of: printed as YAML and read again, it is the same cluster. */
    static final List<ResourceType> ALL = List.of(SERVICES, ENDPOINT_SLICES, PODS, NODES, SERVICE_CIDRS);

    final String plural;
    final String singular;
    final boolean namespaced;
    private final String shortName;

    ResourceType(String plural, String singular, String shortName, boolean namespaced) {
        this.plural = plural;
        this.singular = singular;
        this.shortName = shortName;
        this.namespaced = namespaced;
    }

    static Optional<ResourceType> named(String name) {
        return Arrays.stream(values())
                .filter(type -> type.plural.equals(name) || type.singular.equals(name) || type.shortName.equals(name))
                .findFirst();
    }

    /** Name before the slash in {@code -o name}: {@code service}, {@code endpointslice.discovery.k8s.io}. */
    String qualifiedName() {
        return switch (this) {
            case SERVICES, PODS, NODES, ENDPOINTS -> singular;
            case ENDPOINT_SLICES -> singular + ".discovery.k8s.io";
            case SERVICE_CIDRS -> singular + ".networking.k8s.io";
        };
    }

    /** The cluster's objects of this type, by namespace and name. */
    List<? extends HasMetadata> of(Cluster cluster) {
        return switch (this) {
            case SERVICES -> objects(cluster.services());
            case ENDPOINT_SLICES -> objects(cluster.endpointSlices());
            case PODS -> objects(cluster.pods());
            case NODES -> objects(cluster.nodes());
            case ENDPOINTS -> EndpointsView.of(cluster);
            case SERVICE_CIDRS -> List.of(serviceRange(cluster));
        };
    }

    private static <T extends HasMetadata> List<T> objects(List<Located<T>> located) {
        return located.stream().map(Located::object).toList();
    }

    /** The object of this name is the API server's own. */
    private static ServiceCIDR serviceRange(Cluster cluster) {
        ServiceCIDR range = new ServiceCIDR();
        range.setMetadata(new ObjectMeta());
        range.getMetadata().setName("kubernetes");
        range.setSpec(new ServiceCIDRSpec());
        range.getSpec()
                .setCidrs(new ArrayList<>(
                        cluster.serviceCidrs().stream().map(Cidr::toString).toList()));
        return range;
    }
}
