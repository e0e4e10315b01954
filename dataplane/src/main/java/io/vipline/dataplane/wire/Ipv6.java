package io.vipline.dataplane.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.memory.NativeMemory;

/**
 * RFC 8200.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+---------------+---------------------------------------+
 * |Version| Traffic Class |               Flow Label              |  0
 * +-------+-------+-------+-------+---------------+---------------+
 * |         Payload Length        |  Next Header  |   Hop Limit   |  4
 * +-------------------------------+---------------+---------------+
 * |                      Source Address (16)                      |  8
 * |                   Destination Address (16)                    | 24
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class Ipv6 {
    public static final int HEADER_BYTES = 40;
    public static final int PAYLOAD_LENGTH = 4;
    public static final int NEXT_HEADER = 6;
    public static final int HOP_LIMIT = 7;
    public static final int SOURCE = 8;
    public static final int DESTINATION = 24;

    public static final int HOP_BY_HOP = 0;
    public static final int ROUTING = 43;
    public static final int FRAGMENT_HEADER = 44;
    public static final int FRAGMENT_HEADER_BYTES = 8;
    public static final int AUTHENTICATION = 51;
    public static final int NO_NEXT_HEADER = 59;
    public static final int DESTINATION_OPTIONS = 60;

    private Ipv6() {}

    static void decode(NativeMemory memory, Packet packet) {
        packet.family = Packet.IPV6;
        int at = packet.frameOffset + packet.network;
        int available = packet.captured - packet.network;
        if (available < HEADER_BYTES) {
            packet.problem = DropReason.IP_HEADER_TRUNCATED;
            return;
        }
        if ((memory.getByte(at) >>> 4 & 15) != 6) {
            packet.problem = DropReason.IP_VERSION_MISMATCH;
            return;
        }
        int onWire = packet.original - packet.network;
        int payload = memory.getShort(at + PAYLOAD_LENGTH, BIG_ENDIAN) & 0xffff;
        // 0: a jumbogram or a segmentation-offload frame (BIG TCP); the frame's own length tells.
        int ipBytes =
                payload == 0 && memory.getByte(at + NEXT_HEADER) != NO_NEXT_HEADER ? onWire : HEADER_BYTES + payload;
        if (ipBytes > onWire) {
            packet.problem = DropReason.IP_LENGTH;
            return;
        }
        packet.ipBytes = ipBytes;
        packet.ttl = memory.getByte(at + HOP_LIMIT) & 0xff;
        packet.sourceHigh = memory.getLong(at + SOURCE, BIG_ENDIAN);
        packet.sourceLow = memory.getLong(at + SOURCE + 8, BIG_ENDIAN);
        packet.destinationHigh = memory.getLong(at + DESTINATION, BIG_ENDIAN);
        packet.destinationLow = memory.getLong(at + DESTINATION + 8, BIG_ENDIAN);
        extensions(memory, packet, Math.min(available, ipBytes));
    }

    /**
     * Walks extension headers as {@code ipv6_skip_exthdr} does; an unknown one ends the walk and is the protocol.
     *
     * @param available bytes of the IP packet that are there
     */
    private static void extensions(NativeMemory memory, Packet packet, int available) {
        int at = packet.frameOffset + packet.network;
        int offset = HEADER_BYTES;
        int next = memory.getByte(at + NEXT_HEADER) & 0xff;
        while (isExtension(next)) {
            if (offset + 8 > available) {
                packet.problem = DropReason.IPV6_EXTENSION_TRUNCATED;
                return;
            }
            int following = memory.getByte(at + offset) & 0xff;
            int length = (memory.getByte(at + offset + 1) & 0xff);
            if (next == FRAGMENT_HEADER) {
                fragment(memory, packet, offset);
                offset += 8;
                if (packet.fragment && packet.fragmentOffset > 0) {
                    next = following;
                    break;
                }
            } else {
                offset += next == AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
            }
            next = following;
        }
        if (offset > packet.ipBytes || offset > available) {
            packet.problem = DropReason.IPV6_EXTENSION_TRUNCATED;
            return;
        }
        // ipv6_skip_exthdr() finds no protocol behind this: INVALID
        packet.malformedTransport = next == NO_NEXT_HEADER;
        packet.protocol = next;
        packet.transport = packet.network + offset;
        packet.transportBytes = packet.ipBytes - offset;
        packet.transportCaptured = Math.min(available - offset, packet.transportBytes);
    }

    private static boolean isExtension(int next) {
        return next == HOP_BY_HOP
                || next == ROUTING
                || next == FRAGMENT_HEADER
                || next == DESTINATION_OPTIONS
                || next == AUTHENTICATION;
    }

    private static void fragment(NativeMemory memory, Packet packet, int offset) {
        int at = packet.frameOffset + packet.network + offset;
        int field = memory.getShort(at + 2, BIG_ENDIAN) & 0xffff;
        packet.fragmentHeader = packet.network + offset;
        packet.payload = packet.fragmentHeader + 8;
        packet.fragmentOffset = field & 0xfff8;
        packet.moreFragments = (field & 1) != 0;
        packet.fragmentId = memory.getInt(at + 4, BIG_ENDIAN);
        // An atomic fragment (RFC 6946) is a whole packet.
        packet.fragment = packet.fragmentOffset > 0 || packet.moreFragments;
    }
}
