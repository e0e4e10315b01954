package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.ClientIPConfig;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.SessionAffinityConfig;

/**
 * Defaults that the API server sets whenever it decodes a Service, one in its store included
 * ({@code pkg/apis/core/v1/defaults.go}, {@code SetDefaults_Service}).
 */
final class ServiceDefaults {
    private static final int AFFINITY_SECONDS = 10800;

    private ServiceDefaults() {}

    static void apply(ServiceDraft service) {
        ServiceSpec spec = service.spec();
        if (ServiceDraft.isBlank(spec.getType())) {
            spec.setType("ClusterIP");
        }
        if (ServiceDraft.isBlank(spec.getSessionAffinity())) {
            spec.setSessionAffinity("None");
        }
        if (spec.getSessionAffinity().equals("ClientIP")) {
            setAffinityTimeout(spec);
        }
        for (ServicePort port : service.ports()) {
            setPort(port);
        }
        boolean externallyReachable =
                service.isReachableOnNodes() || !spec.getExternalIPs().isEmpty();
        if (externallyReachable && ServiceDraft.isBlank(spec.getExternalTrafficPolicy())) {
            spec.setExternalTrafficPolicy("Cluster");
        }
        if (!service.isExternalName() && ServiceDraft.isBlank(spec.getInternalTrafficPolicy())) {
            spec.setInternalTrafficPolicy("Cluster");
        }
        if (service.isLoadBalancer() && spec.getAllocateLoadBalancerNodePorts() == null) {
            spec.setAllocateLoadBalancerNodePorts(true);
        }
    }

    private static void setAffinityTimeout(ServiceSpec spec) {
        if (spec.getSessionAffinityConfig() == null) {
            spec.setSessionAffinityConfig(new SessionAffinityConfig());
        }
        if (spec.getSessionAffinityConfig().getClientIP() == null) {
            spec.getSessionAffinityConfig().setClientIP(new ClientIPConfig());
        }
        ClientIPConfig clientIp = spec.getSessionAffinityConfig().getClientIP();
        if (clientIp.getTimeoutSeconds() == null) {
            clientIp.setTimeoutSeconds(AFFINITY_SECONDS);
        }
    }

    private static void setPort(ServicePort port) {
        if (ServiceDraft.isBlank(port.getProtocol())) {
            port.setProtocol("TCP");
        }
        IntOrString target = port.getTargetPort();
        boolean open = target == null
                || target.getStrVal() == null && (target.getIntVal() == null || target.getIntVal() == 0)
                || target.getStrVal() != null && target.getStrVal().isEmpty();
        if (open && port.getPort() != null) {
            port.setTargetPort(new IntOrString(port.getPort()));
        }
    }
}
