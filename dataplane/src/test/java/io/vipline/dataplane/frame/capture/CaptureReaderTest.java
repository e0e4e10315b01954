package io.vipline.dataplane.frame.capture;

import static io.vipline.dataplane.frame.capture.CaptureBytes.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.capture.CaptureContents.Frame;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class CaptureReaderTest {
    private static final int MICRO = 0xa1b2c3d4;
    private static final int NANO = 0xa1b23c4d;

    @TempDir
    Path folder;

    /** A file and what must be read of it: {@code time original interface link frame-length}, then the break. */
    private record Case(String name, CaptureBytes file, String frames, String problem) {}

    @TestFactory
    Stream<DynamicTest> aCaptureIsReadUpToItsBreakHoweverItIsCutIntoWindows() {
        return Stream.of(pcapCases(), pcapngCases(), brokenPcapngCases())
                .flatMap(List::stream)
                .map(c -> dynamicTest(c.name, () -> check(c)));
    }

    private void check(Case c) throws IOException {
        byte[] bytes = c.file.toBytes();
        Path file = CaptureContents.file(folder, bytes);
        CaptureContents whole = CaptureContents.mapped(file, CaptureReader.WINDOW_BYTES, FrameBatch.CAPACITY);
        List<String> frames =
                whole.frames().stream().map(CaptureReaderTest::line).toList();
        assertThat(String.join("; ", frames)).isEqualTo(c.frames);
        String problem = whole.problem() == null
                ? ""
                : whole.problem().offset() + " " + whole.problem().what();
        assertThat(problem).isEqualTo(c.problem);
        for (int windowBytes : new int[] {1, 37, 64, 100}) {
            assertSame(CaptureContents.mapped(file, windowBytes, 3), whole);
            assertSame(CaptureContents.streamed(bytes, windowBytes), whole);
        }
    }

    /** What is left before a break, as the problem words it, depends on nothing but the file, but for a cut record. */
    private static void assertSame(CaptureContents actual, CaptureContents expected) {
        assertThat(actual.frames()).isEqualTo(expected.frames());
        assertThat(actual.problem()).isEqualTo(expected.problem());
    }

    private static String line(Frame frame) {
        int length = frame.bytes().length() / 2;
        assertThat(frame.bytes()).isEqualTo(HexFormat.of().formatHex(frame(original(frame.bytes())), 0, length));
        return frame.timeNs() + " " + frame.original() + " " + frame.face() + " " + frame.link() + " " + length;
    }

    /** The length that {@link CaptureBytes#frame} was called with, from the first byte. */
    private static int original(String hex) {
        return hex.isEmpty() ? 0 : Integer.parseInt(hex.substring(0, 2), 16);
    }

    private static List<Case> pcapCases() {
        List<Case> cases = new ArrayList<>();
        cases.add(new Case(
                "pcap, microseconds, little-endian",
                CaptureBytes.little()
                        .pcap(MICRO, 0, 1)
                        .record(1, 2, frame(60), 60)
                        .record(3, 999_999, frame(61), 70),
                "1000002000 60 0 ETHERNET 60; 3999999000 70 0 ETHERNET 61",
                ""));
        cases.add(new Case(
                "pcap, microseconds, big-endian, time after 2038",
                CaptureBytes.big().pcap(MICRO, 65535, 113).record(0xffff_ffffL, 5, frame(20), 20),
                "4294967295000005000 20 0 LINUX_SLL 20",
                ""));
        cases.add(new Case(
                "pcap, nanoseconds, little-endian",
                CaptureBytes.little().pcap(NANO, 0, 101).record(1, 2, frame(9), 9),
                "1000000002 9 0 RAW_IP 9",
                ""));
        cases.add(new Case(
                "pcap, nanoseconds, big-endian",
                CaptureBytes.big().pcap(NANO, 0, 276).record(1, 999_999_999, frame(9), 9),
                "1999999999 9 0 LINUX_SLL2 9",
                ""));
        cases.add(new Case(
                "pcap with long record headers",
                CaptureBytes.big()
                        .pcap(0xa1b2cd34, 0, 1)
                        .u32(7)
                        .u32(8)
                        .u32(4)
                        .u32(4)
                        .i64(0x0102030405060708L)
                        .raw(frame(4)),
                "7000008000 4 0 ETHERNET 4",
                ""));
        cases.add(new Case(
                "pcap whose link type's field also says the length of the check sequence",
                CaptureBytes.little().pcap(MICRO, 0, 0x4400_0000).record(0, 1, frame(0), 0),
                "1000 0 0 BSD_LOOPBACK 0",
                ""));
        cases.add(new Case(
                "pcap with more captured than its snap length, shown up to it as libpcap does",
                CaptureBytes.little()
                        .pcap(MICRO, 10, 1)
                        .record(0, 0, frame(30), 90)
                        .record(0, 1, frame(5), 5),
                "0 90 0 ETHERNET 10; 1000 5 0 ETHERNET 5",
                ""));
        cases.add(new Case(
                "pcap before version 2.3, lengths swapped",
                CaptureBytes.little()
                        .u32(MICRO)
                        .u16(2)
                        .u16(2)
                        .i64(0)
                        .u32(0)
                        .u32(1)
                        .u32(1)
                        .u32(0)
                        .u32(50)
                        .u32(8)
                        .raw(frame(8)),
                "1000000000 50 0 ETHERNET 8",
                ""));
        cases.add(new Case(
                "pcap 2.3, lengths swapped where that makes sense",
                CaptureBytes.little()
                        .u32(MICRO)
                        .u16(2)
                        .u16(3)
                        .i64(0)
                        .u32(0)
                        .u32(1)
                        .u32(1)
                        .u32(0)
                        .u32(50)
                        .u32(8)
                        .raw(frame(8))
                        .u32(2)
                        .u32(0)
                        .u32(8)
                        .u32(50)
                        .raw(frame(8)),
                "1000000000 50 0 ETHERNET 8; 2000000000 50 0 ETHERNET 8",
                ""));
        cases.add(new Case(
                "pcap whose wire length is below the captured one",
                CaptureBytes.little()
                        .pcap(MICRO, 0, 1)
                        .record(1, 0, frame(8), 3)
                        .record(2, 0, frame(8), 0xffff_ffffL),
                "1000000000 8 0 ETHERNET 8; 2000000000 8 0 ETHERNET 8",
                ""));
        cases.addAll(brokenPcapCases());
        return cases;
    }

    private static List<Case> brokenPcapCases() {
        CaptureBytes bodyCut = CaptureBytes.little().pcap(MICRO, 0, 1).record(1, 0, frame(8), 8);
        return List.of(
                new Case("an empty file", CaptureBytes.little(), "", "0 an empty file"),
                new Case(
                        "three bytes",
                        CaptureBytes.little().raw((byte) 1, (byte) 2, (byte) 3),
                        "",
                        "0 a file of 3 bytes"),
                new Case(
                        "a text",
                        CaptureBytes.big().u32(0x68656c6c).u32(0x6f21),
                        "",
                        "0 no capture: it begins with 68656c6c"),
                new Case(
                        "half a pcap header",
                        CaptureBytes.little().u32(MICRO).u16(2).u16(4),
                        "",
                        "0 a file of 8 bytes"),
                new Case("a pcap header alone", CaptureBytes.little().pcap(MICRO, 0, 1), "", ""),
                new Case(
                        "pcap of version 1.4",
                        CaptureBytes.little()
                                .u32(MICRO)
                                .u16(1)
                                .u16(4)
                                .i64(0)
                                .u32(0)
                                .u32(1)
                                .record(1, 0, frame(8), 8),
                        "",
                        "4 pcap version 1.4"),
                new Case(
                        "pcap cut inside a frame",
                        bodyCut.u32(2).u32(0).u32(8).u32(8).raw(frame(7)),
                        "1000000000 8 0 ETHERNET 8",
                        "48 the capture ends inside a record"),
                new Case(
                        "pcap cut inside a record's header",
                        CaptureBytes.little()
                                .pcap(MICRO, 0, 1)
                                .record(1, 0, frame(8), 8)
                                .u32(1)
                                .u32(2),
                        "1000000000 8 0 ETHERNET 8",
                        "48 the capture ends inside a record"),
                new Case(
                        "pcap with a length that lies",
                        CaptureBytes.little()
                                .pcap(MICRO, 0, 1)
                                .record(1, 0, frame(8), 8)
                                .u32(1)
                                .u32(0)
                                .u32(262_145)
                                .u32(8)
                                .raw(frame(200)),
                        "1000000000 8 0 ETHERNET 8",
                        "48 a record of 262145 captured bytes"),
                new Case(
                        "pcap with a negative length",
                        CaptureBytes.big()
                                .pcap(MICRO, 0, 1)
                                .u32(1)
                                .u32(0)
                                .u32(0xffff_fff0L)
                                .u32(8)
                                .raw(frame(200)),
                        "",
                        "24 a record of 4294967280 captured bytes"));
    }

    private static List<Case> pcapngCases() {
        CaptureBytes little = CaptureBytes.little();
        CaptureBytes big = CaptureBytes.big();
        List<Case> cases = new ArrayList<>();
        cases.add(new Case(
                "pcapng, little-endian, microseconds unless said",
                little.section()
                        .face(1, 0)
                        .enhanced(0, 1_000_002, frame(61), 100)
                        .enhanced(0, 3, frame(0), 0),
                "1000002000 100 0 ETHERNET 61; 3000 0 0 ETHERNET 0",
                ""));
        cases.add(new Case(
                "pcapng, big-endian, nanoseconds, options and blocks of other kinds passed over",
                big.section(big.option(4, "made by hand"))
                        .face(1, 96, concat(big.option(2, "eth0"), big.option(9, (byte) 9), big.option(0)))
                        .block(0x0bad, new CaptureBytes[] {CaptureBytes.big().raw(frame(77))}[0])
                        .enhanced(0, 0x1_0000_0002L, frame(60), 60, big.option(1, "comment"))
                        .block(5, CaptureBytes.big().u32(0).i64(1)),
                "4294967298 60 0 ETHERNET 60",
                ""));
        cases.add(new Case(
                "pcapng, time resolutions and an offset, an interface each",
                resolutions(CaptureBytes.little(), 0, 3, 9, 12, 0x80, 0x81, 0x94, 0xbf),
                "12345000000000 8 0 ETHERNET 8; 12345000000 8 1 ETHERNET 8; 12345 8 2 ETHERNET 8; 12 8 3 ETHERNET 8; "
                        + "12345000000000 8 4 ETHERNET 8; 6172500000000 8 5 ETHERNET 8; "
                        + "11773109 8 6 ETHERNET 8; 0 8 7 ETHERNET 8; "
                        + "100000012345 8 8 ETHERNET 8",
                ""));
        cases.add(new Case(
                "pcapng, sections of both byte orders, each with interfaces of its own",
                CaptureBytes.little()
                        .section()
                        .face(1, 0)
                        .face(101, 0)
                        .enhanced(1, 1, frame(4), 4)
                        .order(ByteOrder.BIG_ENDIAN)
                        .section()
                        .face(113, 0)
                        .enhanced(0, 2, frame(5), 5)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .section()
                        .face(0, 0)
                        .enhanced(0, 3, frame(6), 6),
                "1000 4 1 RAW_IP 4; 2000 5 2 LINUX_SLL 5; 3000 6 3 BSD_LOOPBACK 6",
                ""));
        cases.add(new Case(
                "pcapng, simple packets cut at the snap length, old packets, an unknown link type",
                CaptureBytes.little()
                        .section()
                        .face(1, 12)
                        .face(9999, 0)
                        .simple(frame(12), 40)
                        .simple(frame(7), 7)
                        .oldPacket(1, 0xffff, 5, frame(9), 9),
                "0 40 0 ETHERNET 12; 0 7 0 ETHERNET 7; 5000 9 1 OTHER 9",
                ""));
        return cases;
    }

    private static CaptureBytes resolutions(CaptureBytes file, int... resolutions) {
        file.section();
        for (int resolution : resolutions) {
            file.face(1, 0, file.option(9, (byte) resolution));
        }
        byte[] hundred = CaptureBytes.little().i64(100).toBytes();
        file.face(1, 0, concat(file.option(9, (byte) 9), file.option(14, hundred)));
        for (int face = 0; face <= resolutions.length; face++) {
            file.enhanced(face, 12345, frame(8), 8);
        }
        return file;
    }

    private static List<Case> brokenPcapngCases() {
        return List.of(
                new Case(
                        "pcapng whose byte-order magic is none",
                        CaptureBytes.little()
                                .u32(0x0a0d0d0a)
                                .u32(28)
                                .u32(0xdeadbeefL)
                                .i64(1)
                                .i64(1)
                                .u32(28),
                        "",
                        "0 a section header with byte-order magic 0xdeadbeef"),
                new Case(
                        "pcapng of version 2.0",
                        CaptureBytes.little()
                                .block(
                                        0x0a0d0d0a,
                                        CaptureBytes.little()
                                                .u32(0x1a2b3c4d)
                                                .u16(2)
                                                .u16(0)
                                                .i64(-1)),
                        "",
                        "0 pcapng version 2.0"),
                new Case(
                        "pcapng cut inside a block",
                        started().u32(6).u32(100).u32(0).raw(frame(50)),
                        "9000 8 0 ETHERNET 8",
                        "88 the capture ends inside a block"),
                new Case(
                        "pcapng with eight bytes too many",
                        started().u32(6).u32(100),
                        "9000 8 0 ETHERNET 8",
                        "88 the capture ends inside a block"),
                new Case(
                        "pcapng with a block of 4 GiB",
                        started().u32(0x77).u32(0xffff_fffcL).raw(frame(50)),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x77 with length 4294967292"),
                new Case(
                        "pcapng with a block of 11 bytes",
                        started().u32(0x77).u32(11).raw(frame(50)),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x77 with length 11"),
                new Case(
                        "pcapng ending in zeros",
                        started().raw(new byte[64]),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x0 with length 0"),
                new Case(
                        "pcapng whose block's lengths differ",
                        started().u32(0x77).u32(16).u32(0).u32(20),
                        "9000 8 0 ETHERNET 8",
                        "88 a block of 16 bytes that ends saying 20"),
                new Case(
                        "pcapng with a packet longer than its block",
                        started()
                                .block(
                                        6,
                                        CaptureBytes.little()
                                                .u32(0)
                                                .u32(0)
                                                .u32(0)
                                                .u32(9)
                                                .u32(9)
                                                .raw(frame(8))),
                        "9000 8 0 ETHERNET 8",
                        "88 a packet of 9 captured bytes"),
                new Case(
                        "pcapng with a packet of negative length",
                        started()
                                .block(
                                        6,
                                        CaptureBytes.little()
                                                .u32(0)
                                                .i64(0)
                                                .u32(0x8000_0000L)
                                                .u32(9)
                                                .raw(frame(8))),
                        "9000 8 0 ETHERNET 8",
                        "88 a packet of 2147483648 captured bytes"),
                new Case(
                        "pcapng with a packet block too short for its fields",
                        started().block(6, CaptureBytes.little().u32(0).i64(0).u32(0)),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x6 with length 28"),
                new Case(
                        "pcapng with a simple packet longer than its block",
                        started().block(3, CaptureBytes.little().u32(9).raw(frame(8))),
                        "9000 8 0 ETHERNET 8",
                        "88 a packet of 9 captured bytes"),
                new Case(
                        "pcapng with a packet of an interface that is not there",
                        started().enhanced(1, 1, frame(8), 8),
                        "9000 8 0 ETHERNET 8",
                        "88 a packet of interface 1"),
                new Case(
                        "pcapng with a packet of an interface of the section before",
                        started().section().enhanced(0, 1, frame(8), 8),
                        "9000 8 0 ETHERNET 8",
                        "116 a packet of interface 0"),
                new Case(
                        "pcapng with a simple packet before any interface",
                        CaptureBytes.little().section().simple(frame(8), 8),
                        "",
                        "28 a packet of interface 0"),
                new Case(
                        "pcapng with an interface's option longer than its block",
                        started()
                                .face(
                                        1,
                                        0,
                                        CaptureBytes.little()
                                                .u16(2)
                                                .u16(5)
                                                .u32(0)
                                                .toBytes()),
                        "9000 8 0 ETHERNET 8",
                        "88 option 2 of 5 bytes where 4 are left"),
                new Case(
                        "pcapng with an impossible resolution",
                        started().face(1, 0, CaptureBytes.little().option(9, (byte) 20)),
                        "9000 8 0 ETHERNET 8",
                        "88 a time stamp resolution of 0x14"),
                new Case(
                        "pcapng with a resolution of two bytes",
                        started().face(1, 0, CaptureBytes.little().option(9, (byte) 6, (byte) 6)),
                        "9000 8 0 ETHERNET 8",
                        "88 option 9 of 2 bytes"),
                new Case(
                        "pcapng with an interface description too short",
                        started().block(1, CaptureBytes.little().u16(1)),
                        "9000 8 0 ETHERNET 8",
                        "88 an interface description of 16 bytes"));
    }

    /** 88 bytes of sound pcapng with one frame. */
    private static CaptureBytes started() {
        return CaptureBytes.little().section().face(1, 0).enhanced(0, 9, frame(8), 8);
    }

    private static byte[] concat(byte[]... parts) {
        CaptureBytes all = CaptureBytes.little();
        for (byte[] part : parts) {
            all.raw(part);
        }
        return all.toBytes();
    }

    @Test
    void interfacesAreKnownBeforeTheFirstFrameAndGrowWhileReading() throws IOException {
        CaptureBytes file = CaptureBytes.little();
        file.section()
                .face(1, 96, file.option(2, "eth0"))
                .enhanced(0, 1, frame(4), 4)
                .face(9999, 0);
        try (CaptureReader reader = CaptureReader.open(CaptureContents.file(folder, file.toBytes()))) {
            FrameInterface first = new FrameInterface("eth0", LinkType.ETHERNET, 96);
            FrameInterface second = new FrameInterface("", LinkType.OTHER, 9999, 0);
            List<FrameInterface> interfaces = reader.interfaces();
            assertThat(interfaces).containsExactly(first);
            CaptureContents.frames(reader, 1);
            assertThat(interfaces).containsExactly(first, second);
            reader.rewind(0);
            CaptureContents.frames(reader, 1);
            assertThat(interfaces).containsExactly(first, second);
        }
    }

    @Test
    void aRewoundCaptureIsReadAgainWithItsTimeMovedOn() throws IOException {
        CaptureBytes file =
                started().simple(frame(3), 3).enhanced(0, 4, frame(8), 8).enhanced(0, 30, frame(8), 8);
        for (int windowBytes : new int[] {64, CaptureReader.WINDOW_BYTES}) {
            try (CaptureReader reader = CaptureReader.open(CaptureContents.file(folder, file.toBytes()), windowBytes)) {
                List<Frame> first = CaptureContents.frames(reader, 64);
                assertThat(reader.lengthNs()).isEqualTo(26_000);
                for (int round = 1; round < 4; round++) {
                    long shift = round * reader.lengthNs();
                    reader.rewind(shift);
                    assertThat(CaptureContents.frames(reader, 64))
                            .isEqualTo(first.stream()
                                    .map(f ->
                                            new Frame(f.timeNs() + shift, f.original(), f.face(), f.link(), f.bytes()))
                                    .toList());
                }
                assertThat(reader.lengthNs()).isEqualTo(26_000);
            }
        }
    }

    @Test
    void aRewoundBrokenCaptureBreaksAtTheSamePlace() throws IOException {
        byte[] cut = started().u32(6).u32(100).toBytes();
        byte[] unreadable =
                CaptureBytes.little().u32(MICRO).u16(1).u16(4).i64(0).i64(0).toBytes();
        for (byte[] bytes : List.of(cut, unreadable)) {
            try (CaptureReader reader = CaptureReader.open(CaptureContents.file(folder, bytes))) {
                CaptureContents first = CaptureContents.of(reader, 64);
                reader.rewind(0);
                assertThat(CaptureContents.of(reader, 64)).isEqualTo(first);
            }
        }
    }
}
