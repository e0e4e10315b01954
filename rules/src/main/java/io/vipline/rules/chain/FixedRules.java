package io.vipline.rules.chain;

import static io.vipline.rules.chain.KubeProxyChains.FILTER;
import static io.vipline.rules.chain.KubeProxyChains.FIREWALL;
import static io.vipline.rules.chain.KubeProxyChains.FORWARD;
import static io.vipline.rules.chain.KubeProxyChains.MARK_MASQ;
import static io.vipline.rules.chain.KubeProxyChains.NODE_PORTS;
import static io.vipline.rules.chain.KubeProxyChains.POSTROUTING;
import static io.vipline.rules.chain.KubeProxyChains.SERVICES;
import static io.vipline.rules.chain.KubeProxyChains.comment;

import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.NodePortAddresses;
import io.vipline.rules.policy.ProxyConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rules that are there whatever the Services are.
 *
 * @param localhostFirewall whether packets to loopback from elsewhere are dropped: node ports answer on IPv4 loopback
 * @param filterFirst before the Services' rules
 * @param filterLast after them
 * @param natFirst before the Services' rules
 * @param natLast after them: the jump to the node ports must be the last of its chain
 */
record FixedRules(
        IpFamily family,
        boolean localhostFirewall,
        List<AppendedRule> filterFirst,
        List<AppendedRule> filterLast,
        List<AppendedRule> natFirst,
        List<AppendedRule> natLast) {
    static final Origin ORIGIN = Origin.madeUp("kube-proxy");

    private static final Cidr V4_LOOPBACK = Cidr.of("127.0.0.0/8");
    private static final Cidr V6_LOOPBACK = Cidr.of("::1/128");
    private static final Match NODE_PORT_COMMENT =
            comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain");

    static FixedRules of(ProxyConfig config, IpFamily family) {
        boolean localhost = localhostNodePorts(config, family);
        return new FixedRules(
                family,
                localhost,
                localhost ? List.of(localnetRule()) : List.of(),
                forwardRules(config),
                masqueradeRules(config),
                nodePortRules(config, family));
    }

    /** Whether node ports answer on IPv4 loopback, for which kube-proxy sets {@code route_localnet}. */
    static boolean localhostNodePorts(ProxyConfig config, IpFamily family) {
        return config.localhostNodePorts()
                && NodePortAddresses.of(config, family).containsLoopback();
    }

    static Rule rule(List<Match> matches, Target target) {
        return new Rule(matches, target, ORIGIN, "");
    }

    private static AppendedRule appended(String chain, List<Match> matches, Target target) {
        return new AppendedRule(chain, rule(matches, target));
    }

    /** With route_localnet on, loopback addresses could be reached from the network (CVE-2020-8558). */
    private static AppendedRule localnetRule() {
        Set<CtState> known = Set.of(CtState.RELATED, CtState.ESTABLISHED, CtState.DNAT);
        List<Match> matches = List.of(
                comment("block incoming localnet connections"),
                new Match.Destination(V4_LOOPBACK, "", false),
                new Match.Source(V4_LOOPBACK, "", true),
                new Match.ConnectionState("conntrack", known, "", true));
        return appended(FIREWALL, matches, new Target.Drop());
    }

    private static List<AppendedRule> forwardRules(ProxyConfig config) {
        int mark = 1 << config.masqueradeBit();
        List<AppendedRule> rules = new ArrayList<>();
        if (!config.conntrackTcpBeLiberal()) {
            List<Match> invalid = new ArrayList<>();
            invalid.add(new Match.ConnectionState("conntrack", Set.of(CtState.INVALID), "", false));
            if (config.nfacct()) {
                invalid.add(new Match.NfAcct("ct_state_invalid_dropped_pkts"));
            }
            rules.add(appended(FORWARD, invalid, new Target.Drop()));
        }
        rules.add(appended(
                FORWARD,
                List.of(comment("kubernetes forwarding rules"), new Match.Mark(mark, mark, "", false)),
                new Target.Accept()));
        Set<CtState> known = Set.of(CtState.RELATED, CtState.ESTABLISHED);
        rules.add(appended(
                FORWARD,
                List.of(
                        comment("kubernetes forwarding conntrack rule"),
                        new Match.ConnectionState("conntrack", known, "", false)),
                new Target.Accept()));
        return rules;
    }

    private static List<AppendedRule> masqueradeRules(ProxyConfig config) {
        int mark = 1 << config.masqueradeBit();
        return List.of(
                appended(POSTROUTING, List.of(new Match.Mark(mark, mark, "", true)), new Target.Return()),
                // cleared, so that a packet that passes here again is not masqueraded twice
                appended(POSTROUTING, List.of(), new Target.SetMark(0, mark, "")),
                appended(
                        POSTROUTING,
                        List.of(comment("kubernetes service traffic requiring SNAT")),
                        new Target.Masquerade(config.randomFully(), Optional.empty(), "")),
                appended(MARK_MASQ, List.of(), new Target.SetMark(mark, mark, "")));
    }

    private static List<AppendedRule> nodePortRules(ProxyConfig config, IpFamily family) {
        Target nodePorts = new Target.Jump(NODE_PORTS);
        NodePortAddresses addresses = NodePortAddresses.of(config, family);
        boolean localhost = localhostNodePorts(config, family);
        if (addresses.matchesAll()) {
            List<Match> matches = new ArrayList<>();
            matches.add(NODE_PORT_COMMENT);
            matches.add(new Match.AddressType(Match.Side.DESTINATION, Set.of("LOCAL"), "", false));
            if (!localhost) {
                Cidr loopback = family == IpFamily.IPV4 ? V4_LOOPBACK : V6_LOOPBACK;
                matches.add(new Match.Destination(loopback, "! -d " + loopback, true));
            }
            return List.of(appended(SERVICES, matches, nodePorts));
        }
        List<AppendedRule> rules = new ArrayList<>();
        for (IpAddress address : addresses.among(config.localAddresses())) {
            boolean loopback = V4_LOOPBACK.contains(address) || V6_LOOPBACK.contains(address);
            if (!loopback || localhost) {
                Match to = new Match.Destination(Cidr.host(address), "", false);
                rules.add(appended(SERVICES, List.of(NODE_PORT_COMMENT, to), nodePorts));
            }
        }
        return rules;
    }

    /** Chains that a full sync declares, in its order. */
    List<String> chains(String table) {
        if (table.equals(FILTER)) {
            List<String> chains = new ArrayList<>(List.of(
                    SERVICES, KubeProxyChains.EXTERNAL_SERVICES, FORWARD, NODE_PORTS, KubeProxyChains.PROXY_FIREWALL));
            if (localhostFirewall) {
                chains.add(FIREWALL);
            }
            return chains;
        }
        return List.of(SERVICES, NODE_PORTS, POSTROUTING, MARK_MASQ);
    }
}
