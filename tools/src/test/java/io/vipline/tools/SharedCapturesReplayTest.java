package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.tools.CapturedFrames.Frame;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Captures made by others, through Services made for the servers in them: their addresses become external IPs. Nothing
 * crashes, every frame is accounted for, and what a server answered comes out as its client saw it.
 */
class SharedCapturesReplayTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    private record Server(String address, int port, String protocol) {}

    @TestFactory
    Stream<DynamicTest> everyCaptureIsReplayedAtBothCapturePoints() throws IOException {
        Path captures = Path.of(System.getProperty("vipline.shared", "../../shared"), "captures");
        Assumptions.assumeTrue(Files.isDirectory(captures), () -> "needs " + captures + ", not on this machine");
        List<Path> files;
        try (Stream<Path> all = Files.walk(captures)) {
            files = all.filter(file -> file.toString().matches(".*\\.pcap(ng)?"))
                    .sorted()
                    .toList();
        }
        assertThat(files).isNotEmpty();
        return files.stream()
                .flatMap(file -> Stream.of("client", "node")
                        .map(point -> DynamicTest.dynamicTest(
                                captures.relativize(file) + " at the " + point, () -> check(file, point))));
    }

    private void check(Path capture, String point) throws IOException {
        List<Frame> frames = CapturedFrames.read(capture);
        Set<Server> servers = servers(frames);
        Path manifests = Files.writeString(Files.createTempFile(folder, "m", ".yaml"), manifests(servers));
        Path output = Files.createTempFile(folder, "out", ".pcapng");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                "replay",
                "-f",
                manifests.toString(),
                capture.toString(),
                "-w",
                output.toString(),
                "--capture-point",
                point,
                "-o",
                "json");
        assertThat(exitCode).as(err.toString()).isIn(ExitCode.OK, ExitCode.BAD_INPUT);
        JsonNode summary = MAPPER.readTree(out.toString());
        assertThat(summary.path("frames").asLong()).isEqualTo(frames.size()).isEqualTo(accountedFor(summary));
        boolean isWhole = summary.path("forwarded").asInt() == frames.size()
                && summary.path("generated").isEmpty()
                && summary.path("inexactClientReplies").isEmpty();
        // what conntrack calls INVALID for its lengths belongs to no conversation
        boolean isMalformed = capture.getParent().endsWith("malformed");
        if (point.equals("client") && isWhole && !isMalformed) {
            compare(frames, CapturedFrames.read(output), servers);
        }
    }

    private static long accountedFor(JsonNode summary) {
        long sum = summary.path("forwarded").asLong() + summary.path("rejected").asLong();
        for (JsonNode count : summary.path("dropped")) {
            sum += count.asLong();
        }
        for (JsonNode count : summary.path("consumed")) {
            sum += count.asLong();
        }
        return sum;
    }

    /** Answers come out as captured; requests change in addresses, ports, TTL and checksums only. */
    private static void compare(List<Frame> in, List<Frame> out, Set<Server> servers) throws IOException {
        assertThat(out).hasSameSizeAs(in);
        for (int i = 0; i < in.size(); i++) {
            DecodedFrame frame = in.get(i).decoded();
            if (!frame.isIp() || frame.isFragment() || !frame.hasPorts()) {
                continue;
            }
            boolean isAnswer = servers.contains(server(frame, true)) && !servers.contains(server(frame, false));
            byte[] left = out.get(i).bytes();
            if (isAnswer) {
                assertThat(left)
                        .as("frame %d, an answer", i + 1)
                        .isEqualTo(in.get(i).bytes());
            } else {
                assertThat(out.get(i).decoded().withoutNat(false))
                        .as("frame %d, a request", i + 1)
                        .isEqualTo(frame.withoutNat(false));
            }
        }
    }

    private static Server server(DecodedFrame frame, boolean isSource) throws IOException {
        byte[] address = isSource ? frame.source() : frame.destination();
        String protocol =
                frame.protocol() == DecodedFrame.TCP ? "TCP" : frame.protocol() == DecodedFrame.UDP ? "UDP" : "SCTP";
        return new Server(
                InetAddress.getByAddress(address).getHostAddress(),
                isSource ? frame.sourcePort() : frame.destinationPort(),
                protocol);
    }

    /** The side with the lower port serves. */
    private static Set<Server> servers(List<Frame> frames) throws IOException {
        Set<Server> servers = new LinkedHashSet<>();
        for (Frame captured : frames) {
            DecodedFrame frame = captured.decoded();
            if (frame.isIp() && !frame.isFragment() && frame.hasPorts()) {
                Server server = server(frame, frame.sourcePort() < frame.destinationPort());
                if (server.port() > 0) {
                    servers.add(server);
                }
            }
        }
        return servers;
    }

    private static String manifests(Set<Server> servers) {
        StringBuilder text = new StringBuilder("apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n");
        int number = 1;
        for (Server server : servers) {
            boolean isV6 = server.address().contains(":");
            String family = isV6 ? "IPv6" : "IPv4";
            String clusterIp = isV6
                    ? "fd00:10:96::" + Integer.toHexString(number)
                    : "10.96." + number / 250 + "." + (number % 250 + 1);
            String endpoint = isV6
                    ? "fd00:10:244::" + Integer.toHexString(number)
                    : "10.244." + number / 250 + "." + (number % 250 + 1);
            text.append("""
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: s%1$d}
                    spec:
                      clusterIP: "%2$s"
                      clusterIPs: ["%2$s"]
                      ipFamilies: [%3$s]
                      externalIPs: ["%4$s"]
                      ports: [{name: p, port: %5$d, protocol: %6$s, targetPort: 8080}]
                    ---
                    apiVersion: discovery.k8s.io/v1
                    kind: EndpointSlice
                    metadata: {name: s%1$d-1, labels: {kubernetes.io/service-name: s%1$d}}
                    addressType: %3$s
                    ports: [{name: p, port: 8080, protocol: %6$s}]
                    endpoints: [{addresses: ["%7$s"]}]
                    """.formatted(
                            number, clusterIp, family, server.address(), server.port(), server.protocol(), endpoint));
            number++;
        }
        return text.toString();
    }
}
