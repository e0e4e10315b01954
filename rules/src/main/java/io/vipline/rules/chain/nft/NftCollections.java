package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Match.RecentOperation;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The sets and maps of the table, collected from the rules that stand for their elements. */
final class NftCollections {
    /** Chains that begin with the elements of a map of destinations, and that map. */
    private static final Map<String, String> MAP_IN_CHAIN = Map.of(
            NftChains.SERVICES, NftChains.SERVICE_IPS,
            NftChains.SERVICE_ENDPOINTS_CHECK, NftChains.NO_ENDPOINT_SERVICES,
            NftChains.FIREWALL_CHECK, NftChains.FIREWALL_IPS);

    private static final Set<String> NODE_PORT_MAPS =
            Set.of(NftChains.SERVICE_NODE_PORTS, NftChains.NO_ENDPOINT_NODE_PORTS);

    private final Ruleset ruleset;
    private final String table;
    private final String ip;
    private final NftText text;

    NftCollections(Ruleset ruleset, NftText text) {
        this.ruleset = ruleset;
        this.table = NftChains.table(ruleset.family());
        this.ip = NftChains.addressKeyword(ruleset.family());
        this.text = text;
    }

    /** Whether a chain of the IR stands for a map that is looked up by protocol and port. */
    static boolean isMap(String chain) {
        return NODE_PORT_MAPS.contains(chain);
    }

    /** What stands in a chain in place of the rules that are elements; empty if none are. */
    static Optional<String> lookup(Chain chain) {
        String ip = chain.table().substring(0, chain.table().indexOf(' '));
        if (chain.name().equals(NftChains.CLUSTER_IPS_CHECK)) {
            return Optional.of(ip + " daddr @" + NftChains.CLUSTER_IPS + " reject "
                    + NftText.comment(KubeProxyNftRules.INVALID_PORTS));
        }
        return Optional.ofNullable(MAP_IN_CHAIN.get(chain.name()))
                .map(map -> ip + " daddr . meta l4proto . th dport vmap @" + map);
    }

    /** How many of a chain's first rules are elements. */
    static int elements(Chain chain) {
        int count = 0;
        for (Rule rule : chain.rules()) {
            ExactTerms terms = ExactTerms.of(rule.matches());
            boolean clusterIp = chain.name().equals(NftChains.CLUSTER_IPS_CHECK)
                    && terms.host() != null
                    && rule.target() instanceof Target.Reject;
            if (!clusterIp && !terms.isTriple()) {
                return count;
            }
            count++;
        }
        return count;
    }

    void print(Appendable out) throws IOException {
        String address = ip.equals("ip") ? "ipv4_addr" : "ipv6_addr";
        set(out, NftChains.CLUSTER_IPS, address, clusterIps());
        Set<String> nodePortIps = nodePortIps();
        if (!nodePortIps.isEmpty()) {
            set(out, NftChains.NODE_PORT_IPS, address, nodePortIps);
        }
        for (Map.Entry<String, Integer> affinity : affinitySets().entrySet()) {
            out.append("\n\tset ").append(affinity.getKey()).append(" {\n\t\ttype ");
            out.append(address).append("\n\t\tflags dynamic,timeout\n\t\ttimeout ");
            out.append(affinity.getValue().toString()).append("s\n\t}\n");
        }
        for (Map.Entry<String, String> map : MAP_IN_CHAIN.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .toList()) {
            Chain chain = chain(map.getKey());
            map(
                    out,
                    map.getValue(),
                    address + " . inet_proto . inet_service",
                    chain.rules().subList(0, elements(chain)));
        }
        for (String map : NODE_PORT_MAPS.stream().sorted().toList()) {
            map(out, map, "inet_proto . inet_service", chain(map).rules());
        }
    }

    private Chain chain(String name) {
        return ruleset.chain(table, name)
                .orElseThrow(() -> new IllegalArgumentException("nftables mode always has the chain " + name));
    }

    private Set<String> clusterIps() {
        Chain chain = chain(NftChains.CLUSTER_IPS_CHECK);
        Set<String> addresses = new LinkedHashSet<>();
        for (Rule rule : chain.rules().subList(0, elements(chain))) {
            addresses.add(ExactTerms.of(rule.matches()).host().toString());
        }
        return addresses;
    }

    private Set<String> nodePortIps() {
        Set<String> addresses = new LinkedHashSet<>();
        for (Rule rule : chain(NftChains.NODE_PORT_ENDPOINTS_CHECK).rules()) {
            ExactTerms terms = ExactTerms.of(rule.matches());
            if (terms.host() != null) {
                addresses.add(terms.host().toString());
            }
        }
        return addresses;
    }

    /** Sets by name, with the seconds for which an element stays. */
    private Map<String, Integer> affinitySets() {
        Map<String, Integer> sets = new LinkedHashMap<>();
        for (Chain chain : ruleset.chains(table)) {
            for (Rule rule : chain.rules()) {
                for (Match match : rule.matches()) {
                    if (match instanceof Match.Recent recent && recent.operation() == RecentOperation.RCHECK) {
                        sets.put(recent.list(), recent.seconds());
                    }
                }
            }
        }
        return sets;
    }

    private static void set(Appendable out, String name, String type, Set<String> elements) throws IOException {
        out.append("\n\tset ").append(name).append(" {\n\t\ttype ").append(type).append('\n');
        elements(out, List.copyOf(elements));
        out.append("\t}\n");
    }

    private void map(Appendable out, String name, String type, List<Rule> rules) throws IOException {
        // of rules for one destination the first decides
        Map<String, String> elements = new LinkedHashMap<>();
        for (Rule rule : rules) {
            String comment = rule.target() instanceof Target.Goto && !name.equals(NftChains.FIREWALL_IPS)
                    ? ""
                    : " " + NftText.comment(rule.service());
            elements.putIfAbsent(key(rule), comment + " : " + text.verdict(rule.target()));
        }
        List<String> lines = new ArrayList<>(elements.size());
        elements.forEach((key, verdict) -> lines.add(key + verdict));
        out.append("\n\tmap ").append(name).append(" {\n\t\ttype ").append(type).append(" : verdict\n");
        elements(out, lines);
        out.append("\t}\n");
    }

    /** {@code 10.96.0.10 . tcp . 80 : goto service-…}. */
    static String element(Rule rule, NftText text) {
        return key(rule) + " : " + text.verdict(rule.target());
    }

    private static String key(Rule rule) {
        ExactTerms terms = ExactTerms.of(rule.matches());
        String protocol = Protocol.ofNumber(terms.protocol()).orElseThrow().text();
        String port = protocol + " . " + terms.port();
        return terms.host() == null ? port : terms.host() + " . " + port;
    }

    private static void elements(Appendable out, List<String> elements) throws IOException {
        if (elements.isEmpty()) {
            return;
        }
        out.append("\t\telements = {\n");
        for (String element : elements) {
            out.append("\t\t\t").append(element).append(",\n");
        }
        out.append("\t\t}\n");
    }
}
