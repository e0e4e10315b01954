package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.nat.Shards;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The table of {@code frames.txt}: frames in, frames out byte for byte, or the reason why not, through the whole pipeline
 * with the rules that {@code frames.yaml} compiles to.
 *
 * <pre>
 * case DESCRIPTION
 *   capture node|client    (node)      checksum trust|verify|fill  (trust)
 *   mtu BYTES              of the link by which frames leave (no limit)
 *   at SECONDS             the frames after it arrive then
 *   > FRAME [cut N]        arrives, cut to N bytes
 *   &lt; FRAME [cut N]        leaves because of the frame before it; all that leave are named, in order
 *   ! REASON               the frame before it, or one that waited, is dropped (REJECT: refused with an error)
 * </pre>
 *
 * PORT in a frame that leaves stands for a source port that was chosen in the place of 40000, and in later frames for the
 * same one.
 */
class PipelineTableTest {
    private static final TestNode.Rules RULES = TestNode.rulesOf("frames.yaml", "n1");

    private record Case(String description, List<String> lines) {}

    @TestFactory
    Stream<DynamicTest> table() throws IOException {
        return cases().stream().map(row -> DynamicTest.dynamicTest(row.description, () -> check(row)));
    }

    private static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        try (var in = PipelineTableTest.class.getResourceAsStream("frames.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (line.startsWith("case ")) {
                    cases.add(new Case(line.substring(5), new ArrayList<>()));
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    cases.getLast().lines.add(line.strip());
                }
            }
        }
        return cases;
    }

    private static void check(Case row) {
        CapturePoint capturePoint = row.lines.contains("capture client") ? CapturePoint.CLIENT : CapturePoint.NODE;
        ChecksumMode mode = row.lines.contains("checksum verify")
                ? ChecksumMode.VERIFY
                : row.lines.contains("checksum fill") ? ChecksumMode.FILL : ChecksumMode.TRUST;
        try (TestNode node = TestNode.withMtu(RULES, capturePoint, mode, mtuBytes(row.lines))) {
            new Player(node).play(row.lines);
            node.finish();
            assertThat(node.counters.isConserved()).as("conservation").isTrue();
        }
    }

    private static int mtuBytes(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("mtu "))
                .mapToInt(line -> Integer.parseInt(line.substring(4)))
                .findFirst()
                .orElse(PipelineConfig.ANY_MTU);
    }

    @Test
    @DisplayName("a UDP checksum that comes to 0 is sent as 0xffff")
    void zeroSum() {
        try (TestNode node = new TestNode(RULES, CapturePoint.NODE, ChecksumMode.TRUST)) {
            int found = 0;
            for (int port = 1024; port < 65_536 && found == 0; port++) {
                byte[] expected = FrameText.frame("udp 10.9.0.5:" + port + " > 10.244.1.2:5353 \"query\" ttl 63");
                if (ByteBuffer.wrap(expected).getShort(40) == -1) {
                    assertThat(node.send("udp 10.9.0.5:" + port + " > 10.96.0.11:53 \"query\"")
                                    .getFirst()
                                    .frame())
                            .isEqualTo(expected);
                    found = port;
                }
            }
            assertThat(found).as("a port with that sum").isPositive();
        }
    }

    @Test
    @DisplayName("what is not IP is not touched")
    void notIp() {
        byte[] arp = HexFormat.of()
                .parseHex("ffffffffffff02000000000108060001080006040001020000000001" + "0a0900050000000000000a600010");
        try (TestNode node = new TestNode(RULES, CapturePoint.NODE, ChecksumMode.TRUST)) {
            assertThat(node.send(arp, arp.length, 0).getFirst().frame()).isEqualTo(arp);
            assertThat(node.counters.forwarded).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("a client with session affinity stays with its endpoint until it was quiet for the timeout")
    void affinity() {
        try (TestNode node = new TestNode(RULES, CapturePoint.NODE, ChecksumMode.TRUST)) {
            int moved = 0;
            for (int client = 1; client <= 20; client++) {
                long beginSeconds = 1_000L * client;
                int endpoint = sticky(node, client, 1, beginSeconds);
                for (int flow = 2; flow < 30; flow++) {
                    assertThat(sticky(node, client, flow, beginSeconds + 3L * flow))
                            .isEqualTo(endpoint);
                }
                assertThat(sticky(node, client, 30, beginSeconds + 87 + 99))
                        .as("renewed")
                        .isEqualTo(endpoint);
                moved += sticky(node, client, 31, beginSeconds + 87 + 99 + 101) == endpoint ? 0 : 1;
            }
            assertThat(moved)
                    .as("of 20 clients with 16 endpoints each, those that got another")
                    .isBetween(12, 20);
        }
    }

    private static int sticky(TestNode node, int client, int flow, long atSeconds) {
        byte[] syn = FrameText.frame("tcp 10.9.0." + client + ":" + (2_000 + flow) + " > 10.96.0.30:80 S");
        int endpoint = node.send(syn, syn.length, TimeUnit.SECONDS.toNanos(atSeconds))
                .getFirst()
                .endpointId();
        assertThat(node.tables.get().serviceOf(endpoint).name()).isEqualTo("d/sticky:p");
        return endpoint;
    }

    private static final class Player {
        private final TestNode node;
        private final Map<String, Long> refused = new TreeMap<>();
        private List<TestNode.Out> outs = List.of();
        private String sent = "";
        private long atNs;
        private int port = -1;

        Player(TestNode node) {
            this.node = node;
        }

        void play(List<String> lines) {
            for (String line : lines) {
                String text = line.substring(1).strip();
                switch (line.split(" ")[0]) {
                    case ">" -> send(text);
                    case "<" -> leaves(text);
                    case "!" -> refused.merge(text, 1L, Long::sum);
                    case "at" -> atNs = TimeUnit.SECONDS.toNanos(Long.parseLong(line.split(" ")[1]));
                    case "capture", "checksum", "mtu" -> {}
                    default -> throw new IllegalArgumentException(line);
                }
            }
            nothingElse();
        }

        private void send(String line) {
            nothingElse();
            String text = line.replace("PORT", Integer.toString(port));
            sent = text;
            byte[] frame = FrameText.frame(text);
            outs = new ArrayList<>(node.send(frame, captured(text, frame), atNs));
        }

        private void leaves(String line) {
            assertThat(outs)
                    .as("frames out after " + sent + ", refused " + node.refused())
                    .isNotEmpty();
            TestNode.Out out = outs.removeFirst();
            if (line.contains("PORT") && port < 0) {
                port = ByteBuffer.wrap(out.frame()).getShort(34) & 0xffff;
                assertThat(port).as("the port chosen").isNotEqualTo(40_000).isBetween(1024, 65_535);
                assertThat(port % Shards.COUNT).as("its shard").isEqualTo(40_000 % Shards.COUNT);
            }
            String text = line.replace("PORT", Integer.toString(port));
            byte[] expected = FrameText.frame(text);
            byte[] there = Arrays.copyOf(expected, captured(text, expected));
            assertThat(hex(out.frame())).as(sent + "\nleaves as\n" + text).isEqualTo(hex(there));
            assertThat(out.original()).as("length on the wire").isEqualTo(expected.length);
        }

        private void nothingElse() {
            assertThat(outs.stream().map(out -> hex(out.frame())))
                    .as("more out after " + sent)
                    .isEmpty();
            assertThat(node.refused()).as("refused up to " + sent).isEqualTo(refused);
        }

        private static int captured(String text, byte[] frame) {
            int cut = text.lastIndexOf(" cut ");
            return cut < 0
                    ? frame.length
                    : Integer.parseInt(text.substring(cut + 5).strip());
        }

        private static String hex(byte[] frame) {
            return HexFormat.ofDelimiter(" ").formatHex(frame);
        }
    }
}
