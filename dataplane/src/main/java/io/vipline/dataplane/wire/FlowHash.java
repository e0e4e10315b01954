package io.vipline.dataplane.wire;

import io.vipline.rules.net.IpAddress;

/**
 * The hash of a tuple. It is the same for a tuple and its reverse, so one slot of the connection table serves both
 * directions of a connection that is not translated, and finds the reply as the client sees it.
 */
public final class FlowHash {
    private static final long K1 = 0x9E37_79B9_7F4A_7C15L;
    private static final long K2 = 0xC2B2_AE3D_27D4_EB4FL;

    private FlowHash() {}

    public static int of(Packet packet) {
        if (packet.family == Packet.IPV4) {
            return ofV4(packet.v4Addresses(), packet.ports(), packet.protocol);
        }
        long from = side(packet.sourceHigh, packet.sourceLow, packet.sourcePort);
        long to = side(packet.destinationHigh, packet.destinationLow, packet.destinationPort);
        return of(from, to, packet.protocol);
    }

    /** @param addresses as {@link Packet#v4Addresses} @param ports as {@link Packet#ports} */
    public static int ofV4(long addresses, int ports, int protocol) {
        long from = side(IpAddress.V4_PREFIX | addresses >>> 32, ports >>> 16);
        long to = side(IpAddress.V4_PREFIX | addresses & 0xffff_ffffL, ports & 0xffff);
        return of(from, to, protocol);
    }

    /** @return the hash of a tuple whose two {@linkplain #side sides} are given in either order; never 0 */
    public static int of(long side, long otherSide, int protocol) {
        int hash = (int) ((side + otherSide + protocol) * K2 >>> 32);
        return hash == 0 ? 1 : hash;
    }

    /** One end of an IPv4 tuple, mixed so that the sum of two is no longer linear in them. */
    public static long side(long low, int port) {
        long mixed = (low ^ (long) port << 48) * K1;
        return mixed ^ mixed >>> 32;
    }

    /** One end of an IPv6 tuple. */
    public static long side(long high, long low, int port) {
        return side((high * K2 ^ high >>> 31) + low, port);
    }
}
