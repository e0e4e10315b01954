package io.vipline.rules.chain.save;

import io.vipline.rules.chain.AddressSet;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Target;
import io.vipline.rules.chain.save.IptablesDump.Line;
import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads what {@code iptables-save} and {@code ip6tables-save} write, by either front end, with or without counters; also
 * several such texts one after another. Rules are understood as far as {@link Match} and {@link Target} go; the rest
 * becomes Opaque, with the reason. A line that can't be read becomes a problem, and the rest is read.
 */
public final class IptablesSaveReader {
    private final String source;
    private final Map<String, AddressSet> sets;
    private final List<Line> lines = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();
    private final List<IptablesDump.TableOf> tables = new ArrayList<>();
    private final FamilyOfTables families;
    private TableSection section;

    private IptablesSaveReader(String source, List<String> text, Map<String, AddressSet> sets) {
        this.sets = sets;
        this.source = source;
        families = FamilyOfTables.of(text);
    }

    /**
     * @param source file name for origins
     * @throws IOException if {@code text} fails
     */
    public static IptablesDump read(String source, Reader text) throws IOException {
        return read(source, text, Map.of());
    }

    /** As {@link #read(String, Reader)}. @param sets those of {@code ipset} whose content is known, by name */
    public static IptablesDump read(String source, Reader text, Map<String, AddressSet> sets) throws IOException {
        StringBuilder all = new StringBuilder();
        try (BufferedReader in = new BufferedReader(text)) {
            char[] chunk = new char[1 << 16];
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                all.append(chunk, 0, read);
            }
        }
        boolean endsWithNewline = !all.isEmpty() && all.charAt(all.length() - 1) == '\n';
        List<String> lines = new ArrayList<>(List.of(all.toString().split("\n", -1)));
        if (endsWithNewline || all.isEmpty()) {
            lines.removeLast();
        }
        return new IptablesSaveReader(source, lines, sets).dump(lines, endsWithNewline);
    }

    private IptablesDump dump(List<String> text, boolean endsWithNewline) {
        for (int i = 0; i < text.size(); i++) {
            Line line;
            try {
                line = line(text.get(i), i);
            } catch (SaveFault fault) {
                line = new Line.Verbatim(text.get(i));
                Origin origin = new Origin(source, i + 1, fault.position() + 1);
                problems.add(
                        Problem.error(origin, fault.getMessage(), "so the rule can't be understood", fault.mend()));
            }
            lines.add(line);
        }
        if (section != null) {
            Origin origin = new Origin(source, text.size(), 1);
            problems.add(Problem.error(
                    origin, "the last table has no COMMIT", "so the dump is cut off", "save it again, whole"));
            close();
        }
        return new IptablesDump(lines, families.byLine(), endsWithNewline, tables, problems);
    }

    private Line line(String text, int index) {
        if (text.isBlank() || text.startsWith("#")) {
            return new Line.Verbatim(text);
        }
        if (text.startsWith("*")) {
            if (section != null) {
                throw new SaveFault(0, "a table begins and the one before has no COMMIT", "end each table with COMMIT");
            }
            section = new TableSection(text.substring(1).strip(), families.at(index));
            return new Line.Verbatim(text);
        }
        if (section == null) {
            throw new SaveFault(0, "a line outside of any table", "begin the table with *filter, *nat, …");
        }
        if (text.strip().equals("COMMIT")) {
            close();
            return new Line.Verbatim(text);
        }
        return text.startsWith(":") ? chain(text) : rule(text, index + 1);
    }

    private void close() {
        tables.add(new IptablesDump.TableOf(section.family(), section.chains()));
        section = null;
    }

    /** {@code :INPUT ACCEPT [0:0]}. */
    private Line chain(String text) {
        String[] words = text.substring(1).split(" ", 3);
        if (words.length < 2 || !List.of("-", "ACCEPT", "DROP").contains(words[1])) {
            throw new SaveFault(0, "a chain without a policy", "write it as :NAME ACCEPT [0:0] or :NAME - [0:0]");
        }
        section.declare(words[0], words[1]);
        return new Line.OfChain(words[0], words[1], words.length == 3 ? words[2] : "");
    }

    /** {@code [0:0] -A CHAIN …}. */
    private Line rule(String text, int number) {
        SaveLine line = new SaveLine(text);
        String counters = line.peek().value().startsWith("[") ? line.next().value() : "";
        int position = line.position();
        if (!line.accept("-A") || !line.hasNext()) {
            throw new SaveFault(position, "neither chain nor rule", "give what iptables-save writes, -A CHAIN …");
        }
        String chain = line.next().value();
        if (!section.hasChain(chain)) {
            throw new SaveFault(position, "the table declares no chain " + chain, "declare it, :" + chain + " - [0:0]");
        }
        List<Match> matches = SaveMatches.read(line, section.family(), sets);
        Target target = SaveTargets.read(line, section.family(), section::hasChain);
        Origin origin = new Origin(source, number, position + 1);
        Rule rule = new Rule(matches, target, origin, CommentedService.of(chain, matches));
        section.append(chain, rule);
        return new Line.OfRule(counters, chain, rule);
    }
}
