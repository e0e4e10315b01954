package io.vipline.rules.chain;

import static io.vipline.rules.chain.KubeProxyChains.JUMP_MARK_MASQ;
import static io.vipline.rules.chain.KubeProxyChains.NAT;
import static io.vipline.rules.chain.KubeProxyChains.comment;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.EligibleEndpoints;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Writes the rules that kube-proxy's iptables mode would ({@code pkg/proxy/iptables/proxier.go}, syncProxyRules) for one
 * node and family. Each Service port's rules can be made alone. Not thread-safe: it holds a digest.
 */
public final class KubeProxyWriter {
    /** Above so many endpoints in all, kube-proxy leaves comments out. */
    static final int LARGE_CLUSTER_ENDPOINTS = 1000;

    private static final Match FROM_LOCAL = new Match.AddressType(Match.Side.SOURCE, Set.of("LOCAL"), "", false);

    private final ProxyConfig config;
    private final IpFamily family;
    private final boolean largeCluster;
    private final boolean countLocalhost;
    private final Optional<LocalDetector> detector;
    private final ChainNames names = new ChainNames();

    /** @param largeCluster as {@link #isLarge} tells */
    public KubeProxyWriter(ProxyConfig config, IpFamily family, boolean largeCluster) {
        this.config = config;
        this.family = family;
        this.largeCluster = largeCluster;
        countLocalhost = config.nfacct() && FixedRules.localhostNodePorts(config, family);
        detector = LocalDetector.of(config.detectLocal(), family);
    }

    /** All rules of a node and family. */
    public static KubeProxyRules write(ProxyConfig config, IpFamily family, List<ServiceEndpoints> services) {
        KubeProxyWriter writer = new KubeProxyWriter(config, family, isLarge(services));
        return new KubeProxyRules(
                FixedRules.of(config, family),
                services.stream().map(writer::write).toList());
    }

    /** Whether kube-proxy would call this a large cluster. */
    public static boolean isLarge(List<ServiceEndpoints> services) {
        return services.stream()
                        .mapToLong(service -> service.endpoints().size())
                        .sum()
                > LARGE_CLUSTER_ENDPOINTS;
    }

    /** What one Service port puts into the rules. */
    public ServiceRules write(ServiceEndpoints service) {
        EligibleEndpoints eligible =
                EligibleEndpoints.categorize(service.port(), service.endpoints(), config.nodeName(), config.zone());
        ServiceTraffic traffic = ServiceTraffic.of(service.port(), eligible, names);
        PortalRules portals = new PortalRules(traffic, KubeProxyChains.reject(family));
        portals.write(countLocalhost);
        Optional<AppendedRule> masquerade = masquerade(traffic, portals);
        List<Chain> chains = new ArrayList<>(eligible.reachable().size() + 2);
        if (traffic.usesExternalChain()) {
            chains.add(chain(traffic.names().external(), externalRules(traffic)));
        }
        if (traffic.usesFirewallChain()) {
            chains.add(chain(traffic.names().firewall(), firewallRules(traffic)));
        }
        addEndpointChains(traffic, masquerade, chains);
        return new ServiceRules(service.port(), portals.filter(), portals.nat(), masquerade, chains);
    }

    /** Marks traffic to the cluster IP that comes from outside the cluster, or all of it. */
    private Optional<AppendedRule> masquerade(ServiceTraffic traffic, PortalRules portals) {
        if (!traffic.hasInternalEndpoints() || (!config.masqueradeAll() && detector.isEmpty())) {
            return Optional.empty();
        }
        Match about = comment(traffic.text() + " cluster IP");
        List<Match> terms = new ArrayList<>(portals.to(traffic.port().clusterIp(), about));
        if (!config.masqueradeAll()) {
            terms.add(detector.get().ifNotLocal());
        }
        return Optional.of(new AppendedRule(traffic.internalChain(), traffic.rule(terms, JUMP_MARK_MASQ)));
    }

    private List<Rule> externalRules(ServiceTraffic traffic) {
        List<Rule> rules = new ArrayList<>(4);
        String destinations = traffic.text() + " external destinations";
        if (traffic.port().externalPolicyLocal()) {
            Target cluster = new Target.Jump(traffic.names().cluster());
            detector.ifPresent(of -> rules.add(
                    traffic.rule(List.of(comment("pod traffic for " + destinations), of.ifLocal()), cluster)));
            rules.add(traffic.rule(
                    List.of(comment("masquerade LOCAL traffic for " + destinations), FROM_LOCAL), JUMP_MARK_MASQ));
            rules.add(traffic.rule(List.of(comment("route LOCAL traffic for " + destinations), FROM_LOCAL), cluster));
        } else {
            rules.add(traffic.rule(List.of(comment("masquerade traffic for " + destinations)), JUMP_MARK_MASQ));
        }
        if (traffic.hasExternalEndpoints()) {
            rules.add(traffic.rule(List.of(), new Target.Jump(traffic.externalPolicyChain())));
        }
        return rules;
    }

    private List<Rule> firewallRules(ServiceTraffic traffic) {
        List<Rule> rules = new ArrayList<>();
        Match about = comment(traffic.text() + " loadbalancer IP");
        Target external = new Target.Jump(traffic.names().external());
        for (Cidr range : traffic.port().sourceRanges()) {
            Match from = new Match.Source(range, "-s " + range, false);
            rules.add(traffic.rule(List.of(about, from), external));
        }
        Optional<IpAddress> node = config.nodeIp(family);
        // The node's own packets to a VIP that it holds as an address carry the VIP as their source.
        if (node.isPresent() && traffic.port().sourceRanges().stream().anyMatch(range -> range.contains(node.get()))) {
            for (IpAddress vip : traffic.port().loadBalancerVips()) {
                Match from = new Match.Source(Cidr.host(vip), "", false);
                rules.add(traffic.rule(List.of(about, from), external));
            }
        }
        Match rest = comment("other traffic to " + traffic.text() + " will be dropped by KUBE-PROXY-FIREWALL");
        rules.add(traffic.rule(List.of(rest), new Target.Continue()));
        return rules;
    }

    private void addEndpointChains(ServiceTraffic traffic, Optional<AppendedRule> masquerade, List<Chain> chains) {
        EndpointRules endpoints = new EndpointRules(traffic, names, largeCluster);
        if (traffic.usesClusterChain()) {
            String name = traffic.names().cluster();
            chains.add(chain(
                    name, choice(name, masquerade, endpoints, traffic.eligible().cluster())));
        }
        if (traffic.usesLocalChain()) {
            String name = traffic.names().local();
            chains.add(chain(
                    name, choice(name, masquerade, endpoints, traffic.eligible().local())));
        }
        for (Endpoint endpoint : traffic.eligible().reachable()) {
            chains.add(endpoints.chain(endpoint));
        }
    }

    private static List<Rule> choice(
            String chain, Optional<AppendedRule> masquerade, EndpointRules endpoints, List<Endpoint> among) {
        List<Rule> rules = new ArrayList<>(among.size() + 1);
        masquerade.filter(rule -> rule.chain().equals(chain)).ifPresent(rule -> rules.add(rule.rule()));
        endpoints.choose(among, rules);
        return rules;
    }

    private static Chain chain(String name, List<Rule> rules) {
        return new Chain(NAT, name, Optional.empty(), rules);
    }
}
