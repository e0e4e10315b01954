package io.vipline.rules.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.KubeProxyRules;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.SyncPrinter;
import io.vipline.rules.chain.compile.Distribution;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.KubeProxyOutcome;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig.Mode;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import net.jqwik.api.statistics.StatisticsReport.StatisticsReportMode;

/**
 * Random clusters, and for every packet one verdict: of the specification of kube-proxy's outcome, of the text that is
 * written, of the walker and of the compiled table.
 */
class RandomClustersTest {
    private static final int PACKETS = 60;
    private static final int SOURCE_PORT = 40_000;
    private static final List<String> KINDS = List.of(
            "DNAT",
            "DNAT masquerade",
            "DNAT local",
            "ACCEPT",
            "ACCEPT local",
            "REJECT",
            "DROP NO_LOCAL_ENDPOINTS",
            "DROP SOURCE_RANGES");

    @StatisticsReport(StatisticsReportMode.OFF)
    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void iptables_mode_in_IPv4(@ForAll long seed) {
        check(seed, Mode.IPTABLES, IpFamily.IPV4);
        checkKinds(KINDS);
        checkKinds(List.of("DROP LOCALNET"));
    }

    @StatisticsReport(StatisticsReportMode.OFF)
    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void iptables_mode_in_IPv6(@ForAll long seed) {
        check(seed, Mode.IPTABLES, IpFamily.IPV6);
        checkKinds(KINDS);
    }

    @StatisticsReport(StatisticsReportMode.OFF)
    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void nftables_mode_in_IPv4(@ForAll long seed) {
        check(seed, Mode.NFTABLES, IpFamily.IPV4);
        checkKinds(KINDS);
        checkKinds(List.of("DROP UNALLOCATED_CLUSTER_IP"));
    }

    @StatisticsReport(StatisticsReportMode.OFF)
    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void nftables_mode_in_IPv6(@ForAll long seed) {
        check(seed, Mode.NFTABLES, IpFamily.IPV6);
        checkKinds(KINDS);
        checkKinds(List.of("DROP UNALLOCATED_CLUSTER_IP"));
    }

    private static void check(long seed, Mode mode, IpFamily family) {
        RandomCluster cluster = RandomCluster.of(seed, mode, family, false);
        RandomPackets random = new RandomPackets(seed, cluster, false);
        List<Packet> packets =
                IntStream.range(0, PACKETS).mapToObj(i -> random.next()).toList();
        if (difference(cluster, packets).isPresent()) {
            RandomCluster fewer = fewest(cluster, packets);
            assertThat(difference(fewer, packets).orElseThrow())
                    .as(fewer.text())
                    .isEmpty();
        }
    }

    /** The fate of the first endpoint stands for all. */
    private static String kind(Map<String, Double> fates) {
        String first = fates.keySet().iterator().next();
        return first.replaceAll("DNAT \\S+", "DNAT").replaceAll(" \\(.*", "").replaceAll("REJECT .*", "REJECT");
    }

    /** That the packets are not all of one kind. */
    private static void checkKinds(List<String> kinds) {
        Statistics.label("fates").coverage(coverage -> {
            for (String kind : kinds) {
                coverage.check(kind).count(count -> count >= 5);
            }
        });
    }

    /** Leaves objects out as long as the difference stays. */
    private static RandomCluster fewest(RandomCluster cluster, List<Packet> packets) {
        RandomCluster fewer = cluster;
        for (int i = cluster.cluster().services().size() - 1; i >= 0; i--) {
            RandomCluster without = fewer.withoutService(i);
            fewer = difference(without, packets).isPresent() ? without : fewer;
        }
        for (int i = cluster.cluster().endpointSlices().size() - 1; i >= 0; i--) {
            RandomCluster without = fewer.withoutSlice(i);
            fewer = difference(without, packets).isPresent() ? without : fewer;
        }
        return fewer;
    }

    private static Optional<String> difference(RandomCluster cluster, List<Packet> packets) {
        KubeProxyOutcome specification = new KubeProxyOutcome(cluster.services(), cluster.config(), cluster.family());
        Readers readers = Readers.of(cluster);
        for (Packet packet : packets) {
            Map<String, Double> expected = Fates.of(specification.of(packet), packet, cluster);
            Statistics.label("fates").collect(kind(expected));
            Optional<String> other = readers.disagree(packet, expected);
            if (other.isEmpty() && expected.keySet().stream().anyMatch(fate -> fate.contains("remembered"))) {
                other = readers.forgets(packet, expected);
            }
            if (other.isPresent()) {
                return Optional.of(packet + "\n  specified  " + expected + "\n  " + other.get());
            }
        }
        return Optional.empty();
    }

