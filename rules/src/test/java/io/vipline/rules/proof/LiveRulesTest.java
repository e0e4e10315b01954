package io.vipline.rules.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.Distribution;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.live.LiveRules;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.Mode;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * Random clusters that change, object by object: after each step the table is that of the cluster as it stands, made from
 * the beginning, and what the walker says.
 */
class LiveRulesTest {
    private static final int STEPS = 8;
    private static final int PACKETS = 30;
    private static final int SERVICES = 6;

    @Property(tries = 120, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void iptables_mode_in_IPv4(@ForAll long seed) {
        new Run(seed, Mode.IPTABLES, IpFamily.IPV4).check();
    }

    @Property(tries = 40, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void iptables_mode_in_IPv6(@ForAll long seed) {
        new Run(seed, Mode.IPTABLES, IpFamily.IPV6).check();
    }

    @Property(tries = 120, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void nftables_mode_in_IPv4(@ForAll long seed) {
        new Run(seed, Mode.NFTABLES, IpFamily.IPV4).check();
    }

    @Property(tries = 40, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void nftables_mode_in_IPv6(@ForAll long seed) {
        new Run(seed, Mode.NFTABLES, IpFamily.IPV6).check();
    }

    private static final class Run {
        private final long seed;
        private final IpFamily family;
        private final Draws draws;
        private final AddressPlan plan;
        private final ProxyConfig config;
        private final NodeNetwork network;
        private final TreeMap<String, Located<Service>> services = new TreeMap<>();
        private final TreeMap<String, Located<EndpointSlice>> slices = new TreeMap<>();
        private final LiveRules live;

        Run(long seed, Mode mode, IpFamily family) {
            this.seed = seed;
            this.family = family;
            draws = new Draws(seed);
            plan = new AddressPlan(family);
            config = new RandomNode(draws, plan, mode).config();
            network = NodeNetwork.of(config.localAddresses());
            RandomServices random = new RandomServices(draws, plan, false);
            for (int i = 0; i < SERVICES; i++) {
                Service service = random.next(i);
                services.put(key(service), located(service));
                new RandomSlices(draws, plan, false, service)
                        .all()
                        .forEach(slice -> slices.put(key(slice), located(slice)));
            }
            live = new LiveRules(cluster(), config);
        }

        private static <T> Located<T> located(T object) {
            return new Located<>(object, Origin.madeUp("random"));
        }

        /** Sorts as the API server lists. */
        private static String key(HasMetadata object) {
            return object.getMetadata().getNamespace() + "/"
                    + object.getMetadata().getName();
        }

        private Cluster cluster() {
            return new Cluster(
                    List.copyOf(services.values()),
                    List.copyOf(slices.values()),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of());
        }

        void check() {
            compare(0);
            for (int step = 1; step <= STEPS; step++) {
                for (int i = draws.upTo(2); i >= 0; i--) {
                    change();
                }
                compare(step);
            }
        }

        private void change() {
            switch (draws.upTo(7)) {
                case 0 -> putService(new RandomServices(draws, plan, false).next(draws.upTo(SERVICES + 2)));
                case 1 -> {
                    if (!services.isEmpty()) {
                        Service gone = services.remove(draws.any(List.copyOf(services.keySet())))
                                .object();
                        live.removeService(
                                gone.getMetadata().getNamespace(),
                                gone.getMetadata().getName());
                    }
                }
                case 2 -> {
                    if (!slices.isEmpty()) {
                        EndpointSlice gone = slices.remove(draws.any(List.copyOf(slices.keySet())))
                                .object();
                        live.removeSlice(
                                gone.getMetadata().getNamespace(),
                                gone.getMetadata().getName());
                    }
                }
                default -> {
                    if (!services.isEmpty()) {
                        Service of = draws.any(List.copyOf(services.values())).object();
                        new RandomSlices(draws, plan, false, of).all().forEach(this::putSlice);
                    }
                }
            }
        }

        private void putService(Service service) {
            services.put(key(service), located(service));
            live.put(located(service));
        }

        private void putSlice(EndpointSlice slice) {
            slices.put(key(slice), located(slice));
            live.putSlice(located(slice));
        }

        private Ruleset anew() {
            List<ServiceEndpoints> proxied = ProxiedServices.of(cluster(), config.nodeName(), family);
            return config.mode() == Mode.IPTABLES
                    ? KubeProxyWriter.write(config, family, proxied).ruleset()
                    : KubeProxyNftWriter.write(config, family, proxied).ruleset();
        }

        private void compare(int step) {
            Ruleset rules = anew();
            Table table = live.table();
            Table rebuilt = TableCompiler.compile(List.of(rules), network);
            ChainWalker walker = new ChainWalker(rules, network);
            RandomPackets random =
                    new RandomPackets(draws.upTo(1 << 20), new RandomCluster(cluster(), config, family), false);
            List<PacketDescription> packets = IntStream.range(0, PACKETS)
                    .mapToObj(i -> description(random.next()))
                    .toList();
            for (PacketDescription packet : packets) {
                String about = "seed %d, step %d: %s".formatted(seed, step, packet);
                PacketKey key = Distribution.key(packet);
                Map<String, Double> now = Distribution.of(table, key, Distribution.FRESH);
                assertThat(now).as(about).isEqualTo(Distribution.of(rebuilt, key, Distribution.FRESH));
                assertThat(Fates.agree(Distribution.of(walker.walk(packet)), now))
                        .as(about)
                        .isTrue();
                assertThat(asked(table, key)).as(about).isEqualTo(asked(rebuilt, key));
                key.state = draws.any(PacketKey.ESTABLISHED, PacketKey.RELATED, PacketKey.INVALID);
                assertThat(Distribution.of(table, key, Distribution.FRESH))
                        .as(about)
                        .isEqualTo(Distribution.of(rebuilt, key, Distribution.FRESH));
            }
            assertThat(table.acceptsEstablished()).isEqualTo(rebuilt.acceptsEstablished());
        }

        private static PacketDescription description(Packet packet) {
            return PacketDescription.first(
                            packet.protocol().number(), packet.source(), 40_000, packet.destination(), packet.port())
                    .withInterfaces(Optional.of(packet.inInterface()), Optional.empty());
        }

        /** Everything else that a table says of a destination. */
        private static List<Boolean> asked(Table table, PacketKey key) {
            return Stream.of(
                            table.isServiceAddress(
                                    key.destinationHigh, key.destinationLow, key.protocol, key.destinationPort),
                            table.isEndpoint(
                                    key.destinationHigh, key.destinationLow, key.protocol, key.destinationPort),
                            table.dependsOnRecent(
                                    key.destinationHigh, key.destinationLow, key.protocol, key.destinationPort))
                    .toList();
        }
    }
}
