package io.vipline.dataplane.frame.capture;

import static io.vipline.dataplane.frame.capture.CaptureBytes.frame;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Captures in the pcapng format, sound and broken. */
final class CraftedPcapng {
    private CraftedPcapng() {}

    static List<CraftedCapture> sound() {
        CaptureBytes little = CaptureBytes.little();
        CaptureBytes big = CaptureBytes.big();
        List<CraftedCapture> cases = new ArrayList<>();
        cases.add(new CraftedCapture(
                "pcapng, little-endian, microseconds unless said",
                little.section()
                        .face(1, 0)
                        .enhanced(0, 1_000_002, frame(61), 100)
                        .enhanced(0, 3, frame(0), 0),
                "1000002000 100 0 ETHERNET 61; 3000 0 0 ETHERNET 0",
                ""));
        cases.add(new CraftedCapture(
                "pcapng, big-endian, nanoseconds, options and blocks of other kinds passed over",
                big.section(big.option(4, "made by hand"))
                        .face(1, 96, concat(big.option(2, "eth0"), big.option(9, (byte) 9), big.option(0)))
                        .block(0x0bad, new CaptureBytes[] {CaptureBytes.big().raw(frame(77))}[0])
                        .enhanced(0, 0x1_0000_0002L, frame(60), 60, big.option(1, "comment"))
                        .block(5, CaptureBytes.big().u32(0).i64(1)),
                "4294967298 60 0 ETHERNET 60",
                ""));
        cases.add(new CraftedCapture(
                "pcapng, time resolutions and an offset, an interface each",
                resolutions(CaptureBytes.little(), 0, 3, 9, 12, 0x80, 0x81, 0x94, 0xbf),
                "12345000000000 8 0 ETHERNET 8; 12345000000 8 1 ETHERNET 8; 12345 8 2 ETHERNET 8; 12 8 3 ETHERNET 8; "
                        + "12345000000000 8 4 ETHERNET 8; 6172500000000 8 5 ETHERNET 8; "
                        + "11773109 8 6 ETHERNET 8; 0 8 7 ETHERNET 8; "
                        + "100000012345 8 8 ETHERNET 8",
                ""));
        cases.add(new CraftedCapture(
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
        cases.add(new CraftedCapture(
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

    static List<CraftedCapture> broken() {
        return List.of(
                new CraftedCapture(
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
                new CraftedCapture(
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
                new CraftedCapture(
                        "pcapng cut inside a block",
                        started().u32(6).u32(100).u32(0).raw(frame(50)),
                        "9000 8 0 ETHERNET 8",
                        "88 the capture ends inside a block"),
                new CraftedCapture(
                        "pcapng with eight bytes too many",
                        started().u32(6).u32(100),
                        "9000 8 0 ETHERNET 8",
                        "88 the capture ends inside a block"),
                new CraftedCapture(
                        "pcapng with a block of 4 GiB",
                        started().u32(0x77).u32(0xffff_fffcL).raw(frame(50)),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x77 with length 4294967292"),
                new CraftedCapture(
                        "pcapng with a block of 11 bytes",
                        started().u32(0x77).u32(11).raw(frame(50)),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x77 with length 11"),
                new CraftedCapture(
                        "pcapng ending in zeros",
                        started().raw(new byte[64]),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x0 with length 0"),
                new CraftedCapture(
                        "pcapng whose block's lengths differ",
                        started().u32(0x77).u32(16).u32(0).u32(20),
                        "9000 8 0 ETHERNET 8",
                        "88 a block of 16 bytes that ends saying 20"),
                new CraftedCapture(
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
                new CraftedCapture(
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
                new CraftedCapture(
                        "pcapng with a packet block too short for its fields",
                        started().block(6, CaptureBytes.little().u32(0).i64(0).u32(0)),
                        "9000 8 0 ETHERNET 8",
                        "88 block of type 0x6 with length 28"),
                new CraftedCapture(
                        "pcapng with a simple packet longer than its block",
                        started().block(3, CaptureBytes.little().u32(9).raw(frame(8))),
                        "9000 8 0 ETHERNET 8",
                        "88 a packet of 9 captured bytes"),
                new CraftedCapture(
                        "pcapng with a packet of an interface that is not there",
                        started().enhanced(1, 1, frame(8), 8),
                        "9000 8 0 ETHERNET 8",
                        "88 a packet of interface 1"),
                new CraftedCapture(
                        "pcapng with a packet of an interface of the section before",
                        started().section().enhanced(0, 1, frame(8), 8),
                        "9000 8 0 ETHERNET 8",
                        "116 a packet of interface 0"),
                new CraftedCapture(
                        "pcapng with a simple packet before any interface",
                        CaptureBytes.little().section().simple(frame(8), 8),
                        "",
                        "28 a packet of interface 0"),
                new CraftedCapture(
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
                new CraftedCapture(
                        "pcapng with an impossible resolution",
                        started().face(1, 0, CaptureBytes.little().option(9, (byte) 20)),
                        "9000 8 0 ETHERNET 8",
                        "88 a time stamp resolution of 0x14"),
                new CraftedCapture(
                        "pcapng with a resolution of two bytes",
                        started().face(1, 0, CaptureBytes.little().option(9, (byte) 6, (byte) 6)),
                        "9000 8 0 ETHERNET 8",
                        "88 option 9 of 2 bytes"),
                new CraftedCapture(
                        "pcapng with an interface description too short",
                        started().block(1, CaptureBytes.little().u16(1)),
                        "9000 8 0 ETHERNET 8",
                        "88 an interface description of 16 bytes"));
    }

    /** 88 bytes of sound pcapng with one frame. */
    static CaptureBytes started() {
        return CaptureBytes.little().section().face(1, 0).enhanced(0, 9, frame(8), 8);
    }

    private static byte[] concat(byte[]... parts) {
        CaptureBytes all = CaptureBytes.little();
        for (byte[] part : parts) {
            all.raw(part);
        }
        return all.toBytes();
    }
}
