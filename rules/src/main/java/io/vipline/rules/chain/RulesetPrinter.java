package io.vipline.rules.chain;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Text of rules as {@code iptables-restore} reads it, table by table and chain by chain. Each term prints as it stands in
 * the IR, so that what was parsed prints back.
 */
public final class RulesetPrinter {
    private RulesetPrinter() {}

    /**
     * The whole rule set, built-in chains with their policies included: loads alone.
     *
     * @throws UncheckedIOException if {@code out} fails
     */
    public static void print(Ruleset ruleset, Appendable out) {
        try {
            for (String table : ruleset.tables()) {
                out.append('*').append(table).append('\n');
                for (Chain chain : ruleset.chains(table)) {
                    out.append(chainLine(chain)).append('\n');
                }
                StringBuilder line = new StringBuilder(256);
                for (Chain chain : ruleset.chains(table)) {
                    for (Rule rule : chain.rules()) {
                        line.setLength(0);
                        appendRule(line, chain.name(), rule);
                        out.append(line.append('\n'));
                    }
                }
                out.append("COMMIT\n");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code -A CHAIN …}, one line without its end. */
    public static String rule(String chain, Rule rule) {
        StringBuilder line = new StringBuilder(160);
        appendRule(line, chain, rule);
        return line.toString();
    }

    /** One term of a rule, as it stands in the rule's line. */
    public static String term(Match match) {
        StringBuilder text = new StringBuilder(40);
        TermText.append(text, match);
        return text.toString();
    }

    /** One term, as it stands in its rule. */
    public static String match(Match match) {
        StringBuilder text = new StringBuilder();
        TermText.append(text, match);
        return text.toString();
    }

    /** {@code -j …}; empty for a rule without a target. */
    public static String target(Target target) {
        StringBuilder text = new StringBuilder();
        TermText.append(text, target);
        return text.toString();
    }

    /** {@code :NAME POLICY [0:0]}. */
    static String chainLine(Chain chain) {
        String policy =
                chain.base().map(base -> base.accepts() ? "ACCEPT" : "DROP").orElse("-");
        return ":" + chain.name() + " " + policy + " [0:0]";
    }

    static void appendRule(StringBuilder line, String chain, Rule rule) {
        line.append("-A ").append(chain);
        for (Match match : rule.matches()) {
            line.append(' ');
            TermText.append(line, match);
        }
        int end = line.length();
        line.append(' ');
        TermText.append(line, rule.target());
        if (line.length() == end + 1) {
            line.setLength(end);
        }
    }
}
