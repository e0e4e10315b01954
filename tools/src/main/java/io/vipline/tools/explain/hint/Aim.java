package io.vipline.tools.explain.hint;

import io.vipline.rules.policy.EligibleEndpoints;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import java.util.List;

/** The Service port that a packet is for, and by which of its addresses. */
record Aim(ServiceEndpoints service, By by) {
    /** What the destination is to the Service. */
    enum By {
        CLUSTER_IP,
        EXTERNAL_IP,
        LOAD_BALANCER_IP,
        NODE_PORT
    }

    ServicePort port() {
        return service.port();
    }

    String name() {
        return port().name().text();
    }

    /** Without the port's name. */
    String serviceName() {
        return port().name().namespace() + "/" + port().name().service();
    }

    /** The field of the Service that binds traffic of this kind to endpoints of the node. */
    String policyField() {
        return by == By.CLUSTER_IP ? "internalTrafficPolicy" : "externalTrafficPolicy";
    }

    boolean policyIsLocal() {
        return by == By.CLUSTER_IP ? port().internalPolicyLocal() : port().externalPolicyLocal();
    }

    EligibleEndpoints eligible(ProxyConfig config) {
        return EligibleEndpoints.categorize(port(), service.endpoints(), config.nodeName(), config.zone());
    }

    List<Endpoint> ready() {
        return service.endpoints().stream().filter(Endpoint::ready).toList();
    }
}
