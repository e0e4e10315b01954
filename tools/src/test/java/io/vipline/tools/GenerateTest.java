package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.capture.CaptureReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerateTest {
    private static final Path SHOP = Path.of("examples", "shop.yaml");

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();

    private int generate(String flags, Path output) {
        List<String> arguments = new ArrayList<>(List.of("generate", "-f", SHOP.toString(), "-w", output.toString()));
        arguments.addAll(List.of(flags.split(" ")));
        return Vipline.run(new PrintWriter(new StringWriter()), new PrintWriter(err), arguments.toArray(String[]::new));
    }

    private static long frames(Path capture) throws IOException {
        long frames = 0;
        FrameBatch batch = new FrameBatch();
        try (CaptureReader reader = CaptureReader.open(capture)) {
            int count;
            while ((count = reader.poll(batch, FrameBatch.CAPACITY)) != FrameSource.END) {
                frames += count;
            }
            assertThat(reader.problem()).isEmpty();
        }
        return frames;
    }

    @ParameterizedTest(name = "{0} into {1} are {2} frames")
    @CsvSource({
        "--packets 10,                        in.pcap,   10",
        "--flows 7,                           in.pcapng, 70",
        "--flows 3 --packets 100,             in.pcap,   100",
        "--flows 2k --packets 30k,            in.pcapng, 30000",
        "--services names --packets 20,       in.pcap,   20",
        "--services default/orders:metrics --flows 4 --sizes 8940, in.pcap, 40",
    })
    void asManyFramesAsAskedFor(String flags, String file, long frames) throws IOException {
        Path output = folder.resolve(file);
        assertThat(generate(flags, output)).as(err.toString()).isEqualTo(ExitCode.OK);
        assertThat(frames(output)).isEqualTo(frames);
        assertThat(err.toString()).contains(frames + " frames, " + Files.size(output) + " bytes");
    }

    @ParameterizedTest(name = "{0} is wrong usage: {1}")
    @CsvSource({
        "--flows 10 --packets 9,   9 frames do not make 10 flows",
        "--flows 0,                no count like",
        "--packets 10x,            no count like",
        "--sizes big,              neither a number",
        "--services nobody,        No Service",
        "--flows 9G,               tuples to call with",
    })
    void wrongUsage(String flags, String words) {
        assertThat(generate(flags, folder.resolve("in.pcap"))).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains(words);
    }

    @Test
    @DisplayName("one seed gives one file, another seed another")
    void deterministic() throws IOException {
        byte[][] files = new byte[3][];
        String[] seeds = {"--seed 5", "--seed 5", "--seed 6"};
        for (int i = 0; i < seeds.length; i++) {
            Path output = folder.resolve(i + ".pcap");
            assertThat(generate(seeds[i], output)).isEqualTo(ExitCode.OK);
            files[i] = Files.readAllBytes(output);
        }
        assertThat(files[1]).isEqualTo(files[0]);
        assertThat(files[2]).isNotEqualTo(files[0]);
    }

    @Test
    @DisplayName("Ctrl-C leaves a whole file and says how far it came")
    void interrupted() throws Exception {
        Path output = folder.resolve("in.pcapng");
        Path said = folder.resolve("stderr");
        // a build in the background ignores SIGINT, and so would the child
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of("--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", Vipline.class.getName()));
        command.addAll(List.of("generate", "-f", SHOP.toString(), "-w", output.toString(), "--packets", "1G"));
        Process endless =
                new ProcessBuilder(command).redirectError(said.toFile()).start();
        try {
            long patienceEndsNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (endless.isAlive() && sizeOf(output) < 8 << 20 && System.nanoTime() < patienceEndsNs) {
                Thread.sleep(20);
            }
            Process kill = new ProcessBuilder("kill", "-INT", Long.toString(endless.pid())).start();
            assertThat(kill.waitFor()).isZero();
            assertThat(endless.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            endless.destroyForcibly();
        }
        assertThat(endless.exitValue()).as(Files.readString(said)).isEqualTo(128 + 2);
        assertThat(Files.readString(said)).contains("stopped after " + frames(output) + " frames");
    }

    private static long sizeOf(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    @Test
    @DisplayName("tcpdump finds every checksum right")
    void tcpdumpAgrees() throws Exception {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/tcpdump")), "tcpdump is not installed: its verdict is left out");
        Path output = folder.resolve("in.pcap");
        assertThat(generate("--flows 60 --sizes 0,1,77,1400", output)).isEqualTo(ExitCode.OK);
        Process tcpdump = new ProcessBuilder("/usr/bin/tcpdump", "-nvvr", output.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String text = new String(tcpdump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tcpdump.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(text).contains("(correct)").contains("[udp sum ok]").doesNotContain("incorrect", "bad");
    }
}
