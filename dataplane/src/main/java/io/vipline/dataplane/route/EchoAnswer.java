package io.vipline.dataplane.route;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/** Turns an echo request into its reply where it lies ({@code icmp_echo}, {@code icmpv6_echo_reply}). */
final class EchoAnswer {
    private static final int V4_REQUEST = 8 << 8;
    private static final int V4_REPLY = 0;
    private static final int V6_REQUEST = 128 << 8;
    private static final int V6_REPLY = 129 << 8;
    private static final int HOP_LIMIT = 64;

    private EchoAnswer() {}

    /** Whether a finished frame is an unfragmented echo request. */
    static boolean isRequest(NativeMemory memory, int record, Packet packet) {
        boolean isIcmp = packet.protocol == Transport.ICMP || packet.protocol == Transport.ICMPV6;
        if (!isIcmp || packet.fragment || packet.transportCaptured < Transport.ICMP_BYTES) {
            return false;
        }
        int request = packet.family == Packet.IPV4 ? V4_REQUEST : V6_REQUEST;
        int icmp = record + FinishedFrame.HEADER_BYTES + packet.transport;
        return (memory.getShort(icmp, BIG_ENDIAN) & 0xffff) == request;
    }

    /** Swaps the addresses, which leaves every checksum as it is, and makes the request a reply. */
    static void write(NativeMemory memory, int record, Packet packet) {
        int frame = record + FinishedFrame.HEADER_BYTES;
        int ip = frame + packet.network;
        boolean isV4 = packet.family == Packet.IPV4;
        if (isV4) {
            int source = memory.getInt(ip + Ipv4.SOURCE);
            memory.putInt(ip + Ipv4.SOURCE, memory.getInt(ip + Ipv4.DESTINATION));
            memory.putInt(ip + Ipv4.DESTINATION, source);
            int old = memory.getShort(ip + Ipv4.TTL, BIG_ENDIAN);
            int now = HOP_LIMIT << 8 | Transport.ICMP;
            memory.putShort(ip + Ipv4.TTL, (short) now, BIG_ENDIAN);
            update(memory, ip + Ipv4.CHECKSUM, Checksum.difference16(old, now));
        } else {
            for (int i = 0; i < 16; i += 8) {
                long source = memory.getLong(ip + Ipv6.SOURCE + i);
                memory.putLong(ip + Ipv6.SOURCE + i, memory.getLong(ip + Ipv6.DESTINATION + i));
                memory.putLong(ip + Ipv6.DESTINATION + i, source);
            }
            memory.putByte(ip + Ipv6.HOP_LIMIT, (byte) HOP_LIMIT);
        }
        int icmp = frame + packet.transport;
        int reply = isV4 ? V4_REPLY : V6_REPLY;
        long difference = Checksum.difference16(memory.getShort(icmp, BIG_ENDIAN), reply);
        memory.putShort(icmp, (short) reply, BIG_ENDIAN);
        if (packet.checksumStart < 0) {
            update(memory, icmp + Transport.ICMP_CHECKSUM, difference);
        }
    }

    private static void update(NativeMemory memory, int field, long difference) {
        memory.putShort(field, (short) Checksum.update(memory.getShort(field, BIG_ENDIAN), difference), BIG_ENDIAN);
    }
}
