package io.vipline.dataplane.icmp;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/**
 * Writes the reset that a rule answers a segment with: {@code nf_send_reset} ({@code net/ipv4/netfilter/nf_reject_ipv4.c}),
 * {@code nf_send_reset6}. It comes from whom the segment was sent to, as its sender knows it.
 */
public final class TcpReset {
    private static final int HOP_LIMIT = 64;
    private static final int SEQUENCE = 4;
    private static final int ACKNOWLEDGMENT = 8;
    private static final int OFFSET_AND_FLAGS = 12;

    private TcpReset() {}

    /** Whether a packet is answered with a reset: a segment that is none itself, with all of its header. */
    public static boolean mayAnswer(Packet packet) {
        return packet.protocol == Transport.TCP
                && IcmpAnswers.mayAnswer(packet)
                && packet.transportBytes >= Transport.TCP_MIN_BYTES
                && packet.transportCaptured >= Transport.TCP_MIN_BYTES
                && (packet.tcpFlags & Transport.RST) == 0;
    }

    /** @return length of the frame that {@link #write} will write */
    public static int frameBytes(Packet packet) {
        return packet.network + IcmpAnswers.ipHeaderBytes(packet) + Transport.TCP_MIN_BYTES;
    }

    /**
     * Writes the frame.
     *
     * @param in memory of the segment's frame
     * @param out has {@link #frameBytes} bytes of room at {@code at}
     */
    public static void write(NativeMemory in, Packet packet, NativeMemory out, int at) {
        IcmpAnswers.link(in, packet, out, at);
        int ip = at + packet.network;
        int tcp = ip + IcmpAnswers.ipHeaderBytes(packet);
        segment(in, packet, out, tcp);
        long sum = Checksum.sum(out, tcp, Transport.TCP_MIN_BYTES)
                + Checksum.pseudoHeader(packet, Transport.TCP, Transport.TCP_MIN_BYTES);
        out.putShort(tcp + Transport.TCP_CHECKSUM, (short) ~Checksum.fold(sum), BIG_ENDIAN);
        if (packet.family == Packet.IPV4) {
            ipv4(packet, out, ip);
        } else {
            ipv6(packet, out, ip);
        }
    }

    /** RFC 9293 3.10.7.1: in sequence for who sent the segment. */
    private static void segment(NativeMemory in, Packet packet, NativeMemory out, int tcp) {
        int from = packet.frameOffset + packet.transport;
        boolean acknowledges = (packet.tcpFlags & Transport.ACK) != 0;
        int headerBytes = (in.getByte(from + OFFSET_AND_FLAGS) >>> 4 & 15) * 4;
        int counted = (packet.tcpFlags & Transport.SYN) / Transport.SYN + (packet.tcpFlags & Transport.FIN);
        int end = in.getInt(from + SEQUENCE, BIG_ENDIAN) + counted + packet.transportBytes - headerBytes;
        out.putInt(tcp, packet.destinationPort << 16 | packet.sourcePort, BIG_ENDIAN);
        out.putInt(tcp + SEQUENCE, acknowledges ? in.getInt(from + ACKNOWLEDGMENT, BIG_ENDIAN) : 0, BIG_ENDIAN);
        out.putInt(tcp + ACKNOWLEDGMENT, acknowledges ? 0 : end, BIG_ENDIAN);
        int flags = acknowledges ? Transport.RST : Transport.RST | Transport.ACK;
        out.putInt(tcp + OFFSET_AND_FLAGS, 5 << 28 | flags << 16, BIG_ENDIAN);
        out.putInt(tcp + Transport.TCP_CHECKSUM, 0);
    }

    private static void ipv4(Packet packet, NativeMemory out, int ip) {
        out.putInt(ip, 0x4500_0000 | Ipv4.MIN_HEADER_BYTES + Transport.TCP_MIN_BYTES, BIG_ENDIAN);
        out.putInt(ip + Ipv4.IDENTIFICATION, Ipv4.DONT_FRAGMENT, BIG_ENDIAN);
        out.putInt(ip + Ipv4.TTL, HOP_LIMIT << 24 | Transport.TCP << 16, BIG_ENDIAN);
        out.putInt(ip + Ipv4.SOURCE, (int) packet.destinationLow, BIG_ENDIAN);
        out.putInt(ip + Ipv4.DESTINATION, (int) packet.sourceLow, BIG_ENDIAN);
        int checksum = ~Checksum.fold(Checksum.sum(out, ip, Ipv4.MIN_HEADER_BYTES));
        out.putShort(ip + Ipv4.CHECKSUM, (short) checksum, BIG_ENDIAN);
    }

    private static void ipv6(Packet packet, NativeMemory out, int ip) {
        out.putInt(ip, 6 << 28, BIG_ENDIAN);
        out.putShort(ip + Ipv6.PAYLOAD_LENGTH, (short) Transport.TCP_MIN_BYTES, BIG_ENDIAN);
        out.putByte(ip + Ipv6.NEXT_HEADER, (byte) Transport.TCP);
        out.putByte(ip + Ipv6.HOP_LIMIT, (byte) HOP_LIMIT);
        out.putLong(ip + Ipv6.SOURCE, packet.destinationHigh, BIG_ENDIAN);
        out.putLong(ip + Ipv6.SOURCE + 8, packet.destinationLow, BIG_ENDIAN);
        out.putLong(ip + Ipv6.DESTINATION, packet.sourceHigh, BIG_ENDIAN);
        out.putLong(ip + Ipv6.DESTINATION + 8, packet.sourceLow, BIG_ENDIAN);
    }
}
