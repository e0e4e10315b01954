package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/**
 * An answer as its client saw it, coming from the virtual IP. What the endpoint sent differed in addresses, ports, one
 * more hop to live, and the checksums that follow; the reply path takes all that back. Both ways cancel out: RFC 1624
 * arithmetic is addition modulo 0xffff, so the frame is what was captured. Two things do not come back, and are counted:
 * a TTL of 255, which has no value above it, and a checksum of 0xffff, whose sum comes out as 0 (but for UDP, which never
 * sends 0).
 */
final class ClientReply {
    private ClientReply() {}

    /**
     * Makes the copy of the captured frame what the reply path makes of the endpoint's.
     *
     * @param frame where the copy begins
     */
    static void pass(NativeMemory out, int frame, Packet packet, Counters counters) {
        if (packet.ttl == 255) {
            Emitter.decrementTtl(out, frame, packet);
            counters.clientRepliesWithTtl255++;
        }
        boolean other = packet.family == Packet.IPV4 && toZero(out, frame + packet.network + Ipv4.CHECKSUM);
        int field = checksumField(packet);
        if (field >= 0 && packet.transportCaptured >= field + 2 && !packet.hasPartialChecksum()) {
            other |= toZero(out, frame + packet.transport + field);
        }
        if (other) {
            counters.clientRepliesWithOtherZero++;
        }
    }

    private static int checksumField(Packet packet) {
        if (packet.fragment && packet.fragmentOffset > 0) {
            return -1;
        }
        return switch (packet.protocol) {
            case Transport.TCP -> Transport.TCP_CHECKSUM;
            case Transport.ICMPV6 -> Transport.ICMP_CHECKSUM;
            default -> -1;
        };
    }

    private static boolean toZero(NativeMemory out, int field) {
        boolean isAllOnes = out.getShort(field, BIG_ENDIAN) == (short) 0xffff;
        if (isAllOnes) {
            out.putShort(field, (short) 0, BIG_ENDIAN);
        }
        return isAllOnes;
    }
}
