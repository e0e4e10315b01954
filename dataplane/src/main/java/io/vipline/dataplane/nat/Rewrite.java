package io.vipline.dataplane.nat;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Crc32c;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.OrdinaryPacket;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/**
 * Gives a packet new addresses and ports, and updates every checksum that covers them incrementally, so that a wrong one
 * stays wrong ({@code nf_nat_manip_pkt}). First {@link #toEndpoint} or {@link #toClient} says what the packet becomes,
 * then {@link #apply} writes it into a copy of the frame. Owned by one thread.
 */
public final class Rewrite {
    private final Crc32c crc = new Crc32c();

    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private int sourcePort;
    private int destinationPort;

    /** The packet goes in the original direction: it becomes the reverse of the reply tuple. */
    public Rewrite toEndpoint(Connection connection) {
        sourceHigh = connection.replyDestinationHigh();
        sourceLow = connection.replyDestinationLow();
        sourcePort = connection.replyDestinationPort();
        destinationHigh = connection.replySourceHigh();
        destinationLow = connection.replySourceLow();
        destinationPort = connection.replySourcePort();
        return this;
    }

    /** The packet goes in the reply direction: it becomes the reverse of the original tuple. */
    public Rewrite toClient(Connection connection) {
        sourceHigh = connection.originalDestinationHigh();
        sourceLow = connection.originalDestinationLow();
        sourcePort = connection.originalDestinationPort();
        destinationHigh = connection.originalSourceHigh();
        destinationLow = connection.originalSourceLow();
        destinationPort = connection.originalSourcePort();
        return this;
    }

    /** A quoted packet becomes the one that the client sent: the original tuple. */
    public Rewrite toOriginalTuple(Connection connection) {
        toClient(connection);
        swap();
        return this;
    }

    /** A quoted packet becomes the one that the endpoint sent: the reply tuple. */
    public Rewrite toReplyTuple(Connection connection) {
        toEndpoint(connection);
        swap();
        return this;
    }

    /** The packet gets the addresses and ports of another. */
    public Rewrite toTupleOf(Packet other) {
        sourceHigh = other.sourceHigh;
        sourceLow = other.sourceLow;
        sourcePort = other.sourcePort;
        destinationHigh = other.destinationHigh;
        destinationLow = other.destinationLow;
        destinationPort = other.destinationPort;
        return this;
    }

    private void swap() {
        long high = sourceHigh;
        long low = sourceLow;
        int port = sourcePort;
        sourceHigh = destinationHigh;
        sourceLow = destinationLow;
        sourcePort = destinationPort;
        destinationHigh = high;
        destinationLow = low;
        destinationPort = port;
    }

    /** The packet keeps its source. */
    public Rewrite keepSource(Packet packet) {
        sourceHigh = packet.sourceHigh;
        sourceLow = packet.sourceLow;
        return this;
    }

    /** The packet keeps its destination. */
    public Rewrite keepDestination(Packet packet) {
        destinationHigh = packet.destinationHigh;
        destinationLow = packet.destinationLow;
        return this;
    }

    /**
     * Writes the new addresses alone, and the IPv4 header checksum.
     *
     * @return the difference that the pseudo-header's sum changes by
     */
    public long applyAddresses(NativeMemory out, int frame, Packet packet) {
        return packet.family == Packet.IPV4 ? ipv4(out, frame, packet, 0) : ipv6(out, frame, packet);
    }

    /** {@link #apply}, and one hop less to live: one update of the IPv4 header checksum serves both. */
    public void applyAndHop(NativeMemory out, int frame, Packet packet) {
        long difference;
        if (packet.family == Packet.IPV4) {
            difference = ipv4(out, frame, packet, Ipv4.HOP_DIFFERENCE);
            out.putByte(frame + packet.network + Ipv4.TTL, (byte) (packet.ttl - 1));
        } else {
            difference = ipv6(out, frame, packet);
            out.putByte(frame + packet.network + Ipv6.HOP_LIMIT, (byte) (packet.ttl - 1));
        }
        transport(out, frame, packet, difference);
    }

    /**
     * {@link #applyAndHop} for an ordinary packet of IPv4, word by word. The old values are read where the frame lies, not
     * in the copy, whose stores are under way.
     *
     * @param at where the IPv4 header of the copy begins
     */
    public static void ordinaryV4(
            NativeMemory out, long at, OrdinaryPacket packet, Connection connection, boolean reply) {
        int sums = connection.sumsOut(reply);
        int word = packet.hopWord();
        int checksum = Checksum.updateFolded(word, sums >>> 16);
        out.putInt(at + Ipv4.TTL, (word & 0xffff_0000) - Ipv4.ONE_HOP | checksum, BIG_ENDIAN);
        out.putLong(at + Ipv4.SOURCE, connection.v4AddressesOut(reply), BIG_ENDIAN);
        out.putInt(at + Ipv4.MIN_HEADER_BYTES, connection.portsOut(reply), BIG_ENDIAN);
        boolean isUdp = (word >>> 16 & 0xff) == Transport.UDP;
        int field = isUdp ? Transport.UDP_CHECKSUM : Transport.TCP_CHECKSUM;
        int old = packet.checksum(field);
        int updated = Checksum.updateFolded(old, sums & 0xffff);
        // as udpChecksum() has it
        updated = !isUdp ? updated : old == 0 ? 0 : updated == 0 ? 0xffff : updated;
        out.putShort(at + Ipv4.MIN_HEADER_BYTES + field, (short) updated, BIG_ENDIAN);
    }

