package io.vipline.rules.chain.nft;

import static io.vipline.rules.chain.nft.NftChains.Base.FILTER_FORWARD;
import static io.vipline.rules.chain.nft.NftChains.Base.FILTER_INPUT;
import static io.vipline.rules.chain.nft.NftChains.Base.FILTER_OUTPUT;
import static io.vipline.rules.chain.nft.NftChains.Base.FILTER_OUTPUT_PRE_DNAT;
import static io.vipline.rules.chain.nft.NftChains.Base.FILTER_PREROUTING_PRE_DNAT;
import static io.vipline.rules.chain.nft.NftChains.Base.NAT_OUTPUT;
import static io.vipline.rules.chain.nft.NftChains.Base.NAT_POSTROUTING;
import static io.vipline.rules.chain.nft.NftChains.Base.NAT_PREROUTING;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.DropCauses;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Target;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.NodePortAddresses;
import io.vipline.rules.policy.ProxyConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What stands in the table whatever the Services are ({@code pkg/proxy/nftables/proxier.go}, setupNFTables). */
final class NftFixedRules {
    private static final Origin ORIGIN = Origin.madeUp("kube-proxy");
    private static final Cidr V4_LOOPBACK = Cidr.of("127.0.0.0/8");
    private static final Cidr V6_LOOPBACK = Cidr.of("::1/128");
    private static final Match NEW = new Match.ConnectionState("conntrack", Set.of(CtState.NEW), "", false);

    private NftFixedRules() {}

    static Rule rule(List<Match> matches, Target target) {
        return new Rule(matches, target, ORIGIN, "");
    }

    /** The rules of each base chain. */
    static Map<NftChains.Base, List<Rule>> baseChains() {
        Rule services = rule(List.of(), new Target.Jump(NftChains.SERVICES));
        Rule noEndpoints = ifNew(NftChains.SERVICE_ENDPOINTS_CHECK);
        Rule noNodePortEndpoints = ifNew(NftChains.NODE_PORT_ENDPOINTS_CHECK);
        Rule clusterIps = ifNew(NftChains.CLUSTER_IPS_CHECK);
        Rule firewall = ifNew(NftChains.FIREWALL_CHECK);
        Map<NftChains.Base, List<Rule>> chains = new EnumMap<>(NftChains.Base.class);
        chains.put(FILTER_PREROUTING_PRE_DNAT, List.of(firewall));
        chains.put(FILTER_OUTPUT_PRE_DNAT, List.of(firewall));
        // not ahead of DNAT, because the kernel refuses to reject in PREROUTING
        chains.put(FILTER_INPUT, List.of(noNodePortEndpoints, noEndpoints));
        chains.put(FILTER_FORWARD, List.of(noEndpoints, clusterIps));
        chains.put(FILTER_OUTPUT, List.of(noEndpoints, clusterIps));
        chains.put(NAT_PREROUTING, List.of(services));
        chains.put(NAT_OUTPUT, List.of(services));
        chains.put(NAT_POSTROUTING, List.of(rule(List.of(), new Target.Jump(NftChains.MASQUERADING))));
        return chains;
    }

    private static Rule ifNew(String chain) {
        return rule(List.of(NEW), new Target.Jump(chain));
    }

    static List<Rule> marking(ProxyConfig config) {
        int mark = 1 << config.masqueradeBit();
        return List.of(rule(List.of(), new Target.SetMark(mark, mark, "")));
    }

    static List<Rule> masquerading(ProxyConfig config) {
        int mark = 1 << config.masqueradeBit();
        return List.of(
                rule(List.of(new Match.Mark(0, mark, "", false)), new Target.Return()),
                // cleared, so that a packet that passes here again is not masqueraded twice
                rule(List.of(), new Target.SetMark(0, mark, "")),
                rule(List.of(), new Target.Masquerade(true, Optional.empty(), "")));
    }

    static List<Rule> rejecting(IpFamily family) {
        return List.of(rule(List.of(), NftTerms.reject(family)));
    }

    static List<Rule> unallocated(ProxyConfig config, IpFamily family) {
        return config.serviceCidrs().stream()
                .filter(cidr -> cidr.family() == family)
                .map(cidr -> rule(
                        List.of(
                                NftTerms.comment(DropCauses.UNALLOCATED_CLUSTER_IPS),
                                new Match.Destination(cidr, "", false)),
                        NftTerms.DROP))
                .toList();
    }

    /** Lookups in a map of node ports: never on loopback, which would need route_localnet. */
    static List<Rule> nodePortLookups(ProxyConfig config, IpFamily family, String map) {
        Target lookup = new Target.Goto(map);
        NodePortAddresses addresses = NodePortAddresses.of(config, family);
        Cidr loopback = family == IpFamily.IPV4 ? V4_LOOPBACK : V6_LOOPBACK;
        if (addresses.matchesAll()) {
            return List.of(rule(List.of(NftTerms.TO_LOCAL, new Match.Destination(loopback, "", true)), lookup));
        }
        List<Rule> rules = new ArrayList<>();
        for (IpAddress address : addresses.among(config.localAddresses())) {
            if (!loopback.contains(address)) {
                rules.add(rule(List.of(NftTerms.to(address)), lookup));
            }
        }
        return rules;
    }
}
