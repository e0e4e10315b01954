package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Crc32c;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/**
 * Judges checksums as the kernel does on arrival: {@code ip_rcv_core} drops a packet with a wrong header checksum,
 * conntrack ({@code nf_conntrack_checksum=1}) calls one with a wrong transport checksum INVALID. What is cut, fragmented or
 * unfinished cannot be judged and counts as right. Owned by one thread.
 */
final class ChecksumVerifier {
    private final Crc32c crc = new Crc32c();

    static boolean isIpRight(NativeMemory memory, Packet packet) {
        return packet.family != Packet.IPV4 || Ipv4.hasRightChecksum(memory, packet);
    }

    boolean isTransportRight(NativeMemory memory, Packet packet) {
        boolean isJudged = packet.transportCaptured == packet.transportBytes
                && !packet.fragment
                && !packet.hasPartialChecksum()
                && !packet.malformedTransport;
        if (!isJudged) {
            return true;
        }
        int at = packet.frameOffset + packet.transport;
        return switch (packet.protocol) {
            case Transport.TCP, Transport.ICMPV6 -> isZeroSum(memory, packet, packet.transportBytes, true);
            case Transport.UDP -> {
                int length = memory.getShort(at + 4, BIG_ENDIAN) & 0xffff;
                yield memory.getShort(at + Transport.UDP_CHECKSUM) == 0 || isZeroSum(memory, packet, length, true);
            }
            case Transport.ICMP -> isZeroSum(memory, packet, packet.transportBytes, false);
            case Transport.SCTP ->
                crc.of(memory, at, packet.transportBytes) == memory.getInt(at + Transport.SCTP_CHECKSUM, LITTLE_ENDIAN);
            default -> true;
        };
    }

    private static boolean isZeroSum(NativeMemory memory, Packet packet, int bytes, boolean pseudoHeader) {
        long sum = Checksum.sum(memory, packet.frameOffset + packet.transport, bytes);
        if (pseudoHeader) {
            sum += Checksum.pseudoHeader(packet, packet.protocol, bytes);
        }
        return Checksum.fold(sum) == 0xffff;
    }
}
