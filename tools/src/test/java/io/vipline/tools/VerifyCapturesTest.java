package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.live.NetworkNamespaces;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Captures made by others, through Services made for the servers in them, with the kernel as judge. */
class VerifyCapturesTest {
    private static final Pattern RESULT = Pattern.compile("(\\d+) frames, 0 differences");
    private static final Pattern UNSENT =
            Pattern.compile("(\\d+) of \\d+ frames are not sent: (not IP|cut|IP length 0)");

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> theKernelAgreesOnEveryCapture() throws IOException {
        Assumptions.assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the command ip");
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
                .flatMap(file -> Stream.of("iptables", "nftables")
                        .map(mode -> DynamicTest.dynamicTest(
                                captures.relativize(file) + " with " + mode, () -> check(file, mode))));
    }

    /** Each frame is sent, or it is said why not. */
    private void check(Path capture, String mode) throws IOException {
        List<CapturedFrames.Frame> frames = CapturedFrames.read(capture);
        Path manifests = write(CaptureServers.manifests(CaptureServers.in(frames)));
        Path config =
                write("apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: " + mode);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(
                new PrintWriter(out),
                new PrintWriter(err),
                "verify",
                "-f",
                manifests.toString(),
                "--config",
                config.toString(),
                "--capture",
                capture.toString());
        Matcher result = RESULT.matcher(out.toString().strip());
        assertThat(result.matches()).as(out + "\n" + err).isTrue();
        int unsent = UNSENT.matcher(err.toString())
                .results()
                .mapToInt(note -> Integer.parseInt(note.group(1)))
                .sum();
        assertThat(Integer.parseInt(result.group(1)) + unsent)
                .as(err.toString())
                .isEqualTo(frames.size());
        assertThat(exitCode).isEqualTo(ExitCode.OK);
    }

    private Path write(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "m", ".yaml"), text);
    }
}
