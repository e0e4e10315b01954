package io.vipline.dataplane.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.memory.NativeMemory;

/**
 * RFC 791.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+-------------------------------+
 * |Version|  IHL  |Type of Service|          Total Length         |  0
 * +-------+-------+---------------+-----+-------------------------+
 * |         Identification        |Flags|      Fragment Offset    |  4
 * +---------------+---------------+-----+-------------------------+
 * |  Time to Live |    Protocol   |         Header Checksum       |  8
 * +---------------+---------------+-------------------------------+
 * |                       Source Address                          | 12
 * |                    Destination Address                        | 16
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class Ipv4 {
    public static final int MIN_HEADER_BYTES = 20;
    public static final int TYPE_OF_SERVICE = 1;
    public static final int TOTAL_LENGTH = 2;
    public static final int IDENTIFICATION = 4;
    public static final int FRAGMENT = 6;
    public static final int TTL = 8;
    public static final int PROTOCOL = 9;
    public static final int CHECKSUM = 10;
    public static final int SOURCE = 12;
    public static final int DESTINATION = 16;

    public static final int DONT_FRAGMENT = 0x4000;
    public static final int MORE_FRAGMENTS = 0x2000;
    public static final int FRAGMENT_OFFSET_MASK = 0x1fff;

    /** What one hop less changes in the header's sum, whatever the time to live was: see {@link Checksum#difference16}. */
    public static final int HOP_DIFFERENCE = 0xfeff;

    /** In the word of the header where the time to live stands on top. */
    public static final int ONE_HOP = 1 << 24;

    private Ipv4() {}

    static void decode(NativeMemory memory, Packet packet) {
        packet.family = Packet.IPV4;
        int at = packet.frameOffset + packet.network;
        int available = packet.captured - packet.network;
        if (available < MIN_HEADER_BYTES) {
            packet.problem = DropReason.IP_HEADER_TRUNCATED;
            return;
        }
        int first = memory.getByte(at);
        int headerBytes = (first & 15) * 4;
        if ((first >>> 4 & 15) != 4) {
            packet.problem = DropReason.IP_VERSION_MISMATCH;
            return;
        }
        int onWire = packet.original - packet.network;
        int totalLength = memory.getShort(at + TOTAL_LENGTH, BIG_ENDIAN) & 0xffff;
        // Segmentation offload leaves 0 where the length does not fit or is not known yet.
        int ipBytes = totalLength == 0 ? onWire : totalLength;
        if (headerBytes < MIN_HEADER_BYTES || headerBytes > ipBytes) {
            packet.problem = DropReason.IPV4_HEADER_LENGTH;
            return;
        }
        if (ipBytes > onWire) {
            packet.problem = DropReason.IP_LENGTH;
            return;
        }
        if (headerBytes > available) {
            packet.problem = DropReason.IP_HEADER_TRUNCATED;
            return;
        }
        packet.ipBytes = ipBytes;
        packet.transport = packet.network + headerBytes;
        packet.payload = packet.transport;
        packet.transportBytes = ipBytes - headerBytes;
        packet.transportCaptured = Math.min(available - headerBytes, packet.transportBytes);
        packet.ttl = memory.getByte(at + TTL) & 0xff;
        packet.protocol = memory.getByte(at + PROTOCOL) & 0xff;
        packet.v4Addresses(memory.getLong(at + SOURCE, BIG_ENDIAN));
        int fragment = memory.getShort(at + FRAGMENT, BIG_ENDIAN);
        if ((fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) != 0) {
            packet.fragment = true;
            packet.fragmentOffset = (fragment & FRAGMENT_OFFSET_MASK) * 8;
            packet.moreFragments = (fragment & MORE_FRAGMENTS) != 0;
            packet.fragmentId = memory.getShort(at + IDENTIFICATION, BIG_ENDIAN) & 0xffff;
        }
    }

    /** Whether the header's checksum is right ({@code ip_rcv_core} drops a packet with a wrong one). */
    public static boolean hasRightChecksum(NativeMemory memory, Packet packet) {
        long sum = Checksum.sum(memory, packet.frameOffset + packet.network, packet.transport - packet.network);
        return Checksum.fold(sum) == 0xffff;
    }
}
