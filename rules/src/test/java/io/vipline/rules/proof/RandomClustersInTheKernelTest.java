package io.vipline.rules.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.SyncPrinter;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.chain.nft.NftPrinter;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.KubeProxyOutcome;
import io.vipline.rules.policy.KubeProxyOutcome.Fate;
import io.vipline.rules.policy.KubeProxyOutcome.Outcome;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.KubeProxyOutcome.Reached;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig.Mode;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.proof.KernelNode.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The text of random clusters in the kernel: real packets come out as the specification of kube-proxy's outcome has it.
 * {@code -Dvipline.kernel.clusters=N} loads N for each front end.
 */
class RandomClustersInTheKernelTest {
    private static final int CLUSTERS = Integer.getInteger("vipline.kernel.clusters", 6);
    private static final long SEED = Long.getLong("vipline.kernel.seed", System.nanoTime());
    private static final int PACKETS = 48;
    /** How long what should come may take. */
    private static final long PATIENCE_MS = 4_000;
    /** How long nothing must come where nothing should. */
    private static final long SILENCE_MS = 60;

    private static final Map<String, Integer> FATES = new TreeMap<>();

    private static KernelNode kernel;

    @BeforeAll
    static void makeNode() {
        kernel = new KernelNode(
                "iptables-legacy-restore", "iptables-nft-restore", "ip6tables-legacy-restore", "nft", "ip");
    }

    @AfterAll
    static void removeNode() {
        if (kernel != null) {
            kernel.close();
            System.out.println("packets in the kernel: " + FATES);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "iptables-legacy,  IPTABLES, IPV4",
        "iptables-nft,     IPTABLES, IPV4",
        "ip6tables-legacy, IPTABLES, IPV6",
        "ip6tables-nft,    IPTABLES, IPV6",
        "nft ip,           NFTABLES, IPV4",
        "nft ip6,          NFTABLES, IPV6",
    })
    void packets_come_out_as_specified(String frontEnd, Mode mode, IpFamily family) {
        for (int i = 0; i < CLUSTERS; i++) {
            RandomCluster cluster = RandomCluster.of(SEED + i, mode, family, true);
            String text = load(frontEnd, cluster, UnaryOperator.identity());
            Set<String> differences = new TreeSet<>(differences(cluster, SEED + i));
            unload(frontEnd, mode);
            assertThat(differences)
                    .as("seed %d\n%s\n%s", SEED + i, cluster.text(), text)
                    .isEmpty();
        }
    }

    /** The judge judged: what is wrong in the kernel is told. */
    @ParameterizedTest(name = "{0}, {2}")
    @CsvSource({
        "iptables-legacy, IPTABLES,  every DNAT left out,     '(?m)^.*--to-destination.*$',             ''",
        "iptables-nft,    IPTABLES,  other target ports,  '(--to-destination .*:)\\d+',             '$19'",
        "nft ip,          NFTABLES,  every DNAT left out,     '(?m)^.*dnat to .*$',                     ''",
        "nft ip,          NFTABLES,  other target ports,  '(dnat to .*:)\\d+',                      '$19'",
    })
    void wrong_rules_in_the_kernel_are_found(
            String frontEnd, Mode mode, String wrong, String pattern, String replacement) {
        int changed = 0;
        boolean found = false;
        for (int i = 0; i < CLUSTERS && !found; i++) {
            RandomCluster cluster = RandomCluster.of(SEED + i, mode, IpFamily.IPV4, true);
            String right = load(frontEnd, cluster, text -> text.replaceAll(pattern, replacement));
            changed += right.replaceAll(pattern, replacement).equals(right) ? 0 : 1;
            found = !differences(cluster, SEED + i).isEmpty();
            unload(frontEnd, mode);
        }
        assertThat(changed).as("clusters with a DNAT, from seed %d", SEED).isPositive();
        assertThat(found).as("%s makes a difference, from seed %d", wrong, SEED).isTrue();
    }

