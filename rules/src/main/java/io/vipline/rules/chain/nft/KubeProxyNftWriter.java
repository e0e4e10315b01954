package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.DropCauses;
import io.vipline.rules.chain.LocalDetector;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.ServiceRules;
import io.vipline.rules.chain.ServiceTraffic;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.EligibleEndpoints;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes the rules that kube-proxy's nftables mode would ({@code pkg/proxy/nftables/proxier.go}, syncProxyRules) for one
 * node and family. Each Service port's rules can be made alone. Not thread-safe: it holds a digest.
 */
public final class KubeProxyNftWriter {
    private final ProxyConfig config;
    private final IpFamily family;
    private final Optional<LocalDetector> detector;
    private final NftNames names = new NftNames();

    public KubeProxyNftWriter(ProxyConfig config, IpFamily family) {
        this.config = config;
        this.family = family;
        detector = LocalDetector.of(config.detectLocal(), family);
    }

    /** All rules of a node and family. */
    public static KubeProxyNftRules write(ProxyConfig config, IpFamily family, List<ServiceEndpoints> services) {
        KubeProxyNftWriter writer = new KubeProxyNftWriter(config, family);
        return new KubeProxyNftRules(
                config, family, services.stream().map(writer::write).toList());
    }

    /** What one Service port puts into the rules. */
    public ServiceRules write(ServiceEndpoints service) {
        EligibleEndpoints eligible =
                EligibleEndpoints.categorize(service.port(), service.endpoints(), config.nodeName(), config.zone());
        ServiceTraffic traffic = traffic(service.port(), eligible);
        boolean hasFirewall = !service.port().loadBalancerVips().isEmpty()
                && !service.port().sourceRanges().isEmpty();
        MapElements elements = new MapElements(traffic, NftTerms.reject(family));
        elements.write(hasFirewall);
        List<Chain> chains = new ArrayList<>(eligible.reachable().size() + 2);
        if (traffic.usesExternalChain()) {
            chains.add(chain(traffic.names().external(), externalRules(traffic)));
        }
        if (hasFirewall) {
            chains.add(chain(traffic.names().firewall(), List.of(firewallRule(traffic))));
        }
        chains.addAll(new NftEndpointChains(traffic, names, family).chains(masquerade(traffic)));
        return new ServiceRules(service.port(), elements.filter(), elements.nat(), Optional.empty(), chains);
    }

    private ServiceTraffic traffic(ServicePort port, EligibleEndpoints eligible) {
        String hashed = NftNames.hashed(port.name());
        String base = names.service(hashed);
        ServiceTraffic.Names all = new ServiceTraffic.Names(
                NftNames.CLUSTER_PREFIX + base,
                NftNames.LOCAL_PREFIX + base,
                NftNames.EXTERNAL_PREFIX + base,
                NftNames.FIREWALL_PREFIX + base);
        return new ServiceTraffic(port, eligible, port.name().text(), hashed, all);
    }

    private Chain chain(String name, List<Rule> rules) {
        return new Chain(NftChains.table(family), name, Optional.empty(), rules);
    }

    /** Marks traffic to the cluster IP that comes from outside the cluster, or all of it. */
    private Optional<Rule> masquerade(ServiceTraffic traffic) {
        if (!traffic.hasInternalEndpoints() || (!config.masqueradeAll() && detector.isEmpty())) {
            return Optional.empty();
        }
        ServicePort port = traffic.port();
        List<Match> terms = new ArrayList<>(List.of(
                NftTerms.to(port.clusterIp()),
                NftTerms.protocol(port.name().protocol()),
                NftTerms.toPort(port.port())));
        if (!config.masqueradeAll()) {
            terms.add(detector.get().ifNotLocal());
        }
        return Optional.of(traffic.rule(terms, NftTerms.MARK_FOR_MASQUERADE));
    }

    private List<Rule> externalRules(ServiceTraffic traffic) {
        List<Rule> rules = new ArrayList<>(4);
        if (traffic.port().externalPolicyLocal()) {
            Target cluster = new Target.Goto(traffic.names().cluster());
            detector.ifPresent(of -> rules.add(
                    traffic.rule(List.of(NftTerms.comment("short-circuit pod traffic"), of.ifLocal()), cluster)));
            rules.add(traffic.rule(
                    List.of(NftTerms.comment("masquerade local traffic"), NftTerms.FROM_LOCAL),
                    NftTerms.MARK_FOR_MASQUERADE));
            rules.add(traffic.rule(
                    List.of(NftTerms.comment("short-circuit local traffic"), NftTerms.FROM_LOCAL), cluster));
        } else {
            rules.add(traffic.rule(List.of(), NftTerms.MARK_FOR_MASQUERADE));
        }
        if (traffic.hasExternalEndpoints()) {
            rules.add(traffic.rule(List.of(), new Target.Goto(traffic.externalPolicyChain())));
        }
        return rules;
    }

    private Rule firewallRule(ServiceTraffic traffic) {
        List<Match> terms = new ArrayList<>();
        terms.add(NftTerms.comment(traffic.text() + DropCauses.OUTSIDE_SOURCE_RANGES));
        List<Cidr> ranges = traffic.port().sourceRanges();
        ranges.forEach(range -> terms.add(NftTerms.fromOutside(range)));
        Optional<IpAddress> node = config.nodeIp(family);
        // The node's own packets to a VIP that it holds as an address carry the VIP as their source.
        if (node.isPresent() && ranges.stream().anyMatch(range -> range.contains(node.get()))) {
            traffic.port().loadBalancerVips().forEach(vip -> terms.add(NftTerms.fromOutside(Cidr.host(vip))));
        }
        return traffic.rule(terms, NftTerms.DROP);
    }
}
