package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.tools.CapturedFrames.Frame;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code replay --all-nodes}: ways.txt says which frames, and where they go. */
class ClusterReplayTest {
    private static final Path SHOP = Path.of("examples", "shop.yaml");
    private static final Pattern UDP = Pattern.compile("udp ([\\d.]+):(\\d+) > ([\\d.]+):(\\d+)(?: ttl (?<ttl>\\d+))?");
    private static final Pattern ERROR = Pattern.compile("error \\{(.*)\\}");
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();

    private record Case(String name, List<String> frames, String ways) {}

    @TestFactory
    Stream<DynamicTest> framesGoTheirWays() throws IOException {
        Path cluster = folder.resolve("three-nodes.yaml");
        Files.writeString(cluster, resource("three-nodes.yaml"));
        return cases().map(one -> DynamicTest.dynamicTest(one.name, () -> {
            Path capture = folder.resolve("in.pcap");
            List<Frame> frames = new ArrayList<>();
            for (String text : one.frames) {
                frames.add(frame(text, frames.size()));
            }
            CapturedFrames.write(capture, frames);
            String traced = run("replay", "-f", cluster.toString(), capture.toString(), "--all-nodes", "--trace");
            assertThat(traced.substring(0, traced.indexOf("FRAMES")).strip()).isEqualTo(one.ways);
        }));
    }

    private static Stream<Case> cases() throws IOException {
        return Arrays.stream(resource("ways.txt").split("(?m)^== ")).skip(1).map(text -> {
            List<String> lines = text.lines().toList();
            int ways = Math.max(lines.indexOf("--"), 0);
            List<String> frames = lines.subList(1, ways).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
            return new Case(
                    lines.getFirst(),
                    frames,
                    String.join("\n", lines.subList(ways + 1, lines.size())).strip());
        });
    }

    private static String resource(String name) throws IOException {
        try (var in = ClusterReplayTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Frame frame(String text, int index) throws IOException {
        Matcher error = ERROR.matcher(text);
        if (error.matches()) {
            return MixedTraffic.error(frame(error.group(1), index));
        }
        Matcher udp = UDP.matcher(text);
        assertThat(udp.matches()).as(text).isTrue();
        int ttl = udp.group("ttl") == null ? 64 : Integer.parseInt(udp.group("ttl"));
        ByteBuffer frame = ByteBuffer.allocate(60);
        frame.putLong(0x0200_0000_0001_0200L).putInt(2).putShort((short) 0x0800);
        frame.putShort((short) 0x4500)
                .putShort((short) 36)
                .putInt(0x0001_4000)
                .put((byte) ttl)
                .put((byte) 17);
        frame.putShort((short) 0).put(InetAddress.getByName(udp.group(1)).getAddress());
        frame.put(InetAddress.getByName(udp.group(3)).getAddress());
        frame.putShort((short) Integer.parseInt(udp.group(2))).putShort((short) Integer.parseInt(udp.group(4)));
        frame.putShort((short) 16);
        int sum = 0;
        for (int at = 14; at < 34; at += 2) {
            sum += frame.getShort(at) & 0xffff;
        }
        frame.putShort(24, (short) ~(sum % 0xffff));
        return new Frame(frame.array(), 60, BEGIN_NS + index, LinkType.ETHERNET);
    }

    /** With one node left, all clients of a balanced address come by that one. */
    @ParameterizedTest(name = "a node with {0} gets nothing of a load balancer")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "a label     | labels: {node.kubernetes.io/exclude-from-external-load-balancers: ''}",
                "a deletion  | deletionTimestamp: '2026-01-01T00:00:00Z'",
                "a taint     | taints",
                "nothing     | "
            })
    void nodesThatLoadBalancersPassBy(String what, String metadata) throws IOException {
        String nodes = resource("three-nodes.yaml").replace(", ipMode: Proxy", "");
        if ("taints".equals(metadata)) {
            String taint = "taints: [{key: ToBeDeletedByClusterAutoscaler, effect: NoSchedule}], ";
            nodes = nodes.replaceAll("(name: node-[ab]}, spec: \\{)", "$1" + taint);
        } else if (metadata != null) {
            nodes = nodes.replaceAll("(name: node-[ab])}", "$1, " + metadata + "}");
        }
        Path cluster = Files.writeString(folder.resolve("leaving.yaml"), nodes);
        Path capture = folder.resolve("in.pcap");
        List<Frame> frames = new ArrayList<>();
        for (int client = 0; client < 60; client++) {
            frames.add(frame("udp 203.0.113.9:" + (40_000 + client) + " > 192.0.2.20:80", client));
        }
        CapturedFrames.write(capture, frames);
        String traced = run("replay", "-f", cluster.toString(), capture.toString(), "--all-nodes", "--trace");
        Set<String> translators = traced.lines()
                .filter(line -> line.contains("DNAT default/proxied"))
                .map(line -> line.strip().split(" ")[0])
                .collect(Collectors.toSet());
        assertThat(translators).isEqualTo(metadata == null ? Set.of("node-a", "node-b", "node-c") : Set.of("node-c"));
    }

    /** A client's capture through the cluster: what clients see of it is what they saw. */
    @Test
    void answersComeOutAsTheyWereCaptured() throws IOException {
        Path capture = folder.resolve("clients.pcap");
        Path output = folder.resolve("out.pcap");
        run("generate", "-f", SHOP.toString(), "-w", capture.toString(), "--packets", "2000", "--flows", "300");
        JsonNode summary = summary(capture, output);

        assertThat(summary.get("frames").asLong()).isEqualTo(2000);
        assertThat(summary.get("dropped").isEmpty()).as(summary.toString()).isTrue();
        assertThat(summary.get("hops").asLong()).isGreaterThan(100);
        List<String> left = CapturedFrames.read(output).stream()
                .map(frame -> hex(frame.bytes()))
                .toList();
        List<Frame> answers = CapturedFrames.read(capture).stream()
                .filter(frame -> frame.decoded().isIp() && isFromService(frame))
                .toList();
        assertThat(answers.size()).isGreaterThan(200);
        assertThat(left)
                .containsAll(answers.stream().map(frame -> hex(frame.bytes())).toList());
    }

    private static boolean isFromService(Frame frame) {
        int network = frame.decoded().network();
        byte[] bytes = frame.bytes();
        // 10.96.0.0/12, where shop.yaml's cluster IPs are
        return frame.decoded().isV4() && bytes[network + 12] == 10 && (bytes[network + 13] & 0xf0) == 0x60;
    }

    private static String hex(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }

    @Test
    void oneSeedMakesOneFile() throws IOException {
        Path capture = folder.resolve("clients.pcap");
        run("generate", "-f", SHOP.toString(), "-w", capture.toString(), "--packets", "500", "--flows", "90");

        JsonNode once = summary(capture, folder.resolve("one.pcapng"));
        JsonNode again = summary(capture, folder.resolve("two.pcapng"));

        assertThat(again).isEqualTo(once);
        assertThat(once.get("sha256").isNull()).isFalse();
    }

    private JsonNode summary(Path capture, Path output) throws IOException {
        String out = run(
                "replay",
                "-f",
                SHOP.toString(),
                capture.toString(),
                "--all-nodes",
                "-o",
                "json",
                "-w",
                output.toString());
        return new ObjectMapper().readTree(out);
    }

    private String run(String... arguments) {
        StringWriter out = new StringWriter();
        int exitCode = Vipline.run(new PrintWriter(out), new PrintWriter(err), arguments);
        assertThat(exitCode).as(err.toString()).isEqualTo(ExitCode.OK);
        return out.toString();
    }
}