    /** @param change what the kernel gets in place of the right text, which is returned */
    private static String load(String frontEnd, RandomCluster cluster, UnaryOperator<String> change) {
        List<ServiceEndpoints> services =
                ProxiedServices.of(cluster.cluster(), cluster.config().nodeName(), cluster.family());
        StringBuilder text = new StringBuilder();
        if (cluster.config().mode() == Mode.IPTABLES) {
            SyncPrinter.print(KubeProxyWriter.write(cluster.config(), cluster.family(), services), true, text);
            kernel.load(change.apply(text.toString()), frontEnd + "-restore");
        } else {
            NftPrinter.print(
                    KubeProxyNftWriter.write(cluster.config(), cluster.family(), services)
                            .ruleset(),
                    text);
            kernel.load(change.apply(text.toString()), "nft", "-f", "-");
        }
        kernel.routeLocalnet(cluster.config().mode() == Mode.IPTABLES);
        return text.toString();
    }

    private static void unload(String frontEnd, Mode mode) {
        if (mode == Mode.IPTABLES) {
            kernel.load("*filter\nCOMMIT\n*nat\nCOMMIT\n", frontEnd + "-restore");
        } else {
            kernel.load("flush ruleset\n", "nft", "-f", "-");
        }
    }

    /** A packet on its way, what may become of it, and what has. */
    private record Flight(Packet packet, Place from, Set<String> expected, Set<String> seen) {
        /** Whether something must still come of it. */
        boolean isAwaited() {
            return seen.isEmpty() && !expected.contains("nothing");
        }

        Set<String> fates() {
            Set<String> fates = new HashSet<>(seen);
            if (fates.size() > 1) {
                fates.remove("nothing");
            }
            return fates.isEmpty() ? Set.of("nothing") : fates;
        }
    }

    private static List<String> differences(RandomCluster cluster, long seed) {
        RandomPackets random = new RandomPackets(seed, cluster, true);
        KubeProxyOutcome specification = new KubeProxyOutcome(cluster.services(), cluster.config(), cluster.family());
        Map<Integer, Flight> flights = new HashMap<>();
        for (int id = 0; id < PACKETS; id++) {
            Packet packet = placed(random.next(), cluster);
            if (isSendable(packet)) {
                Set<String> expected = expected(specification.of(packet), packet, cluster);
                flights.put(id, new Flight(packet, place(packet.source(), cluster), expected, new HashSet<>()));
            }
        }
        listen(cluster, flights);
        flights.forEach((id, flight) -> kernel.send(id, flight.packet, flight.from));
        kernel.flush();
        watch(flights);
        kernel.reset();
        List<String> differences = new ArrayList<>();
        for (Flight flight : flights.values()) {
            flight.fates().forEach(fate -> FATES.merge(kind(fate, flight.packet), 1, Integer::sum));
            if (!flight.expected.containsAll(flight.fates())) {
                differences.add(flight.packet + "\n  expected " + flight.expected + "\n  came " + flight.seen);
            }
        }
        return differences;
    }

    private static String kind(String fate, Packet packet) {
        String[] words = fate.split(" from ");
        if (words.length == 1) {
            return fate;
        }
        boolean translated = !words[0].equals(new IpPort(packet.destination(), packet.port()).toString());
        boolean masqueraded = !words[1].equals(packet.source().toString());
        return (translated ? "translated" : "passed") + (masqueraded ? ", masqueraded" : "");
    }

    /** Packets come in by the side where their source is. */
    private static Packet placed(Packet packet, RandomCluster cluster) {
        String in = place(packet.source(), cluster) == Place.PODS ? RandomNode.POD_SIDE : RandomNode.OUTSIDE;
        return new Packet(packet.protocol(), packet.source(), packet.destination(), packet.port(), in);
    }

