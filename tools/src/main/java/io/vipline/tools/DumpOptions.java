package io.vipline.tools;

import io.vipline.rules.chain.save.IpsetSaveReader;
import io.vipline.rules.chain.save.IptablesDump;
import io.vipline.rules.chain.save.IptablesSaveReader;
import io.vipline.rules.model.Problem;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The flags of verbs that take rules from a dump in place of manifests. Dumps are read once, when first asked for. */
final class DumpOptions {
    @Option(
            names = "--rules",
            paramLabel = "FILE|-",
            description = "What iptables-save or ip6tables-save wrote, whoever wrote the rules, in place of -f."
                    + " Repeatable.")
    private List<String> rules = new ArrayList<>();

    @Option(
            names = "--ipset",
            paramLabel = "FILE|-",
            description = "What ipset save wrote: the content of the sets that the rules ask for. Repeatable.")
    private List<String> sets = new ArrayList<>();

    private List<IptablesDump> dumps;

    /** Whether rules come from a dump. */
    boolean isGiven() {
        return !rules.isEmpty();
    }

    /**
     * Every dump, in the order given.
     *
     * @throws InputException if one cannot be understood
     * @throws IOException if a file cannot be read
     */
    List<IptablesDump> dumps() throws IOException {
        if (dumps == null) {
            List<IptablesDump> read = new ArrayList<>();
            IpsetSaveReader content = new IpsetSaveReader();
            for (String name : sets) {
                content.read(name, open(name));
            }
            List<Problem> problems = new ArrayList<>(content.problems());
            for (String name : rules) {
                IptablesDump dump = IptablesSaveReader.read(name, open(name), content.sets());
                problems.addAll(dump.problems());
                read.add(dump);
            }
            if (problems.stream().anyMatch(Problem::isError)) {
                throw new InputException(problems);
            }
            dumps = read;
        }
        return dumps;
    }

    /** A wrong byte becomes U+FFFD: it can stand in a comment only. */
    private static Reader open(String name) throws IOException {
        return new InputStreamReader(
                name.equals("-") ? System.in : Files.newInputStream(Path.of(name)), StandardCharsets.UTF_8);
    }
}
