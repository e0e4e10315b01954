package io.vipline.tools.compile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Undecidable;
import io.vipline.rules.chain.save.IptablesDump;
import io.vipline.rules.net.IpFamily;
import io.vipline.tools.TextTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A node's rules out of dumps, as {@code vipline compile} shows them. */
public final class DumpedNode {
    private static final String NONE = "<none>";
    private static final List<String> TITLES =
            List.of("FAMILY", "TABLE", "CHAIN", "POLICY", "RULES", "UNDECIDABLE", "SERVICES");

    private final List<IptablesDump> dumps;
    private final List<IpFamily> families;

    /** @param families those to show, in this order */
    public DumpedNode(List<IptablesDump> dumps, List<IpFamily> families) {
        this.dumps = List.copyOf(dumps);
        this.families = List.copyOf(families);
    }

    /** The dumps as they were read, one after another. */
    public void printIptables(PrintWriter out) {
        dumps.forEach(dump -> dump.print(EnumSet.copyOf(families), out));
    }

    /** One object: {@code rulesets}, one for each family that has rules. */
    public void printJson(PrintWriter out) throws IOException {
        JsonGenerator json = new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeArrayFieldStart("rulesets");
        for (IpFamily family : families) {
            Optional<Ruleset> ruleset = IptablesDump.ruleset(dumps, family);
            if (ruleset.isPresent()) {
                new RulesetJson(json, true, true).write(ruleset.get());
            }
        }
        json.writeEndArray();
        json.writeEndObject();
        json.close();
        out.println();
    }

    /** A line for each chain. */
    public void printTable(PrintWriter out) {
        TextTable table = new TextTable();
        table.add(TITLES);
        for (IpFamily family : families) {
            Optional<Ruleset> ruleset = IptablesDump.ruleset(dumps, family);
            if (ruleset.isPresent()) {
                for (String name : ruleset.get().tables()) {
                    ruleset.get().chains(name).forEach(chain -> table.add(row(family, chain)));
                }
            }
        }
        table.print(out);
    }

    private static List<String> row(IpFamily family, Chain chain) {
        Set<String> services = new LinkedHashSet<>();
        chain.rules().stream()
                .map(Rule::service)
                .filter(name -> !name.isEmpty())
                .forEach(services::add);
        long open = chain.rules().stream().filter(Undecidable::isIn).count();
        return List.of(
                family.text(),
                chain.table(),
                chain.name(),
                chain.base().map(base -> base.accepts() ? "ACCEPT" : "DROP").orElse("-"),
                Integer.toString(chain.rules().size()),
                Long.toString(open),
                services.isEmpty()
                        ? NONE
                        : services.size() > 3 ? services.size() + " Services" : String.join(",", services));
    }
}
