package io.vipline.dataplane.route;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ethernet;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;

/**
 * Writes ARP (RFC 826) and neighbour discovery (RFC 4861 4.3, 4.4) frames.
 *
 * <pre>
 *  ARP   0 hardware | 2 protocol | 4 lengths | 6 operation | 8 sender MAC | 14 sender IP | 18 target MAC | 24 target IP
 *  ND    0 type, code | 2 checksum | 4 flags | 8 target | 24 option: type, length in 8 bytes | 26 MAC
 * </pre>
 */
final class NeighbourMessages {
    static final int ARP_BYTES = 28;
    static final int ARP_FRAME_BYTES = Ethernet.HEADER_BYTES + ARP_BYTES;
    static final int ARP_OPERATION = 6;
    static final int ARP_SENDER_HARDWARE = 8;
    static final int ARP_SENDER = 14;
    static final int ARP_TARGET_HARDWARE = 18;
    static final int ARP_TARGET = 24;
    static final int ARP_REQUEST = 1;
    static final int ARP_REPLY = 2;
    /** Ethernet, IPv4, addresses of 6 and 4 bytes. */
    static final long ARP_ETHERNET_IPV4 = 0x0001_0800_0604L;

    static final int ND_BYTES = 32;
    static final int ND_FRAME_BYTES = Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES + ND_BYTES;
    static final int ND_FLAGS = 4;
    static final int ND_TARGET = 8;
    static final int ND_OPTIONS = 24;
    static final int ND_SOLICITATION = 135;
    static final int ND_ADVERTISEMENT = 136;
    static final int OPTION_SOURCE = 1;
    static final int OPTION_TARGET = 2;
    static final int FLAG_SOLICITED = 0x4000_0000;

    private static final int FLAG_ROUTER = 0x8000_0000;
    private static final int FLAG_OVERRIDE = 0x2000_0000;
    private static final int HOP_LIMIT = 255;
    private static final long ALL_NODES_HIGH = 0xff02L << 48;
    private static final long ALL_NODES_LOW = 1;
    private static final long SOLICITED_NODE_LOW = 0x0001_ff00_0000L;
    private static final long MULTICAST_MAC = 0x3333_0000_0000L;

    private NeighbourMessages() {}

    /** Two ends of a message: the Ethernet and the IP address of each. */
    record Ends(long fromHardware, IpAddress from, long toHardware, IpAddress to) {}

    /** Writes an ARP frame of {@link #ARP_FRAME_BYTES}; a request's unknown target has Ethernet address 0 within. */
    static void arp(NativeMemory out, int at, int operation, Ends ends, boolean toAll) {
        Ethernet.putAddress(out, at + Ethernet.DESTINATION, toAll ? Ethernet.BROADCAST : ends.toHardware());
        Ethernet.putAddress(out, at + Ethernet.SOURCE, ends.fromHardware());
        out.putShort(at + Ethernet.TYPE, (short) Ethernet.TYPE_ARP, BIG_ENDIAN);
        int arp = at + Ethernet.HEADER_BYTES;
        out.putLong(arp, ARP_ETHERNET_IPV4 << 16 | operation, BIG_ENDIAN);
        Ethernet.putAddress(out, arp + ARP_SENDER_HARDWARE, ends.fromHardware());
        out.putInt(arp + ARP_SENDER, ends.from().v4(), BIG_ENDIAN);
        Ethernet.putAddress(out, arp + ARP_TARGET_HARDWARE, toAll ? 0 : ends.toHardware());
        out.putInt(arp + ARP_TARGET, ends.to().v4(), BIG_ENDIAN);
    }

    /** Writes a neighbour solicitation to one station or, for an unknown one, to its solicited-node group. */
    static void solicitation(NativeMemory out, int at, Ends ends, boolean toAll) {
        long targetHigh = ends.to().high();
        long targetLow = ends.to().low();
        long high = toAll ? ALL_NODES_HIGH : targetHigh;
        long low = toAll ? SOLICITED_NODE_LOW | targetLow & 0xff_ffffL : targetLow;
        long hardware = toAll ? MULTICAST_MAC | low & 0xffff_ffffL : ends.toHardware();
        int message = at + Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES;
        out.putInt(message, ND_SOLICITATION << 24, BIG_ENDIAN);
        out.putInt(message + ND_FLAGS, 0);
        target(out, message, targetHigh, targetLow, OPTION_SOURCE, ends.fromHardware());
        headers(out, at, ends, hardware, new IpAddress(high, low));
    }

    /**
     * Writes a neighbour advertisement of {@code ends.from()}.
     *
     * @param toAll to all nodes: the answer to an unspecified source, or an unsolicited one
     */
    static void advertisement(NativeMemory out, int at, Ends ends, boolean toAll) {
        int message = at + Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES;
        out.putInt(message, ND_ADVERTISEMENT << 24, BIG_ENDIAN);
        int flags = FLAG_ROUTER | FLAG_OVERRIDE | (toAll ? 0 : FLAG_SOLICITED);
        out.putInt(message + ND_FLAGS, flags, BIG_ENDIAN);
        target(out, message, ends.from().high(), ends.from().low(), OPTION_TARGET, ends.fromHardware());
        if (toAll) {
            headers(out, at, ends, MULTICAST_MAC | ALL_NODES_LOW, new IpAddress(ALL_NODES_HIGH, ALL_NODES_LOW));
        } else {
            headers(out, at, ends, ends.toHardware(), ends.to());
        }
    }

    private static void target(NativeMemory out, int message, long high, long low, int option, long hardware) {
        out.putLong(message + ND_TARGET, high, BIG_ENDIAN);
        out.putLong(message + ND_TARGET + 8, low, BIG_ENDIAN);
        out.putShort(message + ND_OPTIONS, (short) (option << 8 | 1), BIG_ENDIAN);
        Ethernet.putAddress(out, message + ND_OPTIONS + 2, hardware);
    }

    private static void headers(NativeMemory out, int at, Ends ends, long toHardware, IpAddress to) {
        Ethernet.putAddress(out, at + Ethernet.DESTINATION, toHardware);
        Ethernet.putAddress(out, at + Ethernet.SOURCE, ends.fromHardware());
        out.putShort(at + Ethernet.TYPE, (short) Ethernet.TYPE_IPV6, BIG_ENDIAN);
        int ip = at + Ethernet.HEADER_BYTES;
        out.putInt(ip, 6 << 28, BIG_ENDIAN);
        out.putShort(ip + Ipv6.PAYLOAD_LENGTH, (short) ND_BYTES, BIG_ENDIAN);
        out.putByte(ip + Ipv6.NEXT_HEADER, (byte) Transport.ICMPV6);
        out.putByte(ip + Ipv6.HOP_LIMIT, (byte) HOP_LIMIT);
        out.putLong(ip + Ipv6.SOURCE, ends.from().high(), BIG_ENDIAN);
        out.putLong(ip + Ipv6.SOURCE + 8, ends.from().low(), BIG_ENDIAN);
        out.putLong(ip + Ipv6.DESTINATION, to.high(), BIG_ENDIAN);
        out.putLong(ip + Ipv6.DESTINATION + 8, to.low(), BIG_ENDIAN);
        int message = ip + Ipv6.HEADER_BYTES;
        long sum = Checksum.sum(out, ip + Ipv6.SOURCE, 32)
                + ND_BYTES
                + Transport.ICMPV6
                + Checksum.sum(out, message, ND_BYTES);
        out.putShort(message + Transport.ICMP_CHECKSUM, (short) ~Checksum.fold(sum), BIG_ENDIAN);
    }
}
