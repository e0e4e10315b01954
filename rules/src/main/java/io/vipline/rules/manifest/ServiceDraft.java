package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ServicePorts;
import java.util.ArrayList;
import java.util.List;

/** A Service on its way through the API server. For one thread. */
final class ServiceDraft {
    final Parsed<Service> parsed;
    /** Without a cluster IP, that is not yet stored by an API server: what is open is filled in. */
    final boolean authored;
    /** Something in it cannot be used: it takes no further part. */
    boolean broken;

    ServiceDraft(Parsed<Service> parsed) {
        this.parsed = parsed;
        Service service = parsed.object();
        if (service.getSpec() == null) {
            service.setSpec(new ServiceSpec());
        }
        if (service.getSpec().getPorts() == null) {
            service.getSpec().setPorts(new ArrayList<>());
        }
        ServiceSpec spec = service.getSpec();
        if (isBlank(spec.getClusterIP()) && !spec.getClusterIPs().isEmpty()) {
            spec.setClusterIP(spec.getClusterIPs().getFirst());
        }
        authored = isBlank(spec.getClusterIP()) || spec.getClusterIP().equals("None");
    }

    static boolean isBlank(String text) {
        return text == null || text.isEmpty();
    }

    ServiceSpec spec() {
        return parsed.object().getSpec();
    }

    List<ServicePort> ports() {
        return spec().getPorts();
    }

    ObjectMeta metadata() {
        return parsed.object().getMetadata();
    }

    String namespace() {
        return metadata().getNamespace();
    }

    /** {@code namespace/name}. */
    String name() {
        return namespace() + "/" + metadata().getName();
    }

    Origin at(Object... path) {
        return parsed.at(path);
    }

    boolean isHeadless() {
        return "None".equals(spec().getClusterIP());
    }

    boolean isExternalName() {
        return "ExternalName".equals(spec().getType());
    }

    /** Whether kube-proxy leaves it out because of its labels. */
    boolean isLeftToOthers() {
        return ServicePorts.leftToOthers(metadata().getLabels());
    }

    /** Type NodePort, or LoadBalancer, which implies it. */
    boolean isReachableOnNodes() {
        return "NodePort".equals(spec().getType()) || isLoadBalancer();
    }

    boolean isLoadBalancer() {
        return "LoadBalancer".equals(spec().getType());
    }

    /** In the Service's order; empty before they are chosen. */
    List<IpFamily> families() {
        return spec().getIpFamilies().stream().map(ServiceDraft::family).toList();
    }

    private static IpFamily family(String text) {
        return text.equals(IpFamily.IPV6.text()) ? IpFamily.IPV6 : IpFamily.IPV4;
    }
}
