package io.vipline.dataplane.icmp;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import java.util.Map;

/**
 * Writes the ICMP and ICMPv6 errors that a node sends back: {@code icmp_send} ({@code net/ipv4/icmp.c}), {@code
 * icmp6_send} ({@code net/ipv6/icmp.c}), RFC 1812 4.3.2, RFC 4443 2.4. The quoted packet is cut so that the error has at
 * most 576 bytes, 1280 with IPv6. Ethernet addresses are those of the offending frame, swapped; tags are kept.
 */
public final class IcmpAnswers {
    /**
     * Which error, and how it quotes.
     *
     * @param kind as it is counted
     * @param v4 {@code type << 8 | code}
     * @param v6 as {@code v4}, of ICMPv6
     * @param word the second word of the message, which says more about some
     * @param quotesOneHopLess whether the packet had been on its way to the next hop already: {@code ip_forward()} takes
     *     the hop off before FORWARD
     */
    public record Answer(GeneratedKind kind, int v4, int v6, int word, boolean quotesOneHopLess) {
        /** What REJECT says by its option {@code --reject-with}: {@code ipt_REJECT.c}, {@code ip6t_REJECT.c}. */
        private static final Map<String, Integer> REFUSALS = Map.ofEntries(
                Map.entry("icmp-net-unreachable", 3 << 8),
                Map.entry("icmp-host-unreachable", 3 << 8 | 1),
                Map.entry("icmp-proto-unreachable", 3 << 8 | 2),
                Map.entry("icmp-port-unreachable", 3 << 8 | 3),
                Map.entry("icmp-net-prohibited", 3 << 8 | 9),
                Map.entry("icmp-host-prohibited", 3 << 8 | 10),
                Map.entry("icmp-admin-prohibited", 3 << 8 | 13),
                Map.entry("icmp6-no-route", 1 << 8),
                Map.entry("icmp6-adm-prohibited", 1 << 8 | 1),
                Map.entry("icmp6-addr-unreachable", 1 << 8 | 3),
                Map.entry("icmp6-port-unreachable", 1 << 8 | 4),
                Map.entry("icmp6-policy-fail", 1 << 8 | 5),
                Map.entry("icmp6-reject-route", 1 << 8 | 6));

        public static final Answer TIME_EXCEEDED =
                new Answer(GeneratedKind.ICMP_TIME_EXCEEDED, 11 << 8, 3 << 8, 0, false);

        public static final Answer REASSEMBLY_TIME_EXCEEDED =
                new Answer(GeneratedKind.ICMP_TIME_EXCEEDED, 11 << 8 | 1, 3 << 8 | 1, 0, false);

        /** The answer of a rule that rejects. @param with as iptables names it; another name: port unreachable */
        public static Answer refusal(String with, boolean isForwarded) {
            return new Answer(
                    GeneratedKind.ICMP_UNREACHABLE,
                    REFUSALS.getOrDefault(with, 3 << 8 | 3),
                    REFUSALS.getOrDefault(with, 1 << 8 | 4),
                    0,
                    isForwarded);
        }

        /** Beyond the scope of the source's address. */
        public static final Answer BEYOND_SCOPE = new Answer(GeneratedKind.ICMP_UNREACHABLE, 0, 1 << 8 | 2, 0, false);

        /** @param offset in the IPv4 header of the octet that is wrong */
        public static Answer v4ParameterProblem(int offset) {
            return new Answer(GeneratedKind.ICMP_PARAMETER_PROBLEM, 12 << 8, 0, offset << 24, false);
        }

        /** @param offset from the IPv6 header of the octet that is wrong */
        public static Answer v6ParameterProblem(int code, int offset) {
            return new Answer(GeneratedKind.ICMP_PARAMETER_PROBLEM, 0, 4 << 8 | code, offset, false);
        }

        /** Fragmentation needed, packet too big. @param mtuBytes of the link that is too narrow */
        public static Answer tooBig(int mtuBytes) {
            return new Answer(GeneratedKind.ICMP_FRAGMENTATION_NEEDED, 3 << 8 | 4, 2 << 8, mtuBytes, false);
        }

