package io.vipline.rules.policy;

import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.List;

/**
 * One port of a Service as the proxier of one address family sees it ({@code pkg/proxy/serviceport.go}).
 *
 * @param nodePort 0 if there is none
 * @param loadBalancerVips load-balancer addresses whose packets arrive with the VIP as destination; those with ipMode
 *     Proxy are left out
 * @param sourceRanges who may use the VIPs; empty: everybody
 * @param affinitySeconds how long a client stays with its endpoint; 0 without session affinity
 * @param healthCheckNodePort 0 if there is none, or if the Service's type and policy make nobody ask
 * @param origin where the port was written, or else its Service
 */
public record ServicePort(
        ServicePortName name,
        IpAddress clusterIp,
        int port,
        int nodePort,
        List<IpAddress> externalIps,
        List<IpAddress> loadBalancerVips,
        List<Cidr> sourceRanges,
        int affinitySeconds,
        boolean internalPolicyLocal,
        boolean externalPolicyLocal,
        int healthCheckNodePort,
        Origin origin) {
    public ServicePort {
        externalIps = List.copyOf(externalIps);
        loadBalancerVips = List.copyOf(loadBalancerVips);
        sourceRanges = List.copyOf(sourceRanges);
    }

    /** Whether it can be reached by anything but its cluster IP. */
    public boolean externallyAccessible() {
        return nodePort != 0 || !loadBalancerVips.isEmpty() || !externalIps.isEmpty();
    }

    /** Whether some traffic may go to any endpoint: with external policy Local that of pods and of the node itself. */
    public boolean usesClusterEndpoints() {
        return !internalPolicyLocal || externallyAccessible();
    }

    /** Whether some traffic may go to endpoints of this node only. */
    public boolean usesLocalEndpoints() {
        return internalPolicyLocal || (externalPolicyLocal && externallyAccessible());
    }
}
