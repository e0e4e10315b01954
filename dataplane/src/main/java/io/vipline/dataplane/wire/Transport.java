package io.vipline.dataplane.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.memory.NativeMemory;

/**
 * The transport header, as far as conntrack and NAT look: ports, TCP flags, ICMP type and identifier. What {@code
 * nf_conntrack_proto_*.c} calls malformed is marked.
 *
 * <pre>
 * TCP (RFC 9293): source port 0, destination port 2, sequence 4, acknowledgment 8, offset and flags 12, window 14,
 *                 checksum 16
 * UDP (RFC 768):  source port 0, destination port 2, length 4, checksum 6
 * SCTP (RFC 9260): source port 0, destination port 2, verification tag 4, checksum 8
 * ICMP (RFC 792): type 0, code 1, checksum 2, identifier 4, sequence 6
 * </pre>
 */
public final class Transport {
    public static final int ICMP = 1;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int GRE = 47;
    public static final int ICMPV6 = 58;
    public static final int SCTP = 132;

    public static final int TCP_CHECKSUM = 16;
    public static final int TCP_MIN_BYTES = 20;
    public static final int UDP_CHECKSUM = 6;
    public static final int UDP_BYTES = 8;
    public static final int SCTP_CHECKSUM = 8;
    public static final int SCTP_BYTES = 12;
    public static final int ICMP_CHECKSUM = 2;
    public static final int ICMP_BYTES = 8;

    public static final int FIN = 1;
    public static final int SYN = 2;
    public static final int RST = 4;
    public static final int ACK = 16;
    public static final int URG = 32;

    /** Bit {@code n} is set where the flags {@code n}, less PSH, ECE and CWR, make sense ({@code tcp_valid_flags}). */
    private static final long VALID_TCP_FLAGS = 1L << SYN
            | 1L << (SYN | URG)
            | 1L << (SYN | ACK)
            | 1L << RST
            | 1L << (RST | ACK)
            | 1L << (FIN | ACK)
            | 1L << (FIN | ACK | URG)
            | 1L << ACK
            | 1L << (ACK | URG);

    private Transport() {}

    static void decode(NativeMemory memory, Packet packet) {
        if (packet.fragment && packet.fragmentOffset > 0) {
            packet.withoutPorts();
            return;
        }
        switch (packet.protocol) {
            case TCP -> tcp(memory, packet);
            case UDP -> udp(memory, packet);
            case SCTP -> {
                if (ports(memory, packet)) {
                    packet.malformedTransport = packet.transportBytes < SCTP_BYTES;
                }
            }
            case ICMP -> {
                packet.withoutPorts();
                if (packet.family == Packet.IPV4) {
                    icmp(memory, packet);
                }
            }
            case ICMPV6 -> {
                packet.withoutPorts();
                if (packet.family == Packet.IPV6) {
                    icmpv6(memory, packet);
                }
            }
            default -> packet.withoutPorts();
        }
    }

    /** @return whether the ports are there; sets the problem if the snap length cut them off */
    private static boolean ports(NativeMemory memory, Packet packet) {
        if (packet.transportCaptured < 4) {
            packet.withoutPorts();
            if (packet.transportBytes > packet.transportCaptured) {
                packet.problem = DropReason.CUT_BEFORE_PORTS;
            } else {
                packet.malformedTransport = true;
            }
            return false;
        }
        int ports = memory.getInt(packet.frameOffset + packet.transport, BIG_ENDIAN);
        packet.ports(ports);
        packet.tcpFlags = 0;
        packet.hasPorts = true;
        return true;
    }

    private static void tcp(NativeMemory memory, Packet packet) {
        if (!ports(memory, packet)) {
            return;
        }
        if (packet.transportCaptured < 14) {
            packet.malformedTransport = packet.transportBytes < TCP_MIN_BYTES;
            packet.tcpFlags = ACK;
            return;
        }
        int at = packet.frameOffset + packet.transport;
        int headerBytes = (memory.getByte(at + 12) >>> 4 & 15) * 4;
        packet.tcpFlags = memory.getByte(at + 13) & 0xff;
        packet.malformedTransport = packet.transportBytes < TCP_MIN_BYTES
                || headerBytes < TCP_MIN_BYTES
                || headerBytes > packet.transportBytes && !packet.fragment
                || !isValid(packet.tcpFlags);
        packet.ordinary = isOrdinary(packet);
    }

    /** Whether TCP flags make sense together. */
    static boolean isValid(int tcpFlags) {
        return (VALID_TCP_FLAGS >>> (tcpFlags & 0x37) & 1) != 0;
    }

    private static void udp(NativeMemory memory, Packet packet) {
        if (!ports(memory, packet)) {
            return;
        }
        if (packet.transportCaptured < 6) {
            packet.malformedTransport = packet.transportBytes < UDP_BYTES;
            return;
        }
        int length = memory.getShort(packet.frameOffset + packet.transport + 4, BIG_ENDIAN) & 0xffff;
        packet.malformedTransport = packet.transportBytes < UDP_BYTES
                || length < UDP_BYTES
                || length > packet.transportBytes && !packet.fragment;
        packet.ordinary = isOrdinary(packet);
    }

    private static boolean isOrdinary(Packet packet) {
        int plainHeaderBytes = packet.family == Packet.IPV4 ? Ipv4.MIN_HEADER_BYTES : Ipv6.HEADER_BYTES;
        return !packet.malformedTransport
                && packet.transportCaptured >= (packet.protocol == TCP ? TCP_MIN_BYTES : UDP_BYTES)
                && packet.transport - packet.network == plainHeaderBytes
                && !packet.fragment
                && packet.checksumStart == -1;
    }

    private static void icmp(NativeMemory memory, Packet packet) {
        if (!icmpHeader(memory, packet)) {
            return;
        }
        int type = packet.icmpTypeCode >>> 8;
        packet.icmpError = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        // NR_ICMP_TYPES: icmp_error() in nf_conntrack_proto_icmp.c
        packet.malformedTransport = type > 18;
    }

    private static void icmpv6(NativeMemory memory, Packet packet) {
        if (!icmpHeader(memory, packet)) {
            return;
        }
        int type = packet.icmpTypeCode >>> 8;
        packet.icmpError = type < 128;
        // noct_valid_new[] in nf_conntrack_proto_icmpv6.c
        packet.untracked = type >= 130 && type <= 136 || type == 143;
    }

    private static boolean icmpHeader(NativeMemory memory, Packet packet) {
        int at = packet.frameOffset + packet.transport;
        if (packet.transportCaptured < 4) {
            if (packet.transportBytes > packet.transportCaptured) {
                packet.problem = DropReason.CUT_BEFORE_PORTS;
            } else {
                packet.malformedTransport = true;
            }
            return false;
        }
        packet.icmpTypeCode = memory.getShort(at, BIG_ENDIAN) & 0xffff;
        if (packet.transportBytes < ICMP_BYTES) {
            packet.malformedTransport = true;
            return false;
        }
        if (packet.transportCaptured >= 6) {
            int identifier = memory.getShort(at + 4, BIG_ENDIAN) & 0xffff;
            packet.sourcePort = identifier;
            packet.destinationPort = identifier;
        }
        return true;
    }
}
