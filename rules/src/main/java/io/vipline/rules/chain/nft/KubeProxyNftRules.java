package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.AppendedRule;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.PlacedRule;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.ServiceRules;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServicePort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What kube-proxy of one node and family writes in nftables mode, kept apart by Service port. In the shared lists of each
 * {@link ServiceRules} the chain of a rule is the name of the map that it is an element of.
 */
public final class KubeProxyNftRules {
    /** kube-proxy's comment on what rejects them. */
    static final String INVALID_PORTS = "Reject traffic to invalid ports of ClusterIPs";

    private final ProxyConfig config;
    private final IpFamily family;
    private final List<ServiceRules> services;

    KubeProxyNftRules(ProxyConfig config, IpFamily family, List<ServiceRules> services) {
        this.config = config;
        this.family = family;
        this.services = List.copyOf(services);
    }

    public IpFamily family() {
        return family;
    }

    public List<ServiceRules> services() {
        return services;
    }

    /** The same with other Service ports, made by a writer of the same configuration. */
    public KubeProxyNftRules withServices(List<ServiceRules> changed) {
        return new KubeProxyNftRules(config, family, changed);
    }

    /**
     * All chains. A map that is looked up by the whole destination stands in the chain that looks it up, an element a
     * rule; a map of node ports is a chain of its own, whose lookup, the last rule of its chain, is a goto.
     */
    public Ruleset ruleset() {
        Ruleset.Builder ruleset = Ruleset.builder(family);
        NftFixedRules.baseChains()
                .forEach((base, rules) ->
                        ruleset.put(new Chain(NftChains.table(family), base.chainName(), base.chain(), rules)));
        Map<String, List<Rule>> maps = maps();
        put(
                ruleset,
                NftChains.SERVICES,
                elements(maps, NftChains.SERVICE_IPS),
                NftFixedRules.nodePortLookups(config, family, NftChains.SERVICE_NODE_PORTS));
        put(ruleset, NftChains.SERVICE_NODE_PORTS, elements(maps, NftChains.SERVICE_NODE_PORTS));
        put(ruleset, NftChains.SERVICE_ENDPOINTS_CHECK, elements(maps, NftChains.NO_ENDPOINT_SERVICES));
        put(
                ruleset,
                NftChains.NODE_PORT_ENDPOINTS_CHECK,
                NftFixedRules.nodePortLookups(config, family, NftChains.NO_ENDPOINT_NODE_PORTS));
        put(ruleset, NftChains.NO_ENDPOINT_NODE_PORTS, elements(maps, NftChains.NO_ENDPOINT_NODE_PORTS));
        put(ruleset, NftChains.FIREWALL_CHECK, elements(maps, NftChains.FIREWALL_IPS));
        put(ruleset, NftChains.CLUSTER_IPS_CHECK, clusterIps(), NftFixedRules.unallocated(config, family));
        put(ruleset, NftChains.REJECT, NftFixedRules.rejecting(family));
        put(ruleset, NftChains.MARK_MASQ, NftFixedRules.marking(config));
        put(ruleset, NftChains.MASQUERADING, NftFixedRules.masquerading(config));
        for (ServiceRules service : services) {
            service.chains().forEach(ruleset::put);
        }
        return ruleset.build();
    }

    private void put(Ruleset.Builder ruleset, String chain, List<Rule> rules) {
        ruleset.put(new Chain(NftChains.table(family), chain, Optional.empty(), rules));
    }

    private void put(Ruleset.Builder ruleset, String chain, List<Rule> first, List<Rule> last) {
        put(ruleset, chain, Stream.concat(first.stream(), last.stream()).toList());
    }

    private Map<String, List<Rule>> maps() {
        Map<String, List<Rule>> maps = new HashMap<>();
        for (ServiceRules service : services) {
            for (List<AppendedRule> shared : List.of(service.filter(), service.nat())) {
                for (AppendedRule element : shared) {
                    maps.computeIfAbsent(element.chain(), name -> new ArrayList<>())
                            .add(element.rule());
                }
            }
        }
        return maps;
    }

    private static List<Rule> elements(Map<String, List<Rule>> maps, String name) {
        return maps.getOrDefault(name, List.of());
    }

    /** Ports that no Service has: whatever else comes to a cluster IP is turned away. */
    private List<Rule> clusterIps() {
        Set<IpAddress> seen = new HashSet<>();
        List<Rule> rules = new ArrayList<>();
        for (ServiceRules service : services) {
            ServicePort port = service.port();
            if (seen.add(port.clusterIp())) {
                rules.add(invalidPort(port));
            }
        }
        return rules;
    }

    private Rule invalidPort(ServicePort port) {
        return new Rule(
                List.of(NftTerms.comment(INVALID_PORTS), NftTerms.to(port.clusterIp())),
                NftTerms.reject(family),
                port.origin(),
                "");
    }

    /** A Service port's rules in the chains that Services share; what ports share each of them has. */
    public List<PlacedRule> placed(ServiceRules service) {
        List<PlacedRule> placed = new ArrayList<>();
        for (List<AppendedRule> shared : List.of(service.filter(), service.nat())) {
            for (AppendedRule element : shared) {
                placed.add(placed(NftChains.lookingUp(element.chain()), element.rule()));
            }
        }
        placed.add(placed(NftChains.CLUSTER_IPS_CHECK, invalidPort(service.port())));
        return placed;
    }

    private PlacedRule placed(String chain, Rule rule) {
        return new PlacedRule(NftChains.table(family), chain, rule);
    }
}
