package io.vipline.dataplane.frame.capture;

import static io.vipline.dataplane.frame.capture.CaptureBytes.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vipline.dataplane.frame.FinishedFrames;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.frame.capture.CaptureFormat.AddressName;
import io.vipline.dataplane.frame.capture.CaptureFormat.Direction;
import io.vipline.rules.net.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureWriterTest {
    private static final FrameInterface ETH0 = new FrameInterface("eth0", LinkType.ETHERNET, 96);
    private static final FrameInterface RAW = new FrameInterface("", LinkType.RAW_IP, 0);
    private static final CaptureFormat PLAIN = new CaptureFormat.Pcapng(Direction.UNKNOWN, List.of());

    @TempDir
    Path folder;

    private final MemorySink area = new MemorySink();

    private void write(CaptureWriter writer, int face, long timeNs, byte[] bytes, String comment) {
        FrameInterface[] faces = {ETH0, RAW};
        int record = FinishedFrames.put(area, faces, face, timeNs, bytes, bytes.length + 2);
        writer.write(area.memory(), record, comment);
    }

    @Test
    void aPcapngFileHasNamesInterfacesCommentsAndStatisticsAndNothingElse() throws IOException {
        Path file = folder.resolve("out.pcapng");
        List<AddressName> names = List.of(
                new AddressName(IpAddress.of("10.96.0.10"), "web.default.svc.cluster.local"),
                new AddressName(IpAddress.of("fd00::10"), "web.default.svc.cluster.local"));
        CaptureFormat format = CaptureFormat.ofFileName("out.pcapng", true, names);
        try (CaptureWriter writer = CaptureWriter.open(file, format, List.of(ETH0, RAW))) {
            write(writer, 0, 0x1_0000_0003L, frame(5), "DNAT → 10.244.1.7:8080");
            write(writer, 0, 2, frame(0), null);
        }
        String name = "web.default.svc.cluster.local/";
        assertThat(PcapngBlocks.list(Files.readAllBytes(file)))
                .containsExactly(
                        "section magic=4d3c2b1a version=01000000 length=-1 4=Vipline .",
                        "names 0a60000a=" + name + " fd000000000000000000000000000010=" + name + " .",
                        "interface link=1 snap=262144 2=eth0 9=09 .",
                        "interface link=101 snap=262144 9=09 .",
                        "packet of=0 time=4294967299 captured=5 original=7 050c131a21 2=02000000"
                                + " 1=DNAT → 10.244.1.7:8080 .",
                        "packet of=0 time=2 captured=0 original=2  2=02000000 .",
                        "statistics of=0 time=4294967299 2=0000000002000000 3=0100000003000000 4=0200000000000000 .",
                        "statistics of=1 time=0 4=0000000000000000 .");
    }

    @Test
    void theChecksumOfTheFileIsKnownWithoutReadingItAgain() throws Exception {
        Path file = folder.resolve("out.pcapng");
        CaptureWriter writer = CaptureWriter.open(file, PLAIN, List.of(ETH0));
        for (int i = 0; i < 40_000; i++) {
            write(writer, 0, i, frame(i % 1500), i % 3 == 0 ? "comment " + i : null);
        }
        assertThatThrownBy(writer::sha256).isInstanceOf(IllegalStateException.class);
        writer.close();
        writer.close();
        byte[] bytes = Files.readAllBytes(file);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        assertThat(writer.sha256()).isEqualTo(HexFormat.of().formatHex(digest));
        assertThat(writer.writtenBytes()).isEqualTo(bytes.length).isGreaterThan(4L * CaptureWriter.BUFFER_BYTES);
        assertThat(writer.frames()).isEqualTo(40_000);
    }

    @Test
    void aFileIsAValidCaptureAfterEachFlush() throws IOException {
        Path file = folder.resolve("out.pcapng");
        try (CaptureWriter writer = CaptureWriter.open(file, PLAIN, List.of(ETH0))) {
            for (int frames = 1; frames < 5; frames++) {
                write(writer, 0, frames, frame(60), "comment");
                writer.flush();
                CaptureContents read = CaptureContents.mapped(file, 4096, FrameBatch.CAPACITY);
                assertThat(read.frames()).hasSize(frames);
                assertThat(read.problem()).isNull();
            }
        }
    }

    @Test
    void anInterfaceMetWhileWritingIsDescribedBeforeItsFirstFrame() throws IOException {
        Path file = folder.resolve("out.pcapng");
        List<FrameInterface> faces = new ArrayList<>(List.of(ETH0));
        try (CaptureWriter writer = CaptureWriter.open(file, PLAIN, faces)) {
            write(writer, 0, 1, frame(4), null);
            faces.add(RAW);
            faces.add(new FrameInterface("odd", LinkType.OTHER, 147, 0));
            write(writer, 1, 2, frame(5), null);
        }
        assertThat(CaptureContents.mapped(file, 4096, FrameBatch.CAPACITY).frames())
                .extracting(f -> f.face() + " " + f.link())
                .containsExactly("0 ETHERNET", "1 RAW_IP");
    }

    @Test
    void aFileThatNoFrameCameToIsReadByTcpdumpAndHasTheLinkTypeOfTheCapture() throws IOException {
        Tcpdump.assumeInstalled();
        for (CaptureFormat format : List.of(PLAIN, new CaptureFormat.Pcap(false))) {
            for (List<FrameInterface> met : List.of(List.<FrameInterface>of(), List.of(RAW), List.of(RAW, ETH0))) {
                Path file = folder.resolve("empty");
                List<FrameInterface> faces = new ArrayList<>();
                try (CaptureWriter writer = CaptureWriter.open(file, format, faces)) {
                    faces.addAll(met);
                    assertThat(writer.frames()).isZero();
                }
                assertThat(Tcpdump.read(file).exitCode()).isZero();
                try (CaptureReader reader = CaptureReader.open(file)) {
                    assertThat(reader.interfaces())
                            .extracting(FrameInterface::linkType)
                            .containsExactly(met.isEmpty() ? LinkType.ETHERNET : LinkType.RAW_IP);
                }
            }
        }
    }

    @Test
    void anUnknownLinkTypeKeepsItsNumber() throws IOException {
        for (CaptureFormat format : List.of(PLAIN, new CaptureFormat.Pcap(false))) {
            Path file = folder.resolve("odd");
            FrameInterface odd = new FrameInterface("", LinkType.OTHER, 147, 0);
            CaptureWriter.open(file, format, List.of(odd)).close();
            try (CaptureReader reader = CaptureReader.open(file)) {
                assertThat(reader.interfaces())
                        .extracting(FrameInterface::linkNumber)
                        .containsExactly(147);
            }
        }
    }

    @Test
    void aPcapFileKeepsNanosecondsOnlyIfAsked() throws IOException {
        for (boolean nanoseconds : new boolean[] {true, false}) {
            Path file = folder.resolve("out.pcap");
            CaptureFormat format = CaptureFormat.ofFileName("out.pcap", nanoseconds, List.of());
            try (CaptureWriter writer = CaptureWriter.open(file, format, List.of(ETH0))) {
                write(writer, 0, 5_999_999_999L, frame(60), "lost in this format");
            }
            try (CaptureReader reader = CaptureReader.open(file)) {
                assertThat(reader.isFinerThanMicroseconds()).isEqualTo(nanoseconds);
                assertThat(CaptureContents.frames(reader, 1).getFirst().timeNs())
                        .isEqualTo(nanoseconds ? 5_999_999_999L : 5_999_999_000L);
            }
        }
    }

    @Test
    void aPcapFileRefusesTwoLinkTypes() {
        assertThatThrownBy(() -> CaptureWriter.open(
                        folder.resolve("out.pcap"), new CaptureFormat.Pcap(true), List.of(ETH0, RAW)))
                .isInstanceOf(CaptureWriteException.class)
                .hasMessageContaining("one link type, and the frames have 1 and 101; write .pcapng");
    }

    @Test
    void aFrameThatReadersWouldRefuseIsCut() throws IOException {
        MemorySink large = new MemorySink(1 << 20);
        for (CaptureFormat format : List.of(PLAIN, new CaptureFormat.Pcap(true))) {
            Path file = folder.resolve("large");
            try (CaptureWriter writer = CaptureWriter.open(file, format, List.of(ETH0))) {
                byte[] frame = frame(500_000);
                int record = FinishedFrames.put(large, new FrameInterface[] {ETH0}, 0, 1, frame, frame.length);
                writer.write(large.memory(), record, "x".repeat(100_000));
            }
            CaptureContents read = CaptureContents.mapped(file, 1 << 20, FrameBatch.CAPACITY);
            assertThat(read.problem()).isNull();
            assertThat(read.frames().getFirst().original()).isEqualTo(500_000);
            assertThat(read.frames().getFirst().bytes()).hasSize(2 * 262_144);
        }
    }

    @Test
    void manyNamesAreSpreadOverBlocksThatReadersBelieve() throws IOException {
        Path file = folder.resolve("names.pcapng");
        List<AddressName> names = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            names.add(new AddressName(IpAddress.of("10.96.0.0").plus(i), "service-" + i + ".namespace.svc"));
        }
        CaptureFormat format = new CaptureFormat.Pcapng(Direction.OUTBOUND, names);
        CaptureWriter.open(file, format, List.of()).close();
        List<String> blocks = PcapngBlocks.list(Files.readAllBytes(file));
        assertThat(blocks).hasSizeBetween(10, 20).allMatch(block -> block.endsWith(" ."));
        String all = String.join("", blocks);
        assertThat(names).allMatch(name -> all.contains(name.name()));
    }

    @Test
    void tcpdumpReadsWhatIsWritten() throws IOException {
        Tcpdump.assumeInstalled();
        List<AddressName> names = List.of(new AddressName(IpAddress.of("10.96.0.10"), "web"));
        for (CaptureFormat format : List.of(
                new CaptureFormat.Pcapng(Direction.OUTBOUND, names),
                new CaptureFormat.Pcap(true),
                new CaptureFormat.Pcap(false))) {
            Path file = folder.resolve("out.cap");
            try (CaptureWriter writer = CaptureWriter.open(file, format, List.of(ETH0))) {
                for (int i = 0; i < 500; i++) {
                    write(writer, 0, 1_700_000_000_123_456_000L + i * 1000, frame(i), i % 2 == 0 ? "frame " + i : null);
                }
            }
            Tcpdump.Reading judge = Tcpdump.read(file);
            assertThat(judge.exitCode()).isZero();
            assertThat(judge.complaint()).startsWith("reading from file").hasLineCount(1);
            assertThat(judge.frames()).hasSize(500);
            assertThat(CaptureContents.mapped(file, 4096, FrameBatch.CAPACITY).frames())
                    .isEqualTo(judge.frames());
        }
    }
}
