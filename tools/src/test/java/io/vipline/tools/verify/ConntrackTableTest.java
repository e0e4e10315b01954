package io.vipline.tools.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.live.NetworkNamespaces;
import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.chain.KubeProxyRules;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.table.Table;
import io.vipline.tools.compile.CompiledNode;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The stories of {@code conntrack-*.txt}, in Vipline at once, and as root in the kernel, which takes its time: the same
 * packets must come to the same fates and leave the same connections, and what leaves must be the same to the byte.
 */
class ConntrackTableTest {
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;
    private static final Set<IpAddress> PODS = Set.of(
            IpAddress.of("10.244.1.2"),
            IpAddress.of("10.244.1.9"),
            IpAddress.of("fd00:244:1::2"),
            IpAddress.of("fd00:244:1::9"));
    private static final Pattern CONNECTION =
            Pattern.compile("(?<protocol>\\w+ \\d+) (?<seconds>\\d+) (?<state>[A-Z_0-9]+ )?src=.*");

    private static NodeLayout layout;
    private static Table table;
    private static KernelNode kernel;

    @BeforeAll
    static void build() throws IOException {
        Cluster cluster;
        try (var in = ConntrackTableTest.class.getResourceAsStream("conntrack.yaml")) {
            cluster = ClusterLoader.load(
                            List.of(ManifestSource.of(
                                    "conntrack.yaml", new InputStreamReader(in, StandardCharsets.UTF_8))),
                            ClusterSettings.DEFAULT)
                    .cluster();
        }
        ProxyConfig config = KubeProxyConfiguration.none().proxyConfig(cluster, new NodeChoice("here", List.of()));
        layout = new NodeLayout(
                config, NodeNetwork.of(config.localAddresses()), PODS, "pods", NodeLayout.LINK_MTU_BYTES);
        List<Ruleset> rulesets = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            rulesets.add(ruleset(cluster, config, family));
        }
        table = TableCompiler.compile(rulesets, layout.network());
        if (NetworkNamespaces.isAvailable()) {
            kernel = new KernelNode(layout, Sysctls.KUBE_PROXY);
            for (IpFamily family : IpFamily.values()) {
                String restore = family == IpFamily.IPV4 ? "iptables-restore" : "ip6tables-restore";
                kernel.load(text(cluster, config, family), restore, "--noflush");
            }
        }
    }

    private static Ruleset ruleset(Cluster cluster, ProxyConfig config, IpFamily family) {
        KubeProxyRules rules =
                KubeProxyWriter.write(config, family, ProxiedServices.of(cluster, config.nodeName(), family));
        return rules.ruleset();
    }

    private static String text(Cluster cluster, ProxyConfig config, IpFamily family) {
        StringWriter text = new StringWriter();
        PrintWriter printer = new PrintWriter(text);
        new CompiledNode(cluster, config, List.of(family)).printIptables(printer, true);
        printer.flush();
        return text.toString();
    }

    @AfterAll
    static void takeDown() {
        if (kernel != null) {
            kernel.close();
        }
    }

    @TestFactory
    Stream<DynamicTest> inVipline() {
        return cases().map(story -> DynamicTest.dynamicTest(story.name(), () -> play(story, null)));
    }

    @TestFactory
    Stream<DynamicTest> inTheKernel() {
        return kernel == null
                ? Stream.empty()
                : cases().map(story -> DynamicTest.dynamicTest(story.name(), () -> play(story, kernel)));
    }

    @Test
    void everySettingReachesTheKernel() {
        Assumptions.assumeTrue(kernel != null, "needs root and the command ip");
        Sysctls all = Sysctls.KERNEL;
        for (Sysctl sysctl : Sysctl.values()) {
            all = all.with(
                    sysctl,
                    switch (sysctl.unit()) {
                        case SWITCH -> 1 - all.get(sysctl);
                        // kept in the kernel's ticks
                        case MILLISECONDS -> 20 * (7 + sysctl.ordinal());
                        case SECONDS, COUNT, NUMBER, BYTES -> 7 + sysctl.ordinal();
                    });
        }
        kernel.set(all);
        for (Sysctl sysctl : Sysctl.values()) {
            assertThat(kernel.sysctl(sysctl)).as(sysctl.dotted()).isEqualTo(Long.toString(all.get(sysctl)));
        }
    }

    private static Stream<ConntrackTable.Case> cases() {
        return Stream.of("tcp", "nat", "fragments").flatMap(name -> {
            try {
                return ConntrackTable.read("conntrack-" + name + ".txt").stream();
            } catch (IOException e) {
                throw new AssertionError(name, e);
            }
        });
    }

    /** @param beside the kernel's node; null: none, and time is as the table says */
    private static void play(ConntrackTable.Case story, KernelNode beside) throws InterruptedException {
        PacketScript script = new PacketScript(1);
        Sysctls sysctls = story.sysctls().withoutErrorLimits();
        PipelineConfig config = EmulatedNode.config(layout, sysctls, 1);
        if (beside != null) {
            beside.set(sysctls);
            beside.forget();
        }
        try (EmulatedNode vipline = new EmulatedNode(table, layout, config, Verification.Fault.NONE)) {
            long nowNs = BEGIN_NS;
            long beganNs = System.nanoTime();
            for (ConntrackTable.Row row : story.rows()) {
                Arrival arrival = arrival(packet(story, script, row.packet()));
                nowNs += (long) (row.afterSeconds() * 1e9);
                if (beside != null) {
                    TimeUnit.NANOSECONDS.sleep((long) (row.afterSeconds() * 1e9));
                    nowNs = BEGIN_NS + System.nanoTime() - beganNs;
                }
                List<Departure> ours = vipline.pass(arrival, nowNs);
                String what = row.line() + "   (Vipline " + vipline.saidOfLast() + ")";
                check(what, story, row, arrival, ours);
                connections("Vipline: " + row.line(), row, vipline.connections(nowNs), beside == null ? 0 : 1);
                if (beside != null) {
                    List<Departure> theirs = beside.pass(arrival, ours.size());
                    List<String> listed = beside.connections();
                    List<Departure> like = withFreedom(theirs, ours, vipline);
                    check("the kernel: " + row.line(), story, row, arrival, like);
                    connections("the kernel: " + row.line(), row, listed, 2);
                    assertThat(texts(like)).as(row.line()).isEqualTo(texts(ours));
                    assertThat(timeless(vipline.connections(nowNs)))
                            .as(row.line())
                            .isEqualTo(timeless(listed));
                }
            }
        }
    }

    private static byte[] packet(ConntrackTable.Case story, PacketScript script, String text) {
        boolean isTalk = text.startsWith(">") || text.startsWith("<");
        return script.packets(isTalk ? story.talk().packet(text) : text).getFirst();
    }

    private static Arrival arrival(byte[] packet) {
        PacketView view = new PacketView(packet);
        return new Arrival(layout.sideOf(view.source().address()), view.isV4(), packet);
    }

    private static void check(
            String what, ConntrackTable.Case story, ConntrackTable.Row row, Arrival arrival, List<Departure> left) {
        switch (row.fate()) {
            case "dropped", "waits" -> assertThat(hex(left)).as(what).isEmpty();
            case "answered" -> {
                assertThat(left).as(what).hasSize(1);
                PacketView answer = new PacketView(left.getFirst().packet());
                assertThat(answer.isIcmpError()).as(what).isTrue();
                assertThat(answer.destination().address())
                        .as(what)
                        .isEqualTo(new PacketView(arrival.packet()).source().address());
            }
            case "passes" -> assertThat(hex(left)).as(what).isEqualTo(List.of(expected(story, row, arrival)));
            default -> {
                if (!row.fate().startsWith("as ")) {
                    throw new IllegalArgumentException(row.line());
                }
                List<String> expected = Arrays.stream(row.fate().substring(3).split("&"))
                        .map(text -> hex(likeThat(text.strip(), arrival.packet())))
                        .toList();
                assertThat(hex(left)).as(what).isEqualTo(expected);
            }
        }
    }

    /** As it came, one hop on, or as the other one hears it. */
    private static String expected(ConntrackTable.Case story, ConntrackTable.Row row, Arrival arrival) {
        boolean isTalk = row.packet().startsWith(">") || row.packet().startsWith("<");
        if (isTalk) {
            return hex(likeThat(story.talk().heard(row.packet()), arrival.packet()));
        }
        return hex(likeThat("ttl 63 " + row.packet(), arrival.packet()));
    }

    /** A packet with the IPv4 identification of another one, unless the text gives it. */
    private static byte[] likeThat(String text, byte[] other) {
        boolean isV4 = other[0] >> 4 == 4;
        int id = isV4 ? (other[4] & 0xff) << 8 | other[5] & 0xff : 0;
        return new PacketScript(id).packets(text).getFirst();
    }

    private static List<String> hex(List<Departure> departures) {
        return departures.stream().map(departure -> hex(departure.packet())).toList();
    }

    private static String hex(byte[] packet) {
        return PacketText.line(packet) + " " + HexFormat.of().formatHex(packet);
    }

    /** The kernel's packets, but for what it is free to choose. */
    private static List<Departure> withFreedom(List<Departure> theirs, List<Departure> ours, EmulatedNode vipline) {
        List<Departure> like = new ArrayList<>(theirs);
        for (int i = 0; i < Math.min(theirs.size(), ours.size()); i++) {
            Departure departure = theirs.get(i);
            byte[] packet = Freedom.take(departure.packet(), ours.get(i).packet(), vipline.isGenerated(i));
            like.set(i, new Departure(departure.side(), packet));
        }
        return like;
    }

    private static List<String> texts(List<Departure> departures) {
        return departures.stream()
                .map(departure -> departure.side() + " " + hex(departure.packet()))
                .toList();
    }

    /** @param slackSeconds by which a connection may be older than the table says, for a node that takes its time */
    private static void connections(String what, ConntrackTable.Row row, List<String> listed, int slackSeconds) {
        if (row.connections().isEmpty()) {
            return;
        }
        List<String> expected = row.connections().stream()
                .filter(text -> !text.equals("none"))
                .sorted()
                .toList();
        List<String> found = new ArrayList<>();
        for (String line : listed) {
            String said = said(line);
            // where seconds are a little less than the table's they are taken for those
            for (String text : expected) {
                int seconds = Integer.parseInt(text.replaceFirst("^(?:[A-Z_0-9]+ )?(\\d+).*", "$1"));
                for (int late = 0; late <= slackSeconds; late++) {
                    said = said.replaceFirst("(?<=^| )" + (seconds - late) + "(?= |$)", Integer.toString(seconds));
                }
            }
            found.add(said);
        }
        assertThat(found.stream().sorted().toList()).as(what + "\n" + listed).isEqualTo(expected);
    }

    /** State, seconds and flags of a line of conntrack(8). */
    private static String said(String line) {
        Matcher parts = CONNECTION.matcher(line.replaceAll("\\s+", " ").strip());
        if (!parts.matches()) {
            throw new AssertionError(line);
        }
        String state = parts.group("state") == null ? "" : parts.group("state");
        String unreplied = line.contains("[UNREPLIED]") ? " UNREPLIED" : "";
        return state + parts.group("seconds") + unreplied + (line.contains("[ASSURED]") ? " ASSURED" : "");
    }

    /** All but the seconds, and what the kernel has beside. */
    private static List<String> timeless(List<String> lines) {
        return lines.stream()
                .map(line -> line.replaceAll("\\s+", " ")
                        .replaceFirst("^(\\w+ \\d+) \\d+", "$1")
                        .replaceAll(" (mark|use|secctx)=\\S+", "")
                        .strip())
                .sorted()
                .toList();
    }
}
