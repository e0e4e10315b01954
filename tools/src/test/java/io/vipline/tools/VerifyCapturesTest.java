package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.live.NetworkNamespaces;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Captures made by others, through Services made for the servers in them, with the kernel as judge. */
class VerifyCapturesTest {
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
                .map(file -> DynamicTest.dynamicTest(captures.relativize(file).toString(), () -> check(file)));
    }

    private void check(Path capture) throws IOException {
        String text = CaptureServers.manifests(CaptureServers.in(CapturedFrames.read(capture)));
        Path manifests = Files.writeString(Files.createTempFile(folder, "m", ".yaml"), text);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(
                new PrintWriter(out),
                new PrintWriter(err),
                "verify",
                "-f",
                manifests.toString(),
                "--capture",
                capture.toString());
        assertThat(out.toString().strip()).as(err.toString()).matches("\\d+ frames, 0 differences");
        assertThat(exitCode).isEqualTo(ExitCode.OK);
    }
}
