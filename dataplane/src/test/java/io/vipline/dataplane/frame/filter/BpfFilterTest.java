package io.vipline.dataplane.frame.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.capture.CaptureOracle;
import io.vipline.dataplane.frame.capture.CaptureReader;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class BpfFilterTest {
    private static final List<String> EXPRESSIONS = List.of(
            "ip",
            "ip6",
            "tcp",
            "udp port 53",
            "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
            "vlan and tcp port 80",
            "icmp or icmp6",
            "not arp and less 100",
            "greater 1000",
            "host 192.168.0.1 or net 10.0.0.0/8",
            "ip[6:2] & 0x3fff != 0");

    private static final List<FrameInterface> ETHERNET = List.of(new FrameInterface("", LinkType.ETHERNET, 0));

    @TempDir
    static Path folder;

    @BeforeAll
    static void libpcapIsNeeded() {
        try {
            new BpfFilter("ip", ETHERNET).close();
        } catch (FilterException e) {
            Assumptions.abort(e.getMessage());
        }
    }

    @TestFactory
    Stream<DynamicTest> theFramesMatchThatTcpdumpMatchesInCapturesOfOthers() throws IOException {
        CaptureOracle.assumeInstalled();
        Path captures = Path.of(System.getProperty("vipline.shared", "../shared"), "captures");
        Assumptions.assumeTrue(Files.isDirectory(captures), captures + " is not there");
        try (Stream<Path> files = Files.list(captures)) {
            return files.filter(file -> file.toString().matches(".*\\.pcap(ng)?")).sorted().toList().stream()
                    .map(file -> dynamicTest(file.getFileName().toString(), () -> check(file, EXPRESSIONS)));
        }
    }

    @TestFactory
    Stream<DynamicTest> theFramesMatchThatTcpdumpMatchesWhateverTheLinkType() {
        CaptureOracle.assumeInstalled();
        return Stream.of(LinkType.values())
                .filter(type -> type != LinkType.OTHER)
                .flatMap(type ->
                        Stream.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN).map(order -> Map.entry(type, order)))
                .map(of -> dynamicTest(of.toString(), () -> {
                    Path file = CaptureOracle.mixedTraffic(folder, of.getKey(), of.getValue());
                    List<String> expressions = List.of("ip", "ip6", "udp port 53", "host 10.0.0.1", "less 70");
                    assertThat(check(file, expressions))
                            .as("some match, and some do not")
                            .isPositive();
                }));
    }

    /** @return how many frames matched, of all expressions */
    private static int check(Path file, List<String> expressions) throws IOException {
        int matched = 0;
        for (String expression : expressions) {
            CaptureReader reader = CaptureReader.open(file);
            Optional<List<String>> expected = CaptureOracle.expected(file, expression);
            if (expected.isEmpty()) {
                assertThat(catchThrowableOfType(
                                FilterException.class, () -> new BpfFilter(expression, reader.interfaces())))
                        .as(expression)
                        .isNotNull();
                reader.close();
                continue;
            }
            try (FilteredSource source = new FilteredSource(reader, new BpfFilter(expression, reader.interfaces()))) {
                List<String> frames = CaptureOracle.read(source);
                assertThat(frames).as(expression).isEqualTo(expected.get());
                matched += frames.size();
            }
        }
        return matched;
    }

    @Test
    void whereAnExpressionMakesNoSenseForALinkTypeItsFramesDoNotMatch() throws IOException {
        Path file = CaptureOracle.mixedTraffic(folder, LinkType.RAW_IPV6, ByteOrder.LITTLE_ENDIAN);
        List<FrameInterface> interfaces =
                List.of(new FrameInterface("", LinkType.RAW_IPV6, 0), new FrameInterface("", LinkType.ETHERNET, 0));
        try (FilteredSource source = new FilteredSource(CaptureReader.open(file), new BpfFilter("ip", interfaces))) {
            assertThat(CaptureOracle.read(source)).isEmpty();
        }
    }

    @Test
    void aWrongExpressionIsRefusedBeforeAnyFrame() {
        for (List<FrameInterface> interfaces : List.of(ETHERNET, List.<FrameInterface>of())) {
            FilterException e =
                    catchThrowableOfType(FilterException.class, () -> new BpfFilter("tcp prot 80", interfaces).close());
            assertThat(e.reason()).isEqualTo(FilterException.Reason.EXPRESSION);
            assertThat(e).hasMessageContaining("filter \"tcp prot 80\"").hasMessageContaining("syntax error");
        }
    }

    @Test
    void aFilterThatMatchesNothingLetsItsCallerStop() {
        FrameBatch batch = new FrameBatch();
        EndlessSource endless = new EndlessSource();
        try (FilteredSource source = new FilteredSource(endless, (frames, i) -> frames.timeNs(i) < 0)) {
            assertThat(source.poll(batch, 1)).isZero();
            assertThat(batch.count).isZero();
        }
        assertThat(endless.isClosed()).isTrue();
    }

    @Test
    void withoutLibpcapThePackageToInstallIsNamed() throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dorg.pcap4j.core.pcapLibName=/nowhere/libpcap.so",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WithoutLibpcap.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(child.getInputStream().readAllBytes());
        assertThat(child.waitFor()).isZero();
        assertThat(said).isEqualTo("LIBRARY_MISSING LIBRARY_MISSING apt-get install libpcap0.8");
    }

    /** Run in a JVM of its own that is told to look for libpcap where it is not: twice, as the second failure differs. */
    static final class WithoutLibpcap {
        public static void main(String[] arguments) {
            FilterException e = null;
            for (int i = 0; i < 2; i++) {
                e = catchThrowableOfType(FilterException.class, () -> new BpfFilter("ip", ETHERNET).close());
                System.out.print(e.reason() + " ");
            }
            System.out.print(e.getMessage().replaceFirst(".*: ", ""));
        }
    }
}
