package io.vipline.rules.chain.save;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.IpFamily;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
    private final List<IpFamily> familyOfLine;
    private final boolean endsWithNewline;
    private final List<TableOf> tables;
    private final List<Problem> problems;

    /** A table and whose it is. @param chains in the order in which they were declared */
    record TableOf(IpFamily family, List<Chain> chains) {}

    IptablesDump(
            List<Line> lines,
            List<IpFamily> familyOfLine,
            boolean endsWithNewline,
            List<TableOf> tables,
            List<Problem> problems) {
        this.familyOfLine = List.copyOf(familyOfLine);
        this.lines = List.copyOf(lines);
        this.endsWithNewline = endsWithNewline;
        this.tables = List.copyOf(tables);
        this.problems = List.copyOf(problems);
    }

    /** The rules of a family; empty if the text has none. */
    public Optional<Ruleset> ruleset(IpFamily family) {
        return ruleset(List.of(this), family);
    }

    /**
     * The rules of a family in all of these dumps; empty if none has any. A table that comes twice, as where both front
     * ends' rules are in force, is two tables: the later one is called {@code filter/2}.
     */
    public static Optional<Ruleset> ruleset(List<IptablesDump> dumps, IpFamily family) {
        Ruleset.Builder ruleset = Ruleset.builder(family);
        Map<String, Integer> seen = new HashMap<>();
        boolean found = false;
        for (IptablesDump dump : dumps) {
            for (TableOf table : dump.tables) {
                if (table.family == family) {
                    table.chains.forEach(chain -> ruleset.put(renamed(chain, seen)));
                    table.chains.stream().findFirst().ifPresent(chain -> seen.merge(chain.table(), 1, Integer::sum));
                    found = true;
                }
            }
        }
        return found ? Optional.of(ruleset.build()) : Optional.empty();
    }

    private static Chain renamed(Chain chain, Map<String, Integer> seen) {
        int before = seen.getOrDefault(chain.table(), 0);
        return before == 0
                ? chain
                : new Chain(chain.table() + "/" + (before + 1), chain.name(), chain.base(), chain.rules());
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
        print(Set.of(IpFamily.values()), out);
    }

    /** As {@link #print(Appendable)}, of these families only; a comment belongs to the table after it. */
    public void print(Set<IpFamily> families, Appendable out) {
        try {
            for (int i = 0; i < lines.size(); i++) {
                if (!families.contains(familyOfLine.get(i))) {
                    continue;
                }
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