        /** Whether as many are sent as there is cause for: path MTU discovery waits for them. */
        public boolean isUnlimited() {
            return kind == GeneratedKind.ICMP_FRAGMENTATION_NEEDED;
        }
    }

    private static final int V4_MAX_BYTES = 576;
    private static final int V6_MAX_BYTES = 1280;
    private static final int HOP_LIMIT = 64;
    private static final int DCCP = 33;
    private static final int GRE = 47;
    private static final int ESP = 50;
    private static final int AH = 51;
    private static final int UDP_LITE = 136;

    private IcmpAnswers() {}

    /** Whether a packet may be answered with an error at all: no error about errors, fragments' tails or groups. */
    public static boolean mayAnswer(Packet packet) {
        if (packet.icmpError || packet.fragment && packet.fragmentOffset > 0) {
            return false;
        }
        if (packet.family == Packet.IPV4) {
            return isV4Unicast((int) packet.sourceLow) && isV4Unicast((int) packet.destinationLow);
        }
        boolean noSource = packet.sourceHigh == 0 && packet.sourceLow == 0;
        return !noSource && packet.sourceHigh >>> 56 != 0xff && packet.destinationHigh >>> 56 != 0xff;
    }

    /**
     * Whether a rule that rejects a packet tells its sender: {@code nf_send_unreach} does if the checksum is right, and
     * takes all protocols to have one but some that it knows better. Of TCP, UDP and ICMP that was asked before; who has
     * none is told only if his bytes happen to come out as if there were.
     */
    public static boolean mayReject(NativeMemory memory, Packet packet) {
        return switch (packet.protocol) {
            case Transport.TCP, Transport.UDP, Transport.SCTP, Transport.ICMP, Transport.ICMPV6 -> true;
            case DCCP, GRE, ESP, AH, UDP_LITE -> true;
            default -> {
                long sum = Checksum.sum(memory, packet.frameOffset + packet.transport, packet.transportCaptured);
                if (packet.family == Packet.IPV6) {
                    sum += Checksum.pseudoHeader(packet, packet.protocol, packet.transportBytes);
                }
                yield Checksum.fold(sum) == 0xffff;
            }
        };
    }

    private static boolean isV4Unicast(int address) {
        return address != 0 && address != -1 && address >>> 28 != 0xe;
    }

    /** @return length of the frame that {@link #write} will write */
    public static int frameBytes(Packet packet) {
        return packet.network + ipHeaderBytes(packet) + Transport.ICMP_BYTES + quotedBytes(packet);
    }

    static int ipHeaderBytes(Packet packet) {
        return packet.family == Packet.IPV4 ? Ipv4.MIN_HEADER_BYTES : Ipv6.HEADER_BYTES;
    }

    private static int quotedBytes(Packet packet) {
        int most = (packet.family == Packet.IPV4 ? V4_MAX_BYTES : V6_MAX_BYTES)
                - ipHeaderBytes(packet)
                - Transport.ICMP_BYTES;
        return Math.min(most, Math.min(packet.ipBytes, packet.captured - packet.network));
    }

    /**
     * Writes the frame.
     *
     * @param in memory of the offending frame
     * @param out has {@link #frameBytes} bytes of room at {@code at}
     * @param from the node's address that the error comes from
     */
    public static void write(NativeMemory in, Packet packet, NativeMemory out, int at, Answer answer, IpAddress from) {
        link(in, packet, out, at);
        int ip = at + packet.network;
        int icmp = ip + ipHeaderBytes(packet);
        int quoted = quotedBytes(packet);
        int icmpBytes = Transport.ICMP_BYTES + quoted;
        out.putInt(icmp, (packet.family == Packet.IPV4 ? answer.v4() : answer.v6()) << 16, BIG_ENDIAN);
        out.putInt(icmp + 4, answer.word(), BIG_ENDIAN);
        out.putBytes(icmp + Transport.ICMP_BYTES, in, packet.frameOffset + packet.network, quoted);
        if (answer.quotesOneHopLess()) {
            takeHop(packet, out, icmp + Transport.ICMP_BYTES);
        }
        long sum = Checksum.sum(out, icmp, icmpBytes);
        if (packet.family == Packet.IPV4) {
            ipv4(in, packet, out, ip, from, icmpBytes);
        } else {
            ipv6(packet, out, ip, from, icmpBytes);
            sum += Checksum.sum(out, ip + Ipv6.SOURCE, 32) + icmpBytes + Transport.ICMPV6;
        }
        out.putShort(icmp + Transport.ICMP_CHECKSUM, (short) ~Checksum.fold(sum), BIG_ENDIAN);
    }