    private static Place place(IpAddress address, RandomCluster cluster) {
        if (Fates.isLocal(cluster, address)) {
            return Place.NODE;
        }
        Cidr pods = new AddressPlan(cluster.family()).range(AddressPlan.PODS);
        return pods.contains(address) ? Place.PODS : Place.OUTSIDE;
    }

    /** Loopback addresses do not go by a wire. */
    private static boolean isSendable(Packet packet) {
        boolean from = isLoopback(packet.source());
        boolean to = isLoopback(packet.destination());
        return from == to;
    }

    private static boolean isLoopback(IpAddress address) {
        return address.equals(IpAddress.of("127.0.0.1")) || address.equals(IpAddress.of("::1"));
    }

    private static void listen(RandomCluster cluster, Map<Integer, Flight> flights) {
        record Listener(Protocol protocol, IpPort at) {}
        Set<Listener> listeners = new HashSet<>();
        for (ServiceEndpoints service : cluster.services()) {
            service.endpoints()
                    .forEach(endpoint ->
                            listeners.add(new Listener(service.port().name().protocol(), endpoint.address())));
        }
        for (Flight flight : flights.values()) {
            listeners.add(new Listener(
                    flight.packet.protocol(), new IpPort(flight.packet.destination(), flight.packet.port())));
        }
        for (Listener listener : listeners) {
            kernel.listen(listener.protocol, place(listener.at.address(), cluster), listener.at);
        }
        kernel.sync();
    }

    /** Until everything has come that should, and a little longer. */
    private static void watch(Map<Integer, Flight> flights) {
        long end = System.nanoTime() + PATIENCE_MS * 1_000_000;
        while (System.nanoTime() < end) {
            boolean awaited = flights.values().stream().anyMatch(Flight::isAwaited);
            String line = kernel.next(SILENCE_MS);
            if (line.isEmpty() && !awaited) {
                return;
            }
            if (!line.isEmpty()) {
                String[] words = line.split(" ");
                assertThat(words[0]).as(line).isIn("got", "refused", "denied");
                // a packet that was not sent may still be answered with an error
                if (!words[0].equals("denied")) {
                    flights.get(Integer.valueOf(words[1])).seen.add(fate(words));
                }
            }
        }
    }

    private static String fate(String[] words) {
        return words[0].equals("refused")
                ? "refused"
                : new IpPort(IpAddress.of(words[2]), Integer.parseInt(words[3])) + " from " + IpAddress.of(words[4]);
    }

    private static Set<String> expected(Outcome outcome, Packet packet, RandomCluster cluster) {
        Set<String> expected = new TreeSet<>();
        if (outcome.endpoints().isEmpty()) {
            expected.add(expected(
                    outcome.fate(),
                    new IpPort(packet.destination(), packet.port()),
                    packet.source().toString()));
        }
        for (Reached reached : outcome.endpoints()) {
            for (String source : sources(reached, packet, cluster)) {
                expected.add(expected(reached.fate(), reached.endpoint(), source));
            }
        }
        return expected;
    }

    private static String expected(Fate fate, IpPort at, String source) {
        return switch (fate) {
            case PASSES -> at + " from " + source;
            case REJECTED -> "refused";
            case DROPPED -> "nothing";
        };
    }

    /** As which source the endpoint may see the packet. */
    private static Set<String> sources(Reached reached, Packet packet, RandomCluster cluster) {
        Place to = place(reached.endpoint().address(), cluster);
        boolean delivered = to == Place.NODE;
        boolean sent = place(packet.source(), cluster) == Place.NODE;
        if (!reached.masquerade() || delivered && !sent) {
            return Set.of(packet.source().toString());
        }
        AddressPlan plan = new AddressPlan(cluster.family());
        Set<String> sources = new HashSet<>();
        if (to != Place.OUTSIDE) {
            sources.add(plan.at(AddressPlan.BRIDGE).toString());
        }
        if (to != Place.PODS) {
            sources.add(plan.at(AddressPlan.NODE).toString());
            sources.add(plan.at(AddressPlan.SECOND).toString());
        }
        return sources;
    }
}