    /**
     * Writes the new addresses and ports, one network header at {@code packet.network} and one transport header at
     * {@code packet.transport} from {@code frame} on, and updates their checksums.
     *
     * @param out holds a copy of the frame
     * @param frame where the copy begins
     * @param packet what decoding found in the original, whose values are the old ones
     */
    public void apply(NativeMemory out, int frame, Packet packet) {
        transport(out, frame, packet, applyAddresses(out, frame, packet));
    }

    private void transport(NativeMemory out, int frame, Packet packet, long difference) {
        if (packet.fragment && packet.fragmentOffset > 0) {
            return;
        }
        int at = frame + packet.transport;
        switch (packet.protocol) {
            case Transport.TCP -> {
                long ports = ports(out, at, packet);
                // tcp_manip_pkt(): a quoted header that is not there as a whole keeps its checksum
                if (packet.transportBytes >= Transport.TCP_MIN_BYTES
                        && packet.transportCaptured >= Transport.TCP_CHECKSUM + 2) {
                    checksum(out, at + Transport.TCP_CHECKSUM, packet, difference, ports);
                }
            }
            case Transport.UDP -> {
                long ports = ports(out, at, packet);
                if (packet.transportCaptured >= Transport.UDP_BYTES) {
                    udpChecksum(out, at + Transport.UDP_CHECKSUM, packet, difference, ports);
                }
            }
            case Transport.SCTP -> sctp(out, at, packet);
            case Transport.ICMP -> identifier(out, at, packet, 0);
            case Transport.ICMPV6 -> identifier(out, at, packet, difference);
            default -> {}
        }
    }

    private long ipv4(NativeMemory out, int frame, Packet packet, int hop) {
        int at = frame + packet.network;
        int source = (int) sourceLow;
        int destination = (int) destinationLow;
        long difference = Checksum.difference32((int) packet.sourceLow, source)
                + Checksum.difference32((int) packet.destinationLow, destination);
        out.putInt(at + Ipv4.SOURCE, source, BIG_ENDIAN);
        out.putInt(at + Ipv4.DESTINATION, destination, BIG_ENDIAN);
        int checksum = out.getShort(at + Ipv4.CHECKSUM, BIG_ENDIAN);
        out.putShort(at + Ipv4.CHECKSUM, (short) Checksum.update(checksum, difference + hop), BIG_ENDIAN);
        return difference;
    }

    private long ipv6(NativeMemory out, int frame, Packet packet) {
        int at = frame + packet.network;
        out.putLong(at + Ipv6.SOURCE, sourceHigh, BIG_ENDIAN);
        out.putLong(at + Ipv6.SOURCE + 8, sourceLow, BIG_ENDIAN);
        out.putLong(at + Ipv6.DESTINATION, destinationHigh, BIG_ENDIAN);
        out.putLong(at + Ipv6.DESTINATION + 8, destinationLow, BIG_ENDIAN);
        return Checksum.difference64(packet.sourceHigh, sourceHigh)
                + Checksum.difference64(packet.sourceLow, sourceLow)
                + Checksum.difference64(packet.destinationHigh, destinationHigh)
                + Checksum.difference64(packet.destinationLow, destinationLow);
    }

    private int oldPorts(Packet packet) {
        return packet.sourcePort << 16 | packet.destinationPort;
    }

    private int newPorts() {
        return sourcePort << 16 | destinationPort;
    }

    private long ports(NativeMemory out, int at, Packet packet) {
        out.putInt(at, newPorts(), BIG_ENDIAN);
        return Checksum.difference32(oldPorts(packet), newPorts());
    }

    /** A partial checksum is the pseudo-header's sum alone: the ports will be summed when it is finished. */
    private static void checksum(NativeMemory out, int at, Packet packet, long addresses, long ports) {
        int old = out.getShort(at, BIG_ENDIAN);
        int updated = packet.hasPartialChecksum()
                ? Checksum.updatePartial(old, addresses)
                : Checksum.update(old, addresses + ports);
        out.putShort(at, (short) updated, BIG_ENDIAN);
    }

    /** RFC 768: 0 means that there is none, and stays so; a sum that comes to 0 is sent as 0xffff. */
    private static void udpChecksum(NativeMemory out, int at, Packet packet, long addresses, long ports) {
        boolean partial = packet.hasPartialChecksum();
        if (!partial && out.getShort(at) == 0) {
            return;
        }
        checksum(out, at, packet, addresses, ports);
        if (!partial && out.getShort(at) == 0) {
            out.putShort(at, (short) 0xffff);
        }
    }

    private void sctp(NativeMemory out, int at, Packet packet) {
        out.putInt(at, newPorts(), BIG_ENDIAN);
        int changed = oldPorts(packet) ^ newPorts();
        if (changed == 0 || packet.transportCaptured < Transport.SCTP_BYTES || packet.hasPartialChecksum()) {
            return;
        }
        int field = at + Transport.SCTP_CHECKSUM;
        int difference = crc.differenceOfFirstWord(changed, packet.transportBytes);
        out.putInt(field, out.getInt(field, LITTLE_ENDIAN) ^ difference, LITTLE_ENDIAN);
    }

    /** An ICMP query's identifier is its port; ICMPv6 sums a pseudo-header, ICMP does not. */
    private void identifier(NativeMemory out, int at, Packet packet, long addresses) {
        if (packet.transportCaptured < 6) {
            return;
        }
        long difference = addresses + Checksum.difference16(packet.sourcePort, sourcePort);
        int field = at + Transport.ICMP_CHECKSUM;
        out.putShort(at + 4, (short) sourcePort, BIG_ENDIAN);
        out.putShort(field, (short) Checksum.update(out.getShort(field, BIG_ENDIAN), difference), BIG_ENDIAN);
    }
}
