package io.vipline.dataplane.route;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;

/**
 * The IPv6 hop-by-hop options, which every router looks at before anything else does: {@code ipv6_parse_hopopts}, {@code
 * ip6_parse_tlv} (RFC 8200 4.2, 4.3).
 */
public final class HopByHopOptions {
    /** {@link #problem}: none. */
    public static final int NONE = 0;
    /** {@link #problem}: the packet goes, and nobody is told. */
    public static final int SILENT = -1;
    /** ICMPv6 parameter problem codes: the upper half of what {@link #problem} returns. */
    public static final int ERRONEOUS_FIELD = 0;

    public static final int UNRECOGNIZED_OPTION = 2;

    private static final int PAD_1 = 0;
    private static final int PAD_N = 1;
    private static final int ROUTER_ALERT = 5;
    private static final int JUMBO_PAYLOAD = 0xc2;
    private static final int MOST_PADDING = 7;
    /** {@code net.ipv6.max_hbh_opts_number}. */
    private static final int MOST_OPTIONS = 8;

    private HopByHopOptions() {}

    public static boolean has(NativeMemory memory, Packet packet) {
        return packet.family == Packet.IPV6
                && memory.getByte(packet.frameOffset + packet.network + Ipv6.NEXT_HEADER) == Ipv6.HOP_BY_HOP;
    }

    /**
     * Judges the options of a packet that has some.
     *
     * @return {@link #NONE}, {@link #SILENT}, or {@code code << 16 | offset} of the octet that is wrong, from the IP header
     */
    public static int problem(NativeMemory memory, Packet packet) {
        int ip = packet.frameOffset + packet.network;
        int header = ip + Ipv6.HEADER_BYTES;
        int end = header + ((memory.getByte(header + 1) & 0xff) + 1) * 8;
        if (end > packet.frameOffset + packet.captured) {
            return SILENT;
        }
        int padding = 0;
        int options = 0;
        int at = header + 2;
        while (at < end) {
            int type = memory.getByte(at) & 0xff;
            int length = type == PAD_1 ? 1 : at + 1 < end ? (memory.getByte(at + 1) & 0xff) + 2 : 2;
            if (at + length > end || type == PAD_N && !isZero(memory, at + 2, at + length)) {
                return SILENT;
            }
            if (type == PAD_1 || type == PAD_N) {
                padding += length;
                if (padding > MOST_PADDING) {
                    return SILENT;
                }
            } else {
                padding = 0;
                int problem = ++options > MOST_OPTIONS ? SILENT : option(memory, packet, at, type);
                if (problem != NONE) {
                    return problem;
                }
            }
            at += length;
        }
        return NONE;
    }

    private static boolean isZero(NativeMemory memory, int from, int to) {
        for (int at = from; at < to; at++) {
            if (memory.getByte(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private static int option(NativeMemory memory, Packet packet, int at, int type) {
        int offset = at - packet.frameOffset - packet.network;
        return switch (type) {
            case ROUTER_ALERT -> memory.getByte(at + 1) == 2 ? NONE : SILENT;
            case JUMBO_PAYLOAD -> jumbo(memory, packet, at, offset);
            // the two highest bits say what is to be done by who does not know the option
            default ->
                switch (type >>> 6) {
                    case 0 -> NONE;
                    case 1 -> SILENT;
                    case 2 -> UNRECOGNIZED_OPTION << 16 | offset;
                    default -> packet.destinationHigh >>> 56 == 0xff ? SILENT : UNRECOGNIZED_OPTION << 16 | offset;
                };
        };
    }

    /** RFC 2675. */
    private static int jumbo(NativeMemory memory, Packet packet, int at, int offset) {
        if (memory.getByte(at + 1) != 4 || (offset & 3) != 2) {
            return SILENT;
        }
        long length = memory.getInt(at + 2, BIG_ENDIAN) & 0xffff_ffffL;
        if (length <= 0xffff) {
            return ERRONEOUS_FIELD << 16 | offset + 2;
        }
        int ip = packet.frameOffset + packet.network;
        boolean hasOtherLength = memory.getShort(ip + Ipv6.PAYLOAD_LENGTH) != 0;
        if (hasOtherLength) {
            return ERRONEOUS_FIELD << 16 | offset;
        }
        return length > packet.original - packet.network - Ipv6.HEADER_BYTES ? SILENT : NONE;
    }
}
