package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.tools.CaptureServers.Server;
import io.vipline.tools.CapturedFrames.Frame;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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
        Set<Server> servers = CaptureServers.in(frames);
        Path manifests =
                Files.writeString(Files.createTempFile(folder, "m", ".yaml"), CaptureServers.manifests(servers));
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
            boolean isAnswer = servers.contains(CaptureServers.server(frame, true))
                    && !servers.contains(CaptureServers.server(frame, false));
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
}
