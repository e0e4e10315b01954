package io.vipline.rules.chain;

import io.vipline.rules.policy.EligibleEndpoints;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ServicePort;
import java.util.List;

/**
 * Which chains the traffic of a Service port takes ({@code syncProxyRules}, the part before its first rule).
 *
 * @param hashed what names are hashed from, {@link ChainNames#hashed} in iptables mode
 */
public record ServiceTraffic(ServicePort port, EligibleEndpoints eligible, String text, String hashed, Names names) {

    /** Names of the chains, whether or not they get written. */
    public record Names(String cluster, String local, String external, String firewall) {}

    static ServiceTraffic of(ServicePort port, EligibleEndpoints eligible, ChainNames names) {
        String hashed = ChainNames.hashed(port.name());
        String cluster = names.service(ChainNames.CLUSTER_PREFIX, hashed);
        String hash = cluster.substring(ChainNames.CLUSTER_PREFIX.length());
        Names all = new Names(
                cluster,
                ChainNames.LOCAL_PREFIX + hash,
                ChainNames.EXTERNAL_PREFIX + hash,
                ChainNames.FIREWALL_PREFIX + hash);
        return new ServiceTraffic(port, eligible, port.name().text(), hashed, all);
    }

    public Rule rule(List<Match> matches, Target target) {
        return new Rule(matches, target, port.origin(), text);
    }

    /** A rule that is there because of one endpoint. */
    public Rule rule(Endpoint endpoint, List<Match> matches, Target target) {
        return new Rule(matches, target, endpoint.origin() == null ? port.origin() : endpoint.origin(), text);
    }

    public boolean hasEndpoints() {
        return eligible.hasEndpoints();
    }

    public boolean hasInternalEndpoints() {
        return hasEndpoints()
                && !(port.internalPolicyLocal() && eligible.local().isEmpty());
    }

    public boolean hasExternalEndpoints() {
        return hasEndpoints()
                && !(port.externalPolicyLocal() && eligible.local().isEmpty());
    }

    /** Even without endpoints for external traffic: local traffic is let in there. */
    public boolean usesExternalChain() {
        return hasEndpoints() && port.externallyAccessible();
    }

    boolean usesFirewallChain() {
        return hasEndpoints()
                && !port.loadBalancerVips().isEmpty()
                && !port.sourceRanges().isEmpty();
    }

    public boolean usesClusterChain() {
        return !eligible.cluster().isEmpty() && port.usesClusterEndpoints();
    }

    public boolean usesLocalChain() {
        return !eligible.local().isEmpty() && port.usesLocalEndpoints();
    }

    public String internalChain() {
        return port.internalPolicyLocal() ? names.local() : names.cluster();
    }

    public String externalPolicyChain() {
        return port.externalPolicyLocal() ? names.local() : names.cluster();
    }

    String loadBalancerChain() {
        return usesFirewallChain() ? names.firewall() : names.external();
    }
}
