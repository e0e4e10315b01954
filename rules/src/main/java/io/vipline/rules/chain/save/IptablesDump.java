package io.vipline.rules.chain.save;

import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.IpFamily;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an {@code iptables-save} text says, and how it was laid out. */
public final class IptablesDump {
    /** A line of the text. */
    sealed interface Line {
        /** Neither chain nor rule: comments, table names, COMMIT; also what could not be read. */
        record Verbatim(String text) implements Line {}

        /** @param policy {@code -} for a user chain; @param counters {@code [0:0]}, or empty */
        record OfChain(String name, String policy, String counters) implements Line {}

        /** @param counters {@code [0:0]}, or empty */
        record OfRule(String counters, String chain, Rule rule) implements Line {}
    }

    private final List<Line> lines;
    private final boolean endsWithNewline;
    private final Map<IpFamily, Ruleset> rulesets;
    private final List<Problem> problems;

    IptablesDump(List<Line> lines, boolean endsWithNewline, Map<IpFamily, Ruleset> rulesets, List<Problem> problems) {
        this.lines = List.copyOf(lines);
        this.endsWithNewline = endsWithNewline;
        this.rulesets = Map.copyOf(rulesets);
        this.problems = List.copyOf(problems);
    }

    /** The rules of a family; empty if the text has none. */
    public Optional<Ruleset> ruleset(IpFamily family) {
        return Optional.ofNullable(rulesets.get(family));
    }

    /** All that was found wrong; what could be read was read. */
    public List<Problem> problems() {
        return problems;
    }

    /**
     * Gives the text back: rules and chains from what was understood of them, comments and counters as they stood.
     *
     * @throws UncheckedIOException if {@code out} fails
     */
    public void print(Appendable out) {
        try {
            for (int i = 0; i < lines.size(); i++) {
                out.append(text(lines.get(i)));
                if (i < lines.size() - 1 || endsWithNewline) {
                    out.append('\n');
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Line line) {
        return switch (line) {
            case Line.Verbatim(String text) -> text;
            case Line.OfChain(String name, String policy, String counters) ->
                ":" + name + " " + policy + (counters.isEmpty() ? "" : " " + counters);
            case Line.OfRule(String counters, String chain, Rule rule) ->
                (counters.isEmpty() ? "" : counters + " ") + RulesetPrinter.rule(chain, rule);
        };
    }
}
