package io.vipline.tools.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.live.NetworkNamespaces;
import io.vipline.rules.net.IpAddress;
import io.vipline.tools.CapturedFrames;
import io.vipline.tools.CapturedFrames.Frame;
import io.vipline.tools.Vipline;
import io.vipline.tools.verify.PacketScript.Case;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The kernel of this machine as three nodes, and Vipline's {@code replay --all-nodes}: the packets of nodes.txt. */
class KernelClusterTest {
    private static final int NODES = 3;
    private static final int FLOWS = 500;
    private static final int LINK_BYTES = 14;
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path folder;

    private static Path manifests;
    private static Path config;
    private static KernelCluster kernel;

    /** A packet that is sent, and what Vipline does. @param node that is sent it */
    private record Sent(byte[] packet, int place, int node, List<Left> left) {}

    private record Left(int node, boolean isMade, byte[] packet) {}

    @BeforeAll
    static void build() throws IOException {
        assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the command ip");
        manifests = Files.writeString(folder.resolve("nodes.yaml"), resource("nodes.yaml"));
        config = Files.writeString(folder.resolve("config.yaml"), """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                clusterCIDR: 10.244.0.0/16,fd00:244::/32
                """);
        kernel = cluster("");
    }

    /** @param leftOut rules that end so are not loaded; empty: all are */
    private static KernelCluster cluster(String leftOut) {
        KernelCluster cluster = new KernelCluster(NODES);
        for (int node = 1; node <= NODES; node++) {
            cluster.load(node, without(leftOut, rules(node, "IPv4")), "iptables-restore");
            cluster.load(node, without(leftOut, rules(node, "IPv6")), "ip6tables-restore");
        }
        return cluster;
    }

    private static String without(String end, String rules) {
        return rules.lines()
                        .filter(line -> end.isEmpty() || !line.endsWith(end))
                        .collect(Collectors.joining("\n"))
                + "\n";
    }

    private static String rules(int node, String family) {
        return vipline("compile", "--with-jumps", "-o", "iptables", "--ip-family", family, "--node", "node-" + node);
    }

    @AfterAll
    static void takeDown() {
        if (kernel != null) {
            kernel.close();
        }
    }

    @TestFactory
    Stream<DynamicTest> theKernelsNodesDoTheSame() throws IOException {
        return PacketScript.cases(resource("nodes.txt")).stream()
                .map(one -> DynamicTest.dynamicTest(one.name(), () -> {
                    int left = compare(one, kernel);
                    assertThat(left).as("packets that left").isPositive();
                }));
    }

    /** Conversations of clients and pods with node ports and cluster IPs, all at once. */
    @Test
    void theKernelsNodesDoTheSameToManyFlows() throws IOException {
        Random random = new Random(7);
        List<String> lines = new ArrayList<>();
        for (int flow = 0; flow < FLOWS; flow++) {
            int from = random.nextInt(NODES + 1);
            int asked = random.nextInt(NODES + 1);
            int port = 20_000 + flow;
            String client = (from == 0 ? "203.0.113.8:" : "10.244." + from + ".7:") + port;
            String service = asked == 0 ? "10.96.0.10:53" : "192.168.0." + asked + ":30053";
            // who asks a cluster IP from outside is sent to the first node, and masqueraded there; a pod is not
            boolean isMasqueraded = asked > 0 || from == 0;
            String seen = isMasqueraded ? "192.168.0." + Math.max(asked, 1) + ":" + port : client;
            for (int i = 0; i < 2; i++) {
                lines.add("udp " + client + " > " + service + " " + random.nextInt(1400));
                lines.add("udp 10.244.2.2:5353 > " + seen + " " + random.nextInt(1400));
            }
        }
        int left = compare(new Case("many flows", interleaved(lines, random)), kernel);
        assertThat(left).isEqualTo(lines.size());
    }

    /** Each conversation, four lines, keeps its order. */
    private static List<String> interleaved(List<String> lines, Random random) {
        List<Integer> order = new ArrayList<>(
                IntStream.range(0, lines.size()).map(line -> line / 4).boxed().toList());
        Collections.shuffle(order, random);
        int[] said = new int[lines.size() / 4];
        return order.stream().map(flow -> lines.get(flow * 4 + said[flow]++)).toList();
    }

    @Test
    void aMasqueradeLeftOutIsFound() throws IOException {
        Case first = PacketScript.cases(resource("nodes.txt")).getFirst();
        try (KernelCluster faulty = cluster("-j MASQUERADE")) {
            assertThatThrownBy(() -> compare(first, faulty))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("203.0.113.9:40000");
        }
    }

