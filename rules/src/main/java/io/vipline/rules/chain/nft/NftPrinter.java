package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.IpFamily;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The rules of nftables mode as {@code nft -f} reads them: replaces the whole table in one transaction. What the IR has as
 * rules for single destinations and as shares of a draw is put back into maps, sets and {@code numgen} here.
 */
public final class NftPrinter {
    private final Ruleset ruleset;
    private final String table;
    private final Appendable out;
    private final NftText text;
    private final NftCollections collections;

    private NftPrinter(Ruleset ruleset, Appendable out) {
        this.ruleset = ruleset;
        this.table = NftChains.table(ruleset.family());
        this.out = out;
        this.text = new NftText(ruleset.family());
        this.collections = new NftCollections(ruleset, text);
    }

    /**
     * @param ruleset made by {@link KubeProxyNftRules#ruleset}
     * @throws UncheckedIOException if {@code out} fails
     * @throws IllegalArgumentException if the rule set has what nftables mode does not write
     */
    public static void print(Ruleset ruleset, Appendable out) {
        try {
            new NftPrinter(ruleset, out).print();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the chain is of a table that kube-proxy's nftables mode writes. */
    public static boolean isOurs(Chain chain) {
        return chain.table().equals(NftChains.table(IpFamily.IPV4))
                || chain.table().equals(NftChains.table(IpFamily.IPV6));
    }

    /** A rule as the table has it; of a map or a draw, which hold many rules of the IR, only its own element. */
    public static String rule(Chain chain, int index) {
        NftText text = new NftText(family(chain));
        Rule rule = chain.rules().get(index);
        Optional<String> lookup = NftCollections.lookup(chain);
        if (NftCollections.isMap(chain.name())) {
            return NftCollections.element(rule, text);
        }
        if (lookup.isPresent() && index < NftCollections.elements(chain)) {
            boolean isSet = rule.target() instanceof Target.Reject
                    && !ExactTerms.of(rule.matches()).isTriple();
            return isSet ? lookup.get() : lookup.get() + " { " + NftCollections.element(rule, text) + " }";
        }
        if (rule.target() instanceof Target.Goto(String map) && NftCollections.isMap(map)) {
            return nodePortLookup(rule, map, text);
        }
        int first = firstOfDraw(chain);
        if (first < chain.rules().size() - 1 && index >= first) {
            int many = chain.rules().size() - first;
            return "numgen random mod " + many + " vmap { " + (index - first) + " : " + text.verdict(rule.target())
                    + " }";
        }
        return text.rule(rule);
    }

    /** One term of a rule in kube-proxy's table. */
    public static String term(Chain chain, Match match) {
        return new NftText(family(chain)).term(match);
    }

    private static IpFamily family(Chain chain) {
        return chain.table().equals(NftChains.table(IpFamily.IPV6)) ? IpFamily.IPV6 : IpFamily.IPV4;
    }

    /** Where the draw begins that the chain ends with; its last rule if it has none. */
    private static int firstOfDraw(Chain chain) {
        int first = chain.rules().size() - 1;
        while (first > 0 && share(chain.rules().get(first - 1)).isPresent()) {
            first--;
        }
        return first;
    }

    private void print() throws IOException {
        // made before it is deleted: deleting what is not there would fail
        out.append("add table ").append(table).append('\n');
        out.append("delete table ").append(table).append('\n');
        out.append("table ").append(table).append(" {\n\tcomment \"rules for kube-proxy\"\n");
        collections.print(out);
        for (Chain chain : ruleset.chains(table)) {
            if (!NftCollections.isMap(chain.name())) {
                print(chain);
            }
        }
        out.append("}\n");
    }

    private void print(Chain chain) throws IOException {
        out.append("\n\tchain ").append(chain.name()).append(" {\n");
        if (chain.base().isPresent()) {
            base(chain.base().get());
        }
        for (String line : lines(chain)) {
            out.append("\t\t").append(line).append('\n');
        }
        out.append("\t}\n");
    }

    private void base(BaseChain base) throws IOException {
        out.append("\t\ttype ")
                .append(base.nat() ? "nat" : "filter")
                .append(" hook ")
                .append(base.hook().name().toLowerCase(Locale.ROOT))
                .append(" priority ")
                .append(Integer.toString(base.priority()))
                .append("; policy ")
                .append(base.accepts() ? "accept" : "drop")
                .append(";\n");
    }

    private List<String> lines(Chain chain) {
        List<Rule> rules = chain.rules();
        List<String> lines = new ArrayList<>();
        int next = 0;
        Optional<String> lookup = NftCollections.lookup(chain);
        if (lookup.isPresent()) {
            lines.add(lookup.get());
            next = NftCollections.elements(chain);
        }
        while (next < rules.size()) {
            Rule rule = rules.get(next);
            if (rule.target() instanceof Target.Goto(String map) && NftCollections.isMap(map)) {
                lines.add(nodePortLookup(rule, map, text));
                while (next < rules.size() && rules.get(next).target().equals(rule.target())) {
                    next++;
                }
            } else if (share(rule).isPresent()) {
                lines.add(draw(rules.subList(next, rules.size())));
                next = rules.size();
            } else {
                lines.add(text.rule(rule));
                next++;
            }
        }
        return lines;
    }

    private static String nodePortLookup(Rule rule, String map, NftText text) {
        boolean byAddress = ExactTerms.of(rule.matches()).host() != null;
        String guard = byAddress
                ? text.ip() + " daddr @" + NftChains.NODE_PORT_IPS
                : String.join(" ", text.terms(rule.matches()));
        return guard + " meta l4proto . th dport vmap @" + map;
    }

    /** What a rule takes of the packets that come to it; empty if it draws no lots. */
    private static Optional<Double> share(Rule rule) {
        return rule.matches().size() == 1 && rule.matches().getFirst() instanceof Match.Statistic statistic
                ? Optional.of(statistic.probability())
                : Optional.empty();
    }

    /** The rest of a chain that gives each of its n targets 1/n. */
    private String draw(List<Rule> rules) {
        StringBuilder line = new StringBuilder(64 * rules.size());
        line.append("numgen random mod ").append(rules.size()).append(" vmap { ");
        for (int i = 0; i < rules.size(); i++) {
            double expected = 1.0 / (rules.size() - i);
            if (share(rules.get(i)).orElse(1.0) != expected) {
                throw new IllegalArgumentException("shares of a draw are not even: " + rules.get(i));
            }
            line.append(i == 0 ? "" : ", ").append(i).append(" : ");
            line.append(text.verdict(rules.get(i).target()));
        }
        return line.append(" }").toString();
    }
}
