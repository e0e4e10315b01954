package io.vipline.dataplane.frame.capture;

import static io.vipline.dataplane.frame.capture.CaptureBytes.frame;

import java.util.ArrayList;
import java.util.List;

/** Captures in the pcap format, sound and broken. */
final class CraftedPcap {
    private static final int MICRO = 0xa1b2c3d4;
    private static final int NANO = 0xa1b23c4d;

    private CraftedPcap() {}

    static List<CraftedCapture> all() {
        List<CraftedCapture> cases = new ArrayList<>();
        cases.add(new CraftedCapture(
                "pcap, microseconds, little-endian",
                CaptureBytes.little()
                        .pcap(MICRO, 0, 1)
                        .record(1, 2, frame(60), 60)
                        .record(3, 999_999, frame(61), 70),
                "1000002000 60 0 ETHERNET 60; 3999999000 70 0 ETHERNET 61",
                ""));
        cases.add(new CraftedCapture(
                "pcap, microseconds, big-endian, time after 2038",
                CaptureBytes.big().pcap(MICRO, 65535, 113).record(0xffff_ffffL, 5, frame(20), 20),
                "4294967295000005000 20 0 LINUX_SLL 20",
                ""));
        cases.add(new CraftedCapture(
                "pcap, nanoseconds, little-endian",
                CaptureBytes.little().pcap(NANO, 0, 101).record(1, 2, frame(9), 9),
                "1000000002 9 0 RAW_IP 9",
                ""));
        cases.add(new CraftedCapture(
                "pcap, nanoseconds, big-endian",
                CaptureBytes.big().pcap(NANO, 0, 276).record(1, 999_999_999, frame(9), 9),
                "1999999999 9 0 LINUX_SLL2 9",
                ""));
        cases.add(new CraftedCapture(
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
        cases.add(new CraftedCapture(
                "pcap whose link type's field also says the length of the check sequence",
                CaptureBytes.little().pcap(MICRO, 0, 0x4400_0000).record(0, 1, frame(0), 0),
                "1000 0 0 BSD_LOOPBACK 0",
                ""));
        cases.add(new CraftedCapture(
                "pcap with more captured than its snap length, shown up to it as libpcap does",
                CaptureBytes.little()
                        .pcap(MICRO, 10, 1)
                        .record(0, 0, frame(30), 90)
                        .record(0, 1, frame(5), 5),
                "0 90 0 ETHERNET 10; 1000 5 0 ETHERNET 5",
                ""));
        cases.add(new CraftedCapture(
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
        cases.add(new CraftedCapture(
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
        cases.add(new CraftedCapture(
                "pcap whose wire length is below the captured one",
                CaptureBytes.little()
                        .pcap(MICRO, 0, 1)
                        .record(1, 0, frame(8), 3)
                        .record(2, 0, frame(8), 0xffff_ffffL),
                "1000000000 8 0 ETHERNET 8; 2000000000 8 0 ETHERNET 8",
                ""));
        cases.addAll(broken());
        return cases;
    }

    private static List<CraftedCapture> broken() {
        CaptureBytes bodyCut = CaptureBytes.little().pcap(MICRO, 0, 1).record(1, 0, frame(8), 8);
        return List.of(
                new CraftedCapture("an empty file", CaptureBytes.little(), "", "0 an empty file"),
                new CraftedCapture(
                        "three bytes",
                        CaptureBytes.little().raw((byte) 1, (byte) 2, (byte) 3),
                        "",
                        "0 a file of 3 bytes"),
                new CraftedCapture(
                        "a text",
                        CaptureBytes.big().u32(0x68656c6c).u32(0x6f21),
                        "",
                        "0 no capture: it begins with 68656c6c"),
                new CraftedCapture(
                        "half a pcap header",
                        CaptureBytes.little().u32(MICRO).u16(2).u16(4),
                        "",
                        "0 a file of 8 bytes"),
                new CraftedCapture("a pcap header alone", CaptureBytes.little().pcap(MICRO, 0, 1), "", ""),
                new CraftedCapture(
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
                new CraftedCapture(
                        "pcap cut inside a frame",
                        bodyCut.u32(2).u32(0).u32(8).u32(8).raw(frame(7)),
                        "1000000000 8 0 ETHERNET 8",
                        "48 the capture ends inside a record"),
                new CraftedCapture(
                        "pcap cut inside a record's header",
                        CaptureBytes.little()
                                .pcap(MICRO, 0, 1)
                                .record(1, 0, frame(8), 8)
                                .u32(1)
                                .u32(2),
                        "1000000000 8 0 ETHERNET 8",
                        "48 the capture ends inside a record"),
                new CraftedCapture(
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
                new CraftedCapture(
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
}