    private static void takeHop(Packet packet, NativeMemory out, int quoted) {
        if (packet.family == Packet.IPV6) {
            out.putByte(quoted + Ipv6.HOP_LIMIT, (byte) (packet.ttl - 1));
            return;
        }
        out.putByte(quoted + Ipv4.TTL, (byte) (packet.ttl - 1));
        int checksum = out.getShort(quoted + Ipv4.CHECKSUM, BIG_ENDIAN);
        int updated = Checksum.update(checksum, Ipv4.HOP_DIFFERENCE);
        out.putShort(quoted + Ipv4.CHECKSUM, (short) updated, BIG_ENDIAN);
    }

    static void link(NativeMemory in, Packet packet, NativeMemory out, int at) {
        out.putBytes(at, in, packet.frameOffset, packet.network);
        if (packet.network >= 14 && packet.ethernet) {
            out.putBytes(at, in, packet.frameOffset + 6, 6);
            out.putBytes(at + 6, in, packet.frameOffset, 6);
        }
    }

    private static void ipv4(NativeMemory in, Packet packet, NativeMemory out, int ip, IpAddress from, int icmpBytes) {
        int typeOfService = in.getByte(packet.frameOffset + packet.network + Ipv4.TYPE_OF_SERVICE);
        // RT_TOS(tos) | IPTOS_PREC_INTERNETCONTROL
        out.putByte(ip, (byte) 0x45);
        out.putByte(ip + Ipv4.TYPE_OF_SERVICE, (byte) (typeOfService & 0x1e | 0xc0));
        out.putShort(ip + Ipv4.TOTAL_LENGTH, (short) (Ipv4.MIN_HEADER_BYTES + icmpBytes), BIG_ENDIAN);
        out.putInt(ip + Ipv4.IDENTIFICATION, 0);
        out.putByte(ip + Ipv4.TTL, (byte) HOP_LIMIT);
        out.putByte(ip + Ipv4.PROTOCOL, (byte) Transport.ICMP);
        out.putShort(ip + Ipv4.CHECKSUM, (short) 0);
        out.putInt(ip + Ipv4.SOURCE, from.v4(), BIG_ENDIAN);
        out.putInt(ip + Ipv4.DESTINATION, (int) packet.sourceLow, BIG_ENDIAN);
        int checksum = ~Checksum.fold(Checksum.sum(out, ip, Ipv4.MIN_HEADER_BYTES));
        out.putShort(ip + Ipv4.CHECKSUM, (short) checksum, BIG_ENDIAN);
    }

    private static void ipv6(Packet packet, NativeMemory out, int ip, IpAddress from, int icmpBytes) {
        out.putInt(ip, 6 << 28, BIG_ENDIAN);
        out.putShort(ip + Ipv6.PAYLOAD_LENGTH, (short) icmpBytes, BIG_ENDIAN);
        out.putByte(ip + Ipv6.NEXT_HEADER, (byte) Transport.ICMPV6);
        out.putByte(ip + Ipv6.HOP_LIMIT, (byte) HOP_LIMIT);
        out.putLong(ip + Ipv6.SOURCE, from.high(), BIG_ENDIAN);
        out.putLong(ip + Ipv6.SOURCE + 8, from.low(), BIG_ENDIAN);
        out.putLong(ip + Ipv6.DESTINATION, packet.sourceHigh, BIG_ENDIAN);
        out.putLong(ip + Ipv6.DESTINATION + 8, packet.sourceLow, BIG_ENDIAN);
    }
}
