package io.vipline.rules.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.Distribution;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.save.IpsetSaveReader;
import io.vipline.rules.chain.save.IptablesDump;
import io.vipline.rules.chain.save.IptablesSaveReader;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.proof.KernelNode.Place;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rules as Docker, Calico, Weave and others write them, in the kernel: saved, read and printed back, and what becomes of
 * real packets there is what the walker and the compiled table say of the saved text. {@code foreign-rules.txt} has a
 * sentence for each, sets, and what is restored; {@code pods0} and {@code ext0} are the node's interfaces.
 */
class ForeignRulesInTheKernelTest {
    private static final int PACKETS = 90;
    private static final long SEED = Long.getLong("vipline.kernel.seed", System.nanoTime());
    private static final AddressPlan PLAN = new AddressPlan(IpFamily.IPV4);
    private static final String EMPTY = """
            *raw
            COMMIT
            *mangle
            COMMIT
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            COMMIT
            *nat
            COMMIT
            """;
    private static final NodeNetwork NODE = NodeNetwork.of(
            RandomNode.localAddresses(PLAN),
            List.of(
                    new NodeNetwork.Route(PLAN.range("0.0.0.0/0"), RandomNode.OUTSIDE),
                    new NodeNetwork.Route(PLAN.range(AddressPlan.PODS), RandomNode.POD_SIDE)));

    private static final List<String> SOURCES = List.of(
            "10.244.1.5",
            "10.244.1.6",
            "10.244.2.5",
            "203.0.113.2",
            "203.0.113.130",
            "192.168.0.77",
            AddressPlan.NODE,
            AddressPlan.BRIDGE);
    private static final List<String> DESTINATIONS = List.of(
            "10.244.1.5",
            "10.244.1.6",
            "10.244.2.5",
            "203.0.113.2",
            "203.0.113.130",
            AddressPlan.NODE,
            AddressPlan.SECOND,
            AddressPlan.BRIDGE);
    private static final List<Integer> PORTS = List.of(22, 53, 80, 443, 8080);

    private static KernelNode kernel;

    /** What is restored, cut from the file of cases. */
    record Case(String name, String sets, String rules) {
        @Override
        public String toString() {
            return name;
        }

        static List<Case> all() {
            try (InputStream in = ForeignRulesInTheKernelTest.class.getResourceAsStream("foreign-rules.txt")) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                return Stream.of(text.split("== "))
                        .filter(part -> !part.isBlank())
                        .map(Case::of)
                        .toList();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private static Case of(String part) {
            StringBuilder sets = new StringBuilder();
            StringBuilder rules = new StringBuilder();
            for (String line :
                    part.lines().skip(1).filter(line -> !line.isEmpty()).toList()) {
                boolean ofSet = line.startsWith("create ") || line.startsWith("add ");
                (ofSet ? sets : rules).append(line).append('\n');
            }
            return new Case(part.lines().findFirst().orElseThrow(), sets.toString(), rules.toString());
        }
    }

    @BeforeAll
    static void makeNode() {
        kernel = new KernelNode(
                "iptables-legacy-restore",
                "iptables-nft-restore",
                "iptables-legacy-save",
                "iptables-nft-save",
                "ipset");
    }

    @AfterAll
    static void removeNode() {
        if (kernel != null) {
            kernel.close();
        }
    }

    static Stream<Arguments> cases() {
        return Stream.of("iptables-legacy", "iptables-nft")
                .flatMap(frontEnd -> Case.all().stream().map(one -> Arguments.of(frontEnd, one)));
    }

    @ParameterizedTest(name = "{1} ({0})")
    @MethodSource("cases")
    void packets_suffer_in_the_kernel_what_is_said_of_the_saved_rules(String frontEnd, Case one) throws IOException {
        load(frontEnd, one.rules, one.sets);
        Map<Packet, Set<String>> expected;
        List<String> differences;
        try {
            expected = expectations(saved(frontEnd));
            differences = differences(expected);
        } finally {
            unload(frontEnd);
        }
        assertThat(differences).as("seed %d\n%s", SEED, one.rules).isEmpty();
        assertThat(expected.values().stream().flatMap(Set::stream).distinct().count())
                .as("kinds of fates")
                .isGreaterThan(8);
    }