    /** @return how many packets left */
    private static int compare(Case one, KernelCluster cluster) throws IOException {
        List<String> lines = new ArrayList<>();
        PacketScript script = new PacketScript(100);
        List<byte[]> packets = new ArrayList<>();
        for (String line : one.lines()) {
            for (byte[] packet : script.packets(line)) {
                packets.add(packet);
                lines.add(line);
            }
        }
        List<Sent> all = vipline(packets);
        for (int i = 0; i < all.size(); i++) {
            Sent sent = all.get(i);
            List<KernelCluster.Packet> arrived = cluster.send(sent.place, sent.node, sent.packet, sent.left.size());
            assertThat(texts(arrived, sent.left)).as(lines.get(i)).isEqualTo(texts(sent.left));
        }
        return all.stream().mapToInt(sent -> sent.left.size()).sum();
    }

    /** What arrived from the kernel, with the freedoms of Vipline. */
    private static List<String> texts(List<KernelCluster.Packet> arrived, List<Left> left) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < arrived.size(); i++) {
            KernelCluster.Packet packet = arrived.get(i);
            Left other = i < left.size() ? left.get(i) : new Left(0, false, new byte[0]);
            texts.add(text(packet.place(), packet.node(), Freedom.take(packet.bytes(), other.packet, other.isMade)));
        }
        return texts;
    }

    private static List<String> texts(List<Left> left) {
        return left.stream()
                .map(one ->
                        text(placeOf(new PacketView(one.packet).destination().address()), one.node, one.packet))
                .toList();
    }

    private static String text(int place, int node, byte[] packet) {
        String to = place == KernelCluster.CLIENTS ? "a client" : "a pod of node-" + place;
        return "from node-" + node + " to " + to + "\n  "
                + String.join("\n  ", PacketText.lines(packet)) + "\n  "
                + Arrays.hashCode(packet);
    }

    private static int placeOf(IpAddress address) {
        String text = address.toString();
        for (int node = 1; node <= NODES; node++) {
            if (text.startsWith("10.244." + node + ".") || text.startsWith("fd00:244:" + node + ":")) {
                return node;
            }
        }
        return KernelCluster.CLIENTS;
    }

    private static List<Sent> vipline(List<byte[]> packets) throws IOException {
        Path output = folder.resolve("out.pcap");
        String capture = capture(packets);
        List<String> ways = vipline(
                        "replay",
                        "--all-nodes",
                        "--trace",
                        "-o",
                        "json",
                        "--checksum",
                        "verify",
                        "-w",
                        output.toString(),
                        capture)
                .lines()
                .toList();
        List<Frame> written = CapturedFrames.read(output);
        List<Sent> all = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < packets.size(); i++) {
            JsonNode way = JSON.readTree(ways.get(i)).get("way");
            List<Left> left = new ArrayList<>();
            for (JsonNode step : way) {
                if (step.hasNonNull("packet") && !step.hasNonNull("next")) {
                    byte[] frame = written.get(next++).bytes();
                    byte[] packet = Arrays.copyOfRange(frame, LINK_BYTES, frame.length);
                    left.add(new Left(number(step), isMadeOnTheWay(way), packet));
                }
            }
            int place = placeOf(new PacketView(packets.get(i)).source().address());
            all.add(new Sent(packets.get(i), place, place > 0 ? place : number(way.get(0)), left));
        }
        assertThat(next).as("frames written").isEqualTo(written.size());
        return all;
    }

    private static String capture(List<byte[]> packets) throws IOException {
        List<Frame> frames = new ArrayList<>();
        for (byte[] packet : packets) {
            ByteBuffer frame = ByteBuffer.allocate(LINK_BYTES + packet.length);
            frame.putLong(0x0200_0000_0001_0200L).putInt(2);
            frame.putShort((short) (packet[0] >> 4 == 4 ? 0x0800 : 0x86dd)).put(packet);
            frames.add(new Frame(frame.array(), frame.capacity(), BEGIN_NS + frames.size(), LinkType.ETHERNET));
        }
        Path capture = folder.resolve("in.pcap");
        CapturedFrames.write(capture, frames);
        return capture.toString();
    }

    private static boolean isMadeOnTheWay(JsonNode way) {
        for (JsonNode step : way) {
            if (step.get("fate").asText().equals("answers")) {
                return true;
            }
        }
        return false;
    }

    private static int number(JsonNode step) {
        return Integer.parseInt(step.get("station").asText().substring("node-".length()));
    }

    private static String vipline(String verb, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of(verb, "-f", manifests.toString(), "--config", config.toString()));
        arguments.addAll(List.of(more));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(new PrintWriter(out), new PrintWriter(err), arguments.toArray(String[]::new));
        assertThat(exitCode).as(err.toString()).isZero();
        return out.toString();
    }

    private static String resource(String name) throws IOException {
        try (var in = KernelClusterTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
