package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.LinkType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** For tests of other packages: what a source shows and what tcpdump does, as lines; and a capture to filter. */
public final class CaptureOracle {
    private static final String IPV4 =
            "4500002c000100004011 0000 0a000001 0a000002 0035 1234 0018 0000".replace(" ", "");
    private static final String IPV6 =
            "60000000000c0640 fd000000000000000000000000000001 fd000000000000000000000000000002 1234 0050 00000000"
                    .replace(" ", "");
    private static final String ETHERNET_ADDRESSES = "020000000002020000000001";

    private CaptureOracle() {}

    public static void assumeInstalled() {
        Tcpdump.assumeInstalled();
    }

    public static List<String> read(FrameSource source) {
        return lines(CapturesOfOthersTest.withoutInterfaces(CaptureContents.frames(source, FrameBatch.CAPACITY)));
    }

    /** @return empty if tcpdump refuses the filter */
    public static Optional<List<String>> expected(Path capture, String filter) throws IOException {
        Tcpdump.Reading reading = Tcpdump.read(capture, filter);
        return reading.exitCode() == 0 ? Optional.of(lines(reading.frames())) : Optional.empty();
    }

    private static List<String> lines(List<CaptureContents.Frame> frames) {
        return frames.stream().map(CaptureContents.Frame::toString).toList();
    }

    /** A capture of IPv4 and IPv6 frames, longer and shorter, in every link type's own wrapping. */
    public static Path mixedTraffic(Path folder, LinkType type, ByteOrder order) throws IOException {
        CaptureBytes file = CaptureBytes.little().order(order).pcap(PcapParser.NANOSECONDS, 0, type.number());
        for (int i = 0; i < 20; i++) {
            byte[] bytes = HexFormat.of().parseHex(wrapped(type, order, i % 3 != 0) + "00".repeat(5 * i));
            file.record(i, i, bytes, bytes.length);
        }
        return Files.write(folder.resolve(type + "-" + order + ".pcap"), file.toBytes());
    }

    private static String wrapped(LinkType type, ByteOrder order, boolean isV4) {
        String etherType = isV4 ? "0800" : "86dd";
        String head = switch (type) {
            case BSD_LOOPBACK -> {
                // macOS's number for IPv6
                byte[] family = ByteBuffer.allocate(4)
                        .order(order)
                        .putInt(isV4 ? 2 : 30)
                        .array();
                yield HexFormat.of().formatHex(family);
            }
            case OPENBSD_LOOPBACK -> isV4 ? "00000002" : "00000018";
            case ETHERNET -> ETHERNET_ADDRESSES + etherType;
            case LINUX_SLL -> "0000 0001 0006 020000000001 0000".replace(" ", "") + etherType;
            case LINUX_SLL2 -> etherType + "0000 00000001 0001 00 06 020000000001 0000".replace(" ", "");
            case RAW_IP, RAW_IPV4, RAW_IPV6, OTHER -> "";
        };
        boolean ipv4 = isV4 && type != LinkType.RAW_IPV6 || type == LinkType.RAW_IPV4;
        return head + (ipv4 ? IPV4 : IPV6);
    }
}
