package io.vipline.dataplane.frame.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.capture.CaptureContents.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Captures that other tools wrote, against tcpdump as the judge. */
class CapturesOfOthersTest {
    /** What libpcap refuses, with its words, and where we see the break. */
    private static final Map<String, List<String>> REFUSED = Map.of(
            "pcap_invalid_version.pcap", List.of("archaic pcap savefile format", "4 pcap version 1.4"),
            "shb_option_too_long.pcapng",
                    List.of(
                            "block total length in header and trailer don't match",
                            "0 a block of 52 bytes that ends saying 808464432"));

    @TestFactory
    Stream<DynamicTest> aCaptureIsReadAsTcpdumpReadsIt() throws IOException {
        Tcpdump.assumeInstalled();
        Path captures = Path.of(System.getProperty("vipline.shared", "../shared"), "captures");
        Assumptions.assumeTrue(Files.isDirectory(captures), captures + " is not there");
        try (Stream<Path> files = Files.walk(captures)) {
            return files.filter(file -> file.toString().matches(".*\\.pcap(ng)?")).sorted().toList().stream()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> check(file)));
        }
    }

    private static void check(Path file) throws IOException {
        CaptureContents read = CaptureContents.mapped(file, CaptureReader.WINDOW_BYTES, FrameBatch.CAPACITY);
        assertThat(CaptureContents.mapped(file, 4096, FrameBatch.CAPACITY)).isEqualTo(read);
        assertThat(CaptureContents.streamed(Files.readAllBytes(file), 4096)).isEqualTo(read);
        Tcpdump.Reading judge = Tcpdump.read(file);
        assertThat(withoutInterfaces(read.frames())).isEqualTo(judge.frames());
        List<String> refused = REFUSED.get(file.getFileName().toString());
        if (refused == null) {
            assertThat(judge.exitCode()).isZero();
            assertThat(read.frames()).isNotEmpty();
            assertThat(read.problem()).isNull();
        } else {
            assertThat(judge.complaint()).contains(refused.get(0));
            assertThat(read.problem().offset() + " " + read.problem().what()).isEqualTo(refused.get(1));
        }
    }

    static List<Frame> withoutInterfaces(List<Frame> frames) {
        return frames.stream()
                .map(f -> new Frame(f.timeNs(), f.original(), 0, f.link(), f.bytes()))
                .toList();
    }
}
