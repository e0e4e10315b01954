package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vipline.tools.CapturedFrames.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayTest {
    private static final Path SHOP = Path.of("examples", "shop.yaml");

    @TempDir
    private Path folder;

    private Path input;
    private final StringWriter err = new StringWriter();

    /** What a run printed and returned. */
    private record Ran(int exitCode, String out) {
        JsonNode json() throws IOException {
            return new ObjectMapper().readTree(out);
        }
    }

    @BeforeEach
    void nameInput() {
        input = folder.resolve("in.pcap");
    }

    private Ran run(String... arguments) {
        StringWriter out = new StringWriter();
        int exitCode = Vipline.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Ran(exitCode, out.toString());
    }

    private void generate(Path cluster, String flags) {
        List<String> arguments = new ArrayList<>(List.of("generate", "-f", cluster.toString(), "-w", input.toString()));
        arguments.addAll(List.of(flags.split(" ")));
        assertThat(run(arguments.toArray(String[]::new)).exitCode)
                .as(err.toString())
                .isEqualTo(ExitCode.OK);
    }

    private Ran replay(Path cluster, String flags) {
        List<String> arguments =
                new ArrayList<>(List.of("replay", "-f", cluster.toString(), input.toString(), "-o", "json"));
        arguments.addAll(List.of(flags.split(" ")));
        return run(arguments.toArray(String[]::new));
    }

    private static long sum(JsonNode counts) {
        long sum = 0;
        for (JsonNode count : counts) {
            sum += count.asLong();
        }
        return sum;
    }

    private static void conserved(JsonNode summary) {
        assertThat(summary.get("frames").asLong())
                .as("conservation in " + summary)
                .isEqualTo(summary.get("forwarded").asLong()
                        + summary.get("rejected").asLong()
                        + sum(summary.get("dropped"))
                        + sum(summary.get("consumed")));
    }

    private static void allChecksumsRight(List<Frame> frames) {
        for (int i = 0; i < frames.size(); i++) {
            DecodedFrame frame = frames.get(i).decoded();
            if (frame.isIp()) {
                assertThat(frame.hasRightIpChecksum())
                        .as("IP checksum of frame " + (i + 1))
                        .isTrue();
            }
            if (frame.isJudged()) {
                assertThat(frame.checksumError())
                        .as("checksum of frame " + (i + 1))
                        .isZero();
            }
        }
    }

    @ParameterizedTest(name = "traffic over {0}: conserved, spread over the endpoints, answered by the virtual IP")
    @ValueSource(strings = {"voting-app", "guestbook", "shop"})
    void generatedTraffic(String cluster) throws IOException {
        Path manifest = cluster.equals("shop")
                ? SHOP
                : Path.of(System.getProperty("vipline.shared"), "clusters", cluster + ".yaml");
        Assumptions.assumeTrue(Files.exists(manifest), manifest + " is not there");
        generate(manifest, "--flows 2000 --nodes 3");
        Path output = folder.resolve("out.pcapng");
        Ran ran = replay(manifest, "--nodes 3 -w " + output);
        assertThat(ran.exitCode).as(err.toString()).isEqualTo(ExitCode.OK);
        JsonNode summary = ran.json();
        conserved(summary);
        assertThat(summary.get("services")).isNotEmpty();
        for (JsonNode service : summary.get("services")) {
            // a client with session affinity brings all its flows to one endpoint
            if (!service.get("service").asText().equals("default/cart:http")) {
                assertThat(service.get("pValue").asDouble())
                        .as(service.toString())
                        .isGreaterThanOrEqualTo(0.001);
            }
            for (JsonNode endpoint : service.get("endpoints")) {
                assertThat(endpoint.get("flows").asLong())
                        .as(service.toString())
                        .isPositive();
            }
        }
        List<Frame> in = CapturedFrames.read(input);
        List<Frame> out = CapturedFrames.read(output);
        allChecksumsRight(out);
        answersComeFromTheVirtualIp(in, out);
    }

    /** What comes out was captured as it is, an answer, or goes on to an endpoint, or is an error that we made. */
    private static void answersComeFromTheVirtualIp(List<Frame> in, List<Frame> out) {
        Set<String> called = new HashSet<>();
        Set<String> captured = new HashSet<>();
        for (Frame frame : in) {
            captured.add(HexFormat.of().formatHex(frame.bytes()));
            DecodedFrame decoded = frame.decoded();
            if (isRequest(frame)) {
                called.add(decoded.receiver());
            }
        }
        int answers = 0;
        for (Frame frame : out) {
            DecodedFrame decoded = frame.decoded();
            if (decoded.hasPorts() && called.contains(decoded.sender())) {
                assertThat(captured.contains(HexFormat.of().formatHex(frame.bytes())))
                        .as("as captured: " + decoded.sender())
                        .isTrue();
                answers++;
            }
        }
        assertThat(answers).as("answers").isGreaterThan(in.size() / 4);
    }

    @Test
    @DisplayName("on the node, the endpoints' datagrams become exactly what the client expects")
    void unNatIsNatReversed() throws IOException {
        generate(SHOP, "--flows 300 --services names");
        List<Frame> requests = CapturedFrames.read(input).stream()
                .filter(ReplayTest::isRequest)
                .toList();
        CapturedFrames.write(input, requests);
        Path first = folder.resolve("first.pcap");
        Ran once = replay(SHOP, "--capture-point node -w " + first);
        assertThat(once.json().get("forwarded").asLong()).isEqualTo(requests.size());
        List<Frame> translated = CapturedFrames.read(first);
        List<Frame> both = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            both.add(requests.get(i));
            both.add(with(translated.get(i), translated.get(i).decoded().swapped()));
        }
        CapturedFrames.write(input, both);
        Path second = folder.resolve("second.pcap");
        assertThat(replay(SHOP, "--capture-point node -w " + second).exitCode).isEqualTo(ExitCode.OK);
        List<Frame> out = CapturedFrames.read(second);
        allChecksumsRight(out);
        assertThat(out).hasSameSizeAs(both);
        for (int i = 0; i < requests.size(); i++) {
            DecodedFrame request = requests.get(i).decoded();
            assertThat(out.get(2 * i).bytes())
                    .as("request " + i)
                    .isEqualTo(translated.get(i).bytes());
            byte[] answer = with(
                            out.get(2 * i + 1), out.get(2 * i + 1).decoded().swapped())
                    .bytes();
            assertThat(answer[request.ttlAt()]).as("two hops").isEqualTo((byte) (request.ttl() - 2));
            assertThat(unHopped(answer, request)).as("answer " + i).isEqualTo(unHopped(request.bytes(), request));
        }
    }

    /** Clients call from Linux's ephemeral ports, which begin where node ports end. */
    private static boolean isRequest(Frame frame) {
        return frame.decoded().sourcePort() >= 32_768;
    }

    private static Frame with(Frame frame, byte[] bytes) {
        return new Frame(bytes, bytes.length, frame.timeNs(), frame.linkType());
    }

    /** Without TTL and the IPv4 header checksum. */
    private static byte[] unHopped(byte[] bytes, DecodedFrame like) {
        byte[] copy = bytes.clone();
        copy[like.ttlAt()] = 0;
        if (like.isV4()) {
            Arrays.fill(copy, like.network() + 10, like.network() + 12, (byte) 0);
        }
        return copy;
    }

    @ParameterizedTest(name = "seen at the {0}, one seed gives one file for 1, 2 and 7 threads")
    @CsvSource({"client", "node"})
    void anyNumberOfThreads(String capturePoint) throws IOException {
        generate(SHOP, "--flows 1500 --sizes 0,60,300,1400");
        List<Frame> frames = MixedTraffic.of(CapturedFrames.read(input));
        CapturedFrames.write(input, frames);
        List<String> outcomes = new ArrayList<>();
        for (int threads : new int[] {1, 2, 7}) {
            Path output = folder.resolve(threads + ".pcapng");
            Ran ran = replay(
                    SHOP, "--seed 5 --capture-point " + capturePoint + " --threads " + threads + " -w " + output);
            assertThat(ran.exitCode).as(err.toString()).isEqualTo(ExitCode.OK);
            JsonNode summary = ran.json();
            conserved(summary);
            assertThat(summary.get("frames").asLong()).isEqualTo(frames.size());
            ((ObjectNode) summary).remove(List.of("nanosPerFrame", "rounds", "steadyNanosPerFrame", "framesPerSecond"));
            outcomes.add(summary.toString());
        }
        assertThat(outcomes).as("summaries").containsOnly(outcomes.getFirst());
        assertThat(outcomes.getFirst()).contains("sha256\":\"");
    }

    /** The limits hang on all errors before, whichever thread they are about. */
    @ParameterizedTest(name = "errors are limited in the capture''s order by any number of threads, with {0}")
    @ValueSource(strings = {"-w", "no file"})
    void limitsAcrossThreads(String written) throws IOException {
        generate(SHOP, "--services reports --flows 3000 --packets 6000");
        List<String> outcomes = new ArrayList<>();
        for (int threads : new int[] {1, 2, 7}) {
            Path output = folder.resolve(threads + ".pcap");
            JsonNode summary = replay(SHOP, "--threads " + threads + (written.equals("-w") ? " -w " + output : ""))
                    .json();
            conserved(summary);
            long answered = summary.at("/generated/ICMP_UNREACHABLE").asLong();
            long withheld = summary.at("/withheld/ICMP_UNREACHABLE").asLong();
            assertThat(answered).isPositive();
            assertThat(answered + withheld)
                    .isEqualTo(summary.get("rejected").asLong())
                    .isGreaterThan(2 * answered);
            ((ObjectNode) summary).remove(List.of("nanosPerFrame", "rounds", "steadyNanosPerFrame", "framesPerSecond"));
            outcomes.add(summary.toString());
        }
        assertThat(outcomes).containsOnly(outcomes.getFirst());
    }

    @Test
    @DisplayName("the summary has the contract's shape, and no hash without a file")
    void shape() throws IOException {
        generate(SHOP, "--flows 20");
        JsonNode summary = replay(SHOP, "--repeat 3").json();
        assertThat(summary.fieldNames())
                .toIterable()
                .contains(
                        "frames",
                        "bytes",
                        "forwarded",
                        "translated",
                        "rejected",
                        "dropped",
                        "consumed",
                        "generated",
                        "withheld",
                        "flows",
                        "services",
                        "nanosPerFrame",
                        "rounds",
                        "steadyNanosPerFrame",
                        "framesPerSecond",
                        "sha256");
        assertThat(summary.get("sha256").isNull()).isTrue();
        assertThat(summary.get("rounds")).hasSize(3);
        assertThat(summary.get("frames").asLong())
                .isEqualTo(3L * CapturedFrames.read(input).size());
        conserved(summary);
    }

    @Test
    @DisplayName("a filter passes over the frames that do not match")
    void filter() throws IOException {
        generate(SHOP, "--flows 60");
        List<Frame> frames = CapturedFrames.read(input);
        long udp = frames.stream()
                .filter(frame -> frame.decoded().protocol() == DecodedFrame.UDP)
                .count();
        JsonNode summary = replay(SHOP, "--filter udp").json();
        assertThat(summary.get("frames").asLong()).isEqualTo(udp).isPositive();
    }

    @ParameterizedTest(name = "a full connection table keeps what is established, and {0} threads do as one does")
    @ValueSource(ints = {1, 3})
    void fullOfEstablished(int threads) throws IOException {
        generate(SHOP, "--flows 200 --services orders");
        JsonNode summary =
                replay(SHOP, "--conntrack-max 50 --threads " + threads).json();
        conserved(summary);
        assertThat(summary.get("flows").asLong() - summary.get("evicted").asLong())
                .isEqualTo(50);
        assertThat(summary.get("dropped").get("CONNTRACK_FULL").asLong()).isPositive();
    }

    @Test
    @DisplayName("a full connection table gives up flows that are not assured for new ones")
    void fullOfQuestions() throws IOException {
        generate(SHOP, "--flows 200 --services names");
        JsonNode summary = replay(SHOP, "--conntrack-max 50").json();
        conserved(summary);
        assertThat(summary.get("flows").asLong()).isGreaterThanOrEqualTo(200);
        assertThat(summary.get("evicted").asLong()).isPositive();
        assertThat(summary.get("dropped").has("CONNTRACK_FULL")).isFalse();
    }

    @Test
    @DisplayName("a capture broken at its end is used up to there, and is bad input")
    void brokenCapture() throws IOException {
        generate(SHOP, "--flows 20");
        int whole = CapturedFrames.read(input).size();
        byte[] bytes = Files.readAllBytes(input);
        Files.write(input, Arrays.copyOf(bytes, bytes.length - 5));
        Path output = folder.resolve("out.pcap");
        Ran ran = replay(SHOP, "-w " + output);
        assertThat(ran.exitCode).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(ran.json().get("frames").asLong()).isEqualTo(whole - 1);
        assertThat(err.toString()).contains("at byte ");
        assertThat(CapturedFrames.read(output)).isNotEmpty();
    }

    @ParameterizedTest(name = "the same capture from stdin and from a file, {0}: the same file written")
    @ValueSource(strings = {"--threads 1", "--threads 2", "--repeat 3", "--threads 7 --repeat 2"})
    void fromStdin(String flags) throws IOException {
        generate(SHOP, "--flows 50");
        Path fromFile = folder.resolve("a.pcapng");
        Path fromStdin = folder.resolve("b.pcapng");
        assertThat(replay(SHOP, flags + " -w " + fromFile).exitCode).isEqualTo(ExitCode.OK);
        InputStream before = System.in;
        try (InputStream capture = Files.newInputStream(input)) {
            System.setIn(capture);
            input = Path.of("-");
            assertThat(replay(SHOP, flags + " -w " + fromStdin).exitCode)
                    .as(err.toString())
                    .isEqualTo(ExitCode.OK);
        } finally {
            System.setIn(before);
        }
        assertThat(fromStdin).hasSameBinaryContentAs(fromFile);
    }

    @Test
    @DisplayName("-w - writes what -w FILE does to stdout, and the summary to stderr")
    void ontoStdout() throws IOException, InterruptedException {
        generate(SHOP, "--flows 20");
        Path toFile = folder.resolve("a.pcapng");
        Path toStdout = folder.resolve("b.pcapng");
        Path summary = folder.resolve("summary");
        assertThat(replay(SHOP, "-w " + toFile).exitCode).isEqualTo(ExitCode.OK);
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("--") || flag.startsWith("-Dagrona"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Vipline.class.getName(), "replay", "-f"));
        command.addAll(List.of(SHOP.toString(), input.toString(), "-w", "-", "-o", "json"));
        Process process = new ProcessBuilder(command)
                .redirectOutput(toStdout.toFile())
                .redirectError(summary.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(summary)).isZero();
        assertThat(toStdout).hasSameBinaryContentAs(toFile);
        assertThat(Files.readString(summary)).contains("\"sha256\":\"");
    }

    @ParameterizedTest(name = "a dump''s LOCAL with {0}: {1} note, packets left undecided: {2}")
    @CsvSource({"'', a, true", "--node-address 192.0.2.1, no, false"})
    void dumpWithoutAddresses(String flags, String note, boolean undecided) throws IOException {
        generate(SHOP, "--flows 20");
        Path dump = Files.writeString(folder.resolve("dump.txt"), """
                *nat
                :PREROUTING ACCEPT [0:0]
                -A PREROUTING -p tcp -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.244.9.9:80
                COMMIT
                """);
        List<String> call =
                new ArrayList<>(List.of("replay", "--rules", dump.toString(), input.toString(), "-o", "json"));
        if (!flags.isEmpty()) {
            call.addAll(List.of(flags.split(" ")));
        }
        err.getBuffer().setLength(0);
        JsonNode summary = run(call.toArray(String[]::new)).json();
        conserved(summary);
        assertThat(summary.get("dropped").has("UNDECIDED")).isEqualTo(undecided);
        assertThat(err.toString().contains("which IPv4 addresses the node has (LOCAL) is not known"))
                .isEqualTo(note.equals("a"));
        assertThat(err.toString()).doesNotContain("which IPv6 addresses");
    }

    /** Frames of a capture lie one after another: each has its own header. */
    @Test
    @DisplayName("a rule about the type of service sees that of each frame")
    void typeOfService() throws IOException {
        generate(SHOP, "--flows 100");
        List<Frame> frames = new ArrayList<>();
        int marked = 0;
        for (Frame frame : CapturedFrames.read(input)) {
            byte[] bytes = frame.bytes().clone();
            if (frame.decoded().isV4()) {
                boolean isMarked = frames.size() % 3 == 0;
                bytes[frame.decoded().network() + 1] = (byte) (isMarked ? 0x10 : 0);
                marked += isMarked ? 1 : 0;
            }
            frames.add(with(frame, bytes));
        }
        CapturedFrames.write(input, frames);
        Path dump = Files.writeString(
                folder.resolve("dump.txt"),
                "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m tos --tos 0x10/0xff -j DROP\nCOMMIT\n");
        JsonNode summary = run(
                        "replay",
                        "--rules",
                        dump.toString(),
                        input.toString(),
                        "--node-address",
                        "192.168.99.1",
                        "-o",
                        "json")
                .json();
        conserved(summary);
        assertThat(summary.at("/dropped/RULE").asInt()).isEqualTo(marked).isPositive();
    }

    @Test
    @DisplayName("stdin can't be both the manifests and the capture, nor the manifests and the packets")
    void stdinTwice() {
        assertThat(run("replay", "-f", "-", "-").exitCode).isEqualTo(ExitCode.USAGE);
        assertThat(run("explain", "-f", "-", "--packets", "-").exitCode).isEqualTo(ExitCode.USAGE);
    }

    @Test
    @DisplayName("the capture itself is not written to")
    void ontoItself() throws IOException {
        generate(SHOP, "--flows 20");
        byte[] before = Files.readAllBytes(input);
        Path link = Files.createSymbolicLink(folder.resolve("link.pcap"), input);
        for (Path output : List.of(input, link)) {
            assertThat(replay(SHOP, "-w " + output).exitCode).isEqualTo(ExitCode.USAGE);
            assertThat(Files.readAllBytes(input)).isEqualTo(before);
        }
    }

    @ParameterizedTest(name = "replay {0}: exit code {1}")
    @CsvSource({
        "--threads 0, 2",
        "--repeat 0, 2",
        "--speed fast, 2",
        "--capture-point sky, 2",
        "--filter tcp&&, 2",
    })
    void wrongUsage(String flags, int exitCode) {
        generate(SHOP, "--flows 2");
        assertThat(replay(SHOP, flags).exitCode).as(err.toString()).isEqualTo(exitCode);
    }
}