    /** @param text of iptables mode only */
    private record Readers(Optional<SyncText> text, ChainWalker walker, Table table) {
        static Readers of(RandomCluster cluster) {
            List<ServiceEndpoints> services =
                    ProxiedServices.of(cluster.cluster(), cluster.config().nodeName(), cluster.family());
            NodeNetwork network = NodeNetwork.of(cluster.config().localAddresses());
            Optional<SyncText> text = Optional.empty();
            Ruleset ruleset;
            if (cluster.config().mode() == Mode.IPTABLES) {
                KubeProxyRules rules = KubeProxyWriter.write(cluster.config(), cluster.family(), services);
                StringBuilder sync = new StringBuilder();
                SyncPrinter.print(rules, true, sync);
                text = Optional.of(new SyncText(sync.toString(), address -> Fates.isLocal(cluster, address)));
                ruleset = rules.ruleset();
            } else {
                ruleset = KubeProxyNftWriter.write(cluster.config(), cluster.family(), services)
                        .ruleset();
            }
            return new Readers(
                    text, new ChainWalker(ruleset, network), TableCompiler.compile(List.of(ruleset), network));
        }

        /** A client that an endpoint remembers comes to it again, whatever the draw: each list is tried. */
        Optional<String> forgets(Packet packet, Map<String, Double> expected) {
            PacketDescription description = description(packet);
            for (Outcome outcome : walker.walk(description).outcomes()) {
                Set<String> lists = Set.copyOf(outcome.recentSet());
                Map<String, Double> again = Distribution.of(walker.walk(description.withRecentLists(lists)));
                boolean same =
                        outcome.endpoint().isPresent() && again.size() == 1 && again.equals(alone(outcome, expected));
                boolean refused = !(outcome.fate() instanceof Outcome.Fate.Accepted);
                if (!lists.isEmpty() && !refused && !same) {
                    return Optional.of("remembered " + lists + ", walked " + again);
                }
            }
            Set<String> reached = new TreeSet<>();
            for (int list = 0; list < table.recentLists(); list++) {
                Map<String, Double> again =
                        Distribution.of(table, Distribution.key(description), new Remembering(list));
                if (again.size() == 1) {
                    reached.addAll(again.keySet());
                } else if (!Fates.agree(again, expected)) {
                    return Optional.of("remembered in list " + list + ", looked up " + again);
                }
            }
            Set<String> remembered = new TreeSet<>(expected.keySet());
            remembered.removeIf(fate -> !fate.contains("remembered"));
            return reached.containsAll(remembered)
                    ? Optional.empty()
                    : Optional.of("by some list each, looked up " + reached);
        }

        private static Map<String, Double> alone(Outcome outcome, Map<String, Double> expected) {
            String endpoint = "DNAT " + outcome.endpoint().orElseThrow() + " ";
            return expected.keySet().stream()
                    .filter(fate -> fate.startsWith(endpoint))
                    .collect(Collectors.toMap(fate -> fate, fate -> 1.0));
        }

        Optional<String> disagree(Packet packet, Map<String, Double> expected) {
            PacketDescription description = description(packet);
            Map<String, Double> walked = Distribution.of(walker.walk(description));
            if (!Fates.agree(expected, walked)) {
                return Optional.of("walked     " + walked);
            }
            Map<String, Double> lookedUp = Distribution.of(table, Distribution.key(description), Distribution.FRESH);
            if (!Fates.agree(expected, lookedUp)) {
                return Optional.of("looked up  " + lookedUp);
            }
            if (text.isEmpty()) {
                return Optional.empty();
            }
            Map<String, Double> read = text.get().fates(packet);
            return Fates.agree(Fates.bare(expected), read) ? Optional.empty() : Optional.of("text read  " + read);
        }

        private static PacketDescription description(Packet packet) {
            return PacketDescription.first(
                            packet.protocol().number(),
                            packet.source(),
                            SOURCE_PORT,
                            packet.destination(),
                            packet.port())
                    .withInterfaces(Optional.of(packet.inInterface()), Optional.empty());
        }
    }

    /** One list holds the source. */
    private record Remembering(int list) implements FlowState {
        @Override
        public int draw(PacketKey key, int salt) {
            throw new IllegalStateException("draws are enumerated");
        }

        @Override
        public boolean isRecent(PacketKey key, int asked, int seconds, boolean reap) {
            return asked == list;
        }
    }
}
