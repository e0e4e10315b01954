package io.vipline.dataplane.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * What nearly all frames are, decoded a word at a time: Ethernet without tags, an IPv4 header without options, no
 * fragment, TCP or UDP with all of their header there and nothing wrong with it. {@link Decoder} asks here first and finds
 * out about all others by the long way, which comes to the same for these.
 */
final class OrdinaryPacket {
    private static final int NETWORK = 14;
    private static final int TRANSPORT = NETWORK + Ipv4.MIN_HEADER_BYTES;

    /** EtherType, version and header length stand in the top half of the word at 12; */
    private static final int FIRST_WORD = 12;

    private static final long KIND_MASK = 0xffff_ff00_0000_0000L;
    private static final long KIND = 0x0800_4500_0000_0000L;
    /** fragment offset and the more-fragments bit at the top of the next. */
    private static final long FRAGMENT_MASK = (long) (Ipv4.MORE_FRAGMENTS | Ipv4.FRAGMENT_OFFSET_MASK) << 48;

    private OrdinaryPacket() {}

    /** @return whether it is one; if not, nothing that is set here stands */
    static boolean decode(NativeMemory memory, Packet packet) {
        long frame = packet.frameOffset;
        if (packet.captured < TRANSPORT + Transport.UDP_BYTES) {
            return false;
        }
        long first = memory.getLong(frame + FIRST_WORD, BIG_ENDIAN);
        long second = memory.getLong(frame + FIRST_WORD + 8, BIG_ENDIAN);
        int ipBytes = (int) (first >>> 16) & 0xffff;
        int transportBytes = ipBytes - Ipv4.MIN_HEADER_BYTES;
        int protocol = (int) (second >>> 32) & 0xff;
        if ((first & KIND_MASK) != KIND
                || (second & FRAGMENT_MASK) != 0
                || ipBytes > packet.original - NETWORK
                || !isTransportWhole(memory, packet, protocol, transportBytes)) {
            return false;
        }
        packet.family = Packet.IPV4;
        packet.network = NETWORK;
        packet.ipBytes = ipBytes;
        packet.transport = TRANSPORT;
        packet.payload = TRANSPORT;
        packet.transportBytes = transportBytes;
        packet.transportCaptured = Math.min(packet.captured - TRANSPORT, transportBytes);
        packet.ttl = (int) (second >>> 40) & 0xff;
        packet.protocol = protocol;
        packet.hasPorts = true;
        long addresses = memory.getLong(frame + NETWORK + Ipv4.SOURCE, BIG_ENDIAN);
        int ports = memory.getInt(frame + TRANSPORT, BIG_ENDIAN);
        packet.v4Addresses(addresses);
        packet.ports(ports);
        packet.hash = FlowHash.ofV4(addresses, ports, protocol);
        return true;
    }

    private static boolean isTransportWhole(NativeMemory memory, Packet packet, int protocol, int transportBytes) {
        long at = (long) packet.frameOffset + TRANSPORT;
        if (protocol == Transport.UDP) {
            packet.tcpFlags = 0;
            int length = memory.getShort(at + 4, BIG_ENDIAN) & 0xffff;
            return length >= Transport.UDP_BYTES && length <= transportBytes;
        }
        if (protocol != Transport.TCP || packet.captured < TRANSPORT + Transport.TCP_MIN_BYTES) {
            return false;
        }
        int headerBytes = (memory.getByte(at + 12) >>> 4 & 15) * 4;
        packet.tcpFlags = memory.getByte(at + 13) & 0xff;
        return headerBytes >= Transport.TCP_MIN_BYTES
                && headerBytes <= transportBytes
                && Transport.isValid(packet.tcpFlags);
    }
}
