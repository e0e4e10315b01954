package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;
import io.vipline.tools.explain.PacketLine;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * Dumps as Docker, Calico, kube-proxies of old and others leave them: read, printed back, and what becomes of packets,
 * explained and looked up. {@code dump-fates.txt} has for each a title, the flags, the dump, and packets with their fate.
 */
class DumpFatesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    /** A dump with its flags, written to files. */
    private record Dump(List<String> flags, Path rules, String text) {
        String[] call(String... verb) {
            List<String> all = new ArrayList<>(List.of(verb));
            all.addAll(List.of("--rules", rules.toString()));
            all.addAll(flags);
            return all.toArray(String[]::new);
        }
    }

    /** The flags of a verb, to have the compiled table as a verb has it. */
    private static final class Flags {
        @CommandLine.Mixin
        private ClusterOptions cluster;

        @CommandLine.Mixin
        private DumpOptions dumps;

        @CommandLine.Mixin
        private RouteOptions routes;
    }

    private record Answer(int exitCode, String out, String err) {}

    static Answer run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Answer(exitCode, out.toString(), err.toString());
    }

    @TestFactory
    Stream<DynamicContainer> packets_suffer_from_a_dump_what_they_suffer_there() throws IOException {
        try (InputStream cases = DumpFatesTest.class.getResourceAsStream("dump-fates.txt")) {
            String text = new String(cases.readAllBytes(), StandardCharsets.UTF_8);
            return Stream.of(text.split("== ")).filter(part -> !part.isBlank()).map(this::container);
        }
    }

    @TestFactory
    Stream<DynamicTest> dumps_of_real_machines_come_back_and_their_packets_come_out_as_there() {
        record Case(String dump, String packet, String fate) {}
        String kubeadm = "kubeadm-1.29-flannel-docker.txt";
        String legacy = "legacy-2017-externalips.txt";
        return Stream.of(
                        new Case(
                                kubeadm,
                                "udp 10.244.1.7:4000 > kube-dns.kube-system:53",
                                "DNAT 10.244.0.4:53 10.244.0.5:53 service kube-system/kube-dns:dns"),
                        new Case(
                                kubeadm,
                                "tcp 203.0.113.9:4000 > 10.108.64.11:8080",
                                "DNAT 10.244.1.4:8080 10.244.1.5:8080 10.244.1.6:8080 masquerade service default/service1:fileserver"),
                        new Case(kubeadm, "tcp 203.0.113.9:4000 > 127.0.0.1:22", "DROP"),
                        new Case(
                                kubeadm,
                                "in eth0 tcp 203.0.113.9:4000 > 198.51.100.1:22",
                                "UNKNOWN ACCEPT DROP because --node-address"),
                        new Case(
                                legacy,
                                "udp 203.0.113.9:4000 > 10.24.138.29:53",
                                "DNAT 10.100.13.3:53 masquerade service default/ares-k29-bindapp:dns-udp-53"),
                        new Case(
                                legacy,
                                "udp 203.0.113.9:4000 > 10.5.6.29:53",
                                "DNAT 10.100.13.3:53 masquerade service default/ares-k29-bindapp:dns-udp-53"))
                .map(one -> DynamicTest.dynamicTest(one.dump + ": " + one.packet, () -> {
                    Path file = Path.of(System.getProperty("vipline.shared"), "corpus/iptables-save", one.dump);
                    Assumptions.assumeTrue(Files.exists(file), () -> "no " + file);
                    Answer printed = run("compile", "--rules", file.toString(), "-o", "iptables");
                    assertThat(printed.out()).isEqualTo(Files.readString(file));
                    Answer answer = run("explain", "--rules", file.toString(), "-o", "json", one.packet);
                    assertThat(answer.exitCode()).as(answer.err()).isZero();
                    check(MAPPER.readTree(answer.out()), one.fate);
                }));
    }

    @TestFactory
    Stream<DynamicTest> what_cannot_be_used_is_told_with_its_place() {
        record Case(String why, int exitCode, String said, List<String> flags) {}
        String bad = written("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.300/32 -j DROP\nCOMMIT\n");
        String cut = written("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\n");
        String sets = written("create a hash:ip\nadd a 10.0.0.300\n");
        String good = written("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n");
        return Stream.of(
                        new Case(
                                "a wrong address",
                                ExitCode.BAD_INPUT,
                                bad + ":3:10: -s 10.0.0.300/32",
                                List.of("--rules", bad)),
                        new Case(
                                "a dump cut off",
                                ExitCode.BAD_INPUT,
                                cut + ":3:1: the last table has no COMMIT",
                                List.of("--rules", cut)),
                        new Case(
                                "a wrong entry of a set",
                                ExitCode.BAD_INPUT,
                                sets + ":2:7: 10.0.0.300 is no ip",
                                List.of("--rules", good, "--ipset", sets)),
                        new Case(
                                "manifests as well",
                                ExitCode.USAGE,
                                "Either manifests",
                                List.of("--rules", good, "-f", bad)),
                        new Case(
                                "no such route",
                                ExitCode.USAGE,
                                "is no route",
                                List.of("--rules", good, "--route", "eth0")),
                        new Case("no such file", ExitCode.FAILED, "no such file", List.of("--rules", good + "x")))
                .map(one -> DynamicTest.dynamicTest(one.why, () -> {
                    List<String> call = new ArrayList<>(List.of("explain", "tcp 10.0.0.1:4 > 10.0.0.2:5"));
                    call.addAll(one.flags);
                    Answer answer = run(call.toArray(String[]::new));
                    assertThat(answer.err()).contains(one.said);
                    assertThat(answer.exitCode()).isEqualTo(one.exitCode);
                }));
    }

    private String written(String text) {
        try {
            return Files.writeString(Files.createTempFile(folder, "input", ".txt"), text)
                    .toString();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private DynamicContainer container(String text) {
        List<String> lines = text.lines().toList();
        Dump dump = dump(lines);
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(DynamicTest.dynamicTest("printed back", () -> {
            Answer answer = run("compile", "--rules", dump.rules.toString(), "-o", "iptables");
            assertThat(answer.exitCode()).as(answer.err()).isZero();
            assertThat(answer.out()).isEqualTo(dump.text);
        }));
        for (String line : lines) {
            if (line.startsWith("> ")) {
                String[] sides = line.substring(2).split(" => ");
                tests.add(DynamicTest.dynamicTest(
                        line + " (explained)", () -> check(explained(dump, sides[0]), sides[1])));
                tests.add(DynamicTest.dynamicTest(line + " (looked up)", () -> lookUp(dump, sides[0], sides[1])));
            }
        }
        return DynamicContainer.dynamicContainer(lines.getFirst(), tests);
    }

    private Dump dump(List<String> lines) {
        List<String> flags = new ArrayList<>();
        StringBuilder sets = new StringBuilder();
        StringBuilder rules = new StringBuilder();
        for (String line : lines.subList(1, lines.size())) {
            if (line.startsWith("flags")) {
                Matcher words = Pattern.compile("\"([^\"]*)\"|\\S+").matcher(line.substring(5));
                while (words.find()) {
                    flags.add(words.group().replace("\"", ""));
                }
            } else if (line.startsWith("create ") || line.startsWith("add ")) {
                sets.append(line).append('\n');
            } else if (!line.startsWith("> ") && !line.isBlank()) {
                rules.append(line).append('\n');
            }
        }
        try {
            if (!sets.isEmpty()) {
                flags.add(Files.writeString(Files.createTempFile(folder, "sets", ".txt"), sets)
                        .toString());
            }
            Path file = Files.writeString(Files.createTempFile(folder, "rules", ".txt"), rules);
            return new Dump(flags, file, rules.toString());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode explained(Dump dump, String packet) throws IOException {
        List<String> call = new ArrayList<>(List.of(dump.call("explain", "-o", "json")));
        call.add(packet);
        Answer answer = run(call.toArray(String[]::new));
        assertThat(answer.exitCode()).as(answer.err()).isZero();
        return MAPPER.readTree(answer.out());
    }

    /** {@code VERDICT endpoints… [masquerade] [service NAME]}, {@code UNKNOWN possible… because WORDS}. */
    private static void check(JsonNode explained, String expected) {
        List<String> found = new ArrayList<>(List.of(explained.path("verdict").asText()));
        explained.path("possible").forEach(possible -> found.add(possible.asText()));
        if (!explained.path("verdict").asText().equals("UNKNOWN")) {
            new TreeSet<>(explained.path("endpoints").findValuesAsText("address")).forEach(found::add);
            if (explained.path("masquerade").asBoolean()) {
                found.add("masquerade");
            }
            if (explained.path("service").isTextual()) {
                found.add("service " + explained.path("service").asText());
            }
        }
        String[] parts = expected.split(" because ");
        assertThat(String.join(" ", found)).isEqualTo(parts[0]);
        if (parts.length > 1) {
            assertThat(explained.path("because").asText()).contains(parts[1]);
        }
        explained
                .path("path")
                .forEach(step -> assertThat(step.path("origin").asText()).matches(".*\\.txt:\\d+"));
    }

    private static void lookUp(Dump dump, String line, String expected) throws Exception {
        Flags flags = new Flags();
        new CommandLine(flags).parseArgs(List.of(dump.call()).toArray(String[]::new));
        NodeRules rules = NodeRules.of(flags.cluster, flags.dumps, flags.routes);
        PacketDescription packet = new PacketLine(rules.names()).parse(line).packet();
        IpFamily family = packet.source().family();
        if (!rules.has(family) || packet.outInterface().isPresent()) {
            return;
        }
        Table table = rules.compile();
        List<String> words = List.of(expected.split(" "));
        assertThat(verdict(table.lookup(key(packet), FRESH)))
                .isEqualTo(
                        switch (words.getFirst()) {
                            case "DNAT" -> words.subList(0, words.contains("masquerade") ? 3 : 2);
                            case "ACCEPT" -> words;
                            default -> List.of(words.getFirst());
                        });
    }

    private static List<String> verdict(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Pass pass -> with(List.of("ACCEPT"), pass.source());
            case Verdict.Dnat dnat -> with(List.of("DNAT", dnat.endpoint().toString()), dnat.source());
            case Verdict.Drop _ -> List.of("DROP");
            case Verdict.Reject _ -> List.of("REJECT");
            case Verdict.Undecided _ -> List.of("UNKNOWN");
        };
    }

    private static List<String> with(List<String> words, io.vipline.rules.table.SourceTranslation source) {
        List<String> all = new ArrayList<>(words);
        if (!(source instanceof io.vipline.rules.table.SourceTranslation.None)) {
            all.add("masquerade");
        }
        return all;
    }

    private static PacketKey key(PacketDescription packet) {
        PacketKey key = new PacketKey();
        key.sourceHigh = packet.source().high();
        key.sourceLow = packet.source().low();
        key.destinationHigh = packet.destination().high();
        key.destinationLow = packet.destination().low();
        key.protocol = packet.protocol();
        key.sourcePort = packet.sourcePort();
        key.destinationPort = packet.destinationPort();
        key.state = Map.of("NEW", PacketKey.NEW, "ESTABLISHED", PacketKey.ESTABLISHED)
                .get(packet.state().name());
        key.tcpFlags = packet.tcpFlags();
        key.icmpTypeCode = packet.icmpTypeCode();
        key.mark = packet.mark();
        key.ttl = packet.header().ttl();
        key.lengthBytes = packet.header().lengthBytes();
        key.tos = packet.header().tos();
        key.inInterface = packet.inInterface().orElse(null);
        return key;
    }

    private static final FlowState FRESH = new FlowState() {
        @Override
        public int draw(PacketKey key, int salt) {
            return salt * 0x9E37_79B9;
        }

        @Override
        public boolean isRecent(PacketKey key, int list, int seconds, boolean reap) {
            return false;
        }
    };
}