    @ParameterizedTest(name = "{1} ({0})")
    @MethodSource("cases")
    void a_rule_that_the_kernel_lacks_is_found(String frontEnd, Case one) throws IOException {
        load(frontEnd, one.rules, one.sets);
        Map<Packet, Set<String>> expected = expectations(saved(frontEnd));
        unload(frontEnd);
        Random random = new Random(SEED);
        List<String> lines = new ArrayList<>(one.rules.lines().toList());
        List<Integer> deciding = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("-A PREROUTING") || lines.get(i).startsWith("-A FORWARD")) {
                deciding.add(i);
            }
        }
        Collections.shuffle(deciding, random);
        boolean found = false;
        for (int i = 0; i < Math.min(6, deciding.size()) && !found; i++) {
            List<String> fewer = new ArrayList<>(lines);
            fewer.remove((int) deciding.get(i));
            load(frontEnd, String.join("\n", fewer) + "\n", one.sets);
            found = !differences(expected).isEmpty();
            unload(frontEnd);
        }
        assertThat(found).as("one of six rules left out makes a difference").isTrue();
    }

    @ParameterizedTest(name = "{1} ({0})")
    @MethodSource("translatingCases")
    void a_port_that_is_another_in_what_is_evaluated_is_found(String frontEnd, Case one) throws IOException {
        load(frontEnd, one.rules, one.sets);
        try {
            Ruleset right = saved(frontEnd);
            Ruleset wrong = saved(frontEnd, "(--to-destination .*:)\\d+", "$19");
            long seed = SEED;
            while (expectations(right, seed).equals(expectations(wrong, seed))) {
                assertThat(++seed).as("a seed whose packets are translated").isLessThan(SEED + 20);
            }
            assertThat(differences(expectations(wrong, seed)))
                    .as("seed %d", seed)
                    .isNotEmpty();
        } finally {
            unload(frontEnd);
        }
    }

    /** One for each front end. */
    static Stream<Arguments> translatingCases() {
        Case first = Case.all().stream()
                .filter(one -> one.rules.contains("-j DNAT"))
                .findFirst()
                .orElseThrow();
        return Stream.of("iptables-legacy", "iptables-nft").map(frontEnd -> Arguments.of(frontEnd, first));
    }

    private static void load(String frontEnd, String rules, String sets) {
        if (!sets.isEmpty()) {
            kernel.load(sets, "ipset", "restore", "-exist");
        }
        kernel.load(rules, frontEnd + "-restore");
    }

    private static void unload(String frontEnd) {
        kernel.load(EMPTY, frontEnd + "-restore");
        kernel.load("", "ipset", "destroy");
    }

    /** What the kernel's tools save, which must come back from the reader as it is. */
    private static Ruleset saved(String frontEnd) throws IOException {
        return saved(frontEnd, "^$", "");
    }

    /** The same with a pattern replaced in what is evaluated. */
    private static Ruleset saved(String frontEnd, String pattern, String replacement) throws IOException {
        IpsetSaveReader sets = new IpsetSaveReader();
        sets.read("sets.txt", new StringReader(kernel.output("ipset", "save")));
        Ruleset ruleset = null;
        for (List<String> flags : List.of(List.of("-c"), List.<String>of())) {
            List<String> command = new ArrayList<>(List.of(frontEnd + "-save"));
            command.addAll(flags);
            String text = kernel.output(command.toArray(String[]::new));
            IptablesDump dump = IptablesSaveReader.read("rules.txt", new StringReader(text), sets.sets());
            assertThat(dump.problems()).isEmpty();
            StringBuilder printed = new StringBuilder();
            dump.print(printed);
            assertThat(printed.toString()).isEqualTo(text);
            String evaluated = text.replaceAll(pattern, replacement);
            ruleset = IptablesSaveReader.read("rules.txt", new StringReader(evaluated), sets.sets())
                    .ruleset(IpFamily.IPV4)
                    .orElseThrow();
        }
        return ruleset;
    }

    private static Map<Packet, Set<String>> expectations(Ruleset ruleset) {
        return expectations(ruleset, SEED);
    }

    private static Map<Packet, Set<String>> expectations(Ruleset ruleset, long seed) {
        ChainWalker walker = new ChainWalker(ruleset, NODE);
        Table table = TableCompiler.compile(List.of(ruleset), NODE);
        Map<Packet, Set<String>> expected = new LinkedHashMap<>();
        for (Packet packet : packets(seed)) {
            PacketDescription description = described(packet);
            Walk walk = walker.walk(description);
            Map<String, Double> walked = new TreeMap<>(Distribution.of(walk));
            Map<String, Double> lookedUp = Distribution.of(table, Distribution.key(description), Distribution.FRESH);
            assertThat(lookedUp.keySet()).as(packet + " looked up").isEqualTo(walked.keySet());
            Set<String> fates = new TreeSet<>();
            walk.outcomes().forEach(outcome -> fates.addAll(fates(outcome, packet)));
            expected.put(packet, fates);
        }
        return expected;
    }

    private static List<Packet> packets(long seed) {
        Random random = new Random(seed);
        Set<Packet> packets = new HashSet<>();
        while (packets.size() < PACKETS) {
            IpAddress source = IpAddress.of(SOURCES.get(random.nextInt(SOURCES.size())));
            IpAddress destination = IpAddress.of(DESTINATIONS.get(random.nextInt(DESTINATIONS.size())));
            if (!source.equals(destination)) {
                packets.add(new Packet(
                        random.nextInt(3) == 0 ? Protocol.UDP : Protocol.TCP,
                        source,
                        destination,
                        PORTS.get(random.nextInt(PORTS.size())),
                        place(source) == Place.PODS ? RandomNode.POD_SIDE : RandomNode.OUTSIDE));
            }
        }
        return List.copyOf(packets);
    }

    private static PacketDescription described(Packet packet) {
        boolean sent = place(packet.source()) == Place.NODE;
        return PacketDescription.first(
                        packet.protocol().number(), packet.source(), 33_000, packet.destination(), packet.port())
                .withInterfaces(sent ? Optional.empty() : Optional.of(packet.inInterface()), Optional.empty())
                .withHeader(new PacketDescription.Header(64, -1, 0));
    }

    private static Place place(IpAddress address) {
        if (NODE.isLocal(address)) {
            return Place.NODE;
        }
        return PLAN.range(AddressPlan.PODS).contains(address) ? Place.PODS : Place.OUTSIDE;
    }

    private static Set<String> fates(Outcome outcome, Packet packet) {
        IpPort at = outcome.endpoint().orElse(new IpPort(packet.destination(), packet.port()));
        return switch (outcome.fate()) {
            case Outcome.Fate.Dropped _ -> Set.of("nothing");
            case Outcome.Fate.Rejected _ -> Set.of("refused");
            case Outcome.Fate.Unknown unknown -> throw new AssertionError(unknown.because());
            case Outcome.Fate.Accepted _ -> {
                Set<String> fates = new HashSet<>();
                sources(outcome.source(), packet.source(), at.address())
                        .forEach(source -> fates.add(at + " from " + source));
                yield fates;
            }
        };
    }

    /** As whose the packet may be seen: the interface has several addresses to masquerade with. */
    private static Set<IpAddress> sources(SourceTranslation translation, IpAddress source, IpAddress destination) {
        return switch (translation) {
            case SourceTranslation.None _ -> Set.of(source);
            case SourceTranslation.To to -> Set.of(to.address());
            case SourceTranslation.Masquerade _ -> {
                Set<IpAddress> sources = new HashSet<>();
                if (place(destination) != Place.OUTSIDE) {
                    sources.add(PLAN.at(AddressPlan.BRIDGE));
                }
                if (place(destination) != Place.PODS) {
                    sources.add(PLAN.at(AddressPlan.NODE));
                    sources.add(PLAN.at(AddressPlan.SECOND));
                }
                yield sources;
            }
        };
    }

    private static List<String> differences(Map<Packet, Set<String>> expected) {
        List<Flight> flights = new ArrayList<>();
        Set<Listening> ends = new HashSet<>();
        expected.forEach((packet, fates) -> {
            flights.add(new Flight(packet.toString(), fates, new HashSet<>()));
            ends.add(new Listening(packet.protocol(), new IpPort(packet.destination(), packet.port())));
            fates.stream()
                    .filter(fate -> fate.contains(" from "))
                    .map(fate -> fate.substring(0, fate.indexOf(' ')))
                    .forEach(at -> ends.add(new Listening(packet.protocol(), address(at))));
        });
        ends.forEach(end -> kernel.listen(end.protocol, place(end.at.address()), end.at));
        kernel.sync();
        int id = 0;
        for (Packet packet : expected.keySet()) {
            kernel.send(id++, packet, place(packet.source()));
        }
        kernel.flush();
        Flight.watch(flights, kernel);
        kernel.reset();
        return flights.stream().flatMap(flight -> flight.difference().stream()).toList();
    }

    private record Listening(Protocol protocol, IpPort at) {}

    private static IpPort address(String text) {
        int colon = text.lastIndexOf(':');
        return new IpPort(IpAddress.of(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }
}
