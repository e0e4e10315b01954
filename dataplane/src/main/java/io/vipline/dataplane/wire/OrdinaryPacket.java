package io.vipline.dataplane.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * What nearly all frames are, decoded a word at a time: Ethernet without tags, an IPv4 header without options, no
 * fragment, TCP or UDP with all of their header there and nothing wrong with it. {@link Decoder} asks here first and finds
 * out about all others by the long way, which comes to the same for these.
 *
 * <p>An object is a view of one such packet, reused; owned by one thread.
 */
public final class OrdinaryPacket {
    /** Where the IPv4 header begins in the frame. */
    public static final int NETWORK = 14;

    private static final int TRANSPORT = NETWORK + Ipv4.MIN_HEADER_BYTES;

    /** EtherType, version and header length stand in the top half of the word at 12; */
    private static final int FIRST_WORD = 12;

    private static final long KIND_MASK = 0xffff_ff00_0000_0000L;
    private static final long KIND = 0x0800_4500_0000_0000L;
    /** fragment offset and the more-fragments bit at the top of the next. */
    private static final long FRAGMENT_MASK = (long) (Ipv4.MORE_FRAGMENTS | Ipv4.FRAGMENT_OFFSET_MASK) << 48;

    private NativeMemory memory;
    /** Where the IPv4 header begins. */
    private long at;

    /**
     * Looks at a frame of Ethernet whose checksum is finished.
     *
     * @param captured as {@link Packet#captured}
     * @param original as {@link Packet#original}
     * @return the {@link FlowHash} of its tuple, which is not 0; 0: it is not ordinary
     */
    public static int hash(NativeMemory memory, long frame, int captured, int original) {
        if (captured < TRANSPORT + Transport.UDP_BYTES) {
            return 0;
        }
        long first = memory.getLong(frame + FIRST_WORD, BIG_ENDIAN);
        long second = memory.getLong(frame + FIRST_WORD + 8, BIG_ENDIAN);
        int ipBytes = (int) (first >>> 16) & 0xffff;
        int protocol = (int) (second >>> 32) & 0xff;
        if ((first & KIND_MASK) != KIND
                || (second & FRAGMENT_MASK) != 0
                || ipBytes > original - NETWORK
                || !isTransportWhole(memory, frame, captured, protocol, ipBytes - Ipv4.MIN_HEADER_BYTES)) {
            return 0;
        }
        long addresses = memory.getLong(frame + NETWORK + Ipv4.SOURCE, BIG_ENDIAN);
        return FlowHash.ofV4(addresses, memory.getInt(frame + TRANSPORT, BIG_ENDIAN), protocol);
    }

    /** Looks from now on at a packet of which {@link #hash} said that it is ordinary, by its IPv4 header. */
    public OrdinaryPacket wrap(NativeMemory frames, long networkAt) {
        if (memory != frames) {
            memory = frames;
        }
        at = networkAt;
        return this;
    }

    /** As {@link Packet#v4Addresses}. */
    public long addresses() {
        return memory.getLong(at + Ipv4.SOURCE, BIG_ENDIAN);
    }

    /** As {@link Packet#ports}. */
    public int ports() {
        return memory.getInt(at + Ipv4.MIN_HEADER_BYTES, BIG_ENDIAN);
    }

    public int protocol() {
        return memory.getByte(at + Ipv4.PROTOCOL) & 0xff;
    }

    public int ttl() {
        return memory.getByte(at + Ipv4.TTL) & 0xff;
    }

    /** Time to live, protocol and header checksum, from the top. */
    public int hopWord() {
        return memory.getInt(at + Ipv4.TTL, BIG_ENDIAN);
    }

    /** The transport header's checksum. @param offset of it in that header */
    public int checksum(int offset) {
        return memory.getShort(at + Ipv4.MIN_HEADER_BYTES + offset, BIG_ENDIAN) & 0xffff;
    }

    /** @return whether it is one; if not, nothing is set */
    static boolean decode(NativeMemory memory, Packet packet) {
        long frame = packet.frameOffset;
        int hash = hash(memory, frame, packet.captured, packet.original);
        if (hash == 0) {
            return false;
        }
        long first = memory.getLong(frame + FIRST_WORD, BIG_ENDIAN);
        long second = memory.getLong(frame + FIRST_WORD + 8, BIG_ENDIAN);
        packet.hash = hash;
        packet.family = Packet.IPV4;
        packet.network = NETWORK;
        packet.ipBytes = (int) (first >>> 16) & 0xffff;
        packet.transport = TRANSPORT;
        packet.payload = TRANSPORT;
        packet.transportBytes = packet.ipBytes - Ipv4.MIN_HEADER_BYTES;
        packet.transportCaptured = Math.min(packet.captured - TRANSPORT, packet.transportBytes);
        packet.ttl = (int) (second >>> 40) & 0xff;
        packet.protocol = (int) (second >>> 32) & 0xff;
        packet.tcpFlags = packet.protocol == Transport.TCP ? memory.getByte(frame + TRANSPORT + 13) & 0xff : 0;
        packet.hasPorts = true;
        packet.v4Addresses(memory.getLong(frame + NETWORK + Ipv4.SOURCE, BIG_ENDIAN));
        packet.ports(memory.getInt(frame + TRANSPORT, BIG_ENDIAN));
        return true;
    }

    private static boolean isTransportWhole(
            NativeMemory memory, long frame, int captured, int protocol, int transportBytes) {
        long at = frame + TRANSPORT;
        if (protocol == Transport.UDP) {
            int length = memory.getShort(at + 4, BIG_ENDIAN) & 0xffff;
            return length >= Transport.UDP_BYTES && length <= transportBytes;
        }
        if (protocol != Transport.TCP || captured < TRANSPORT + Transport.TCP_MIN_BYTES) {
            return false;
        }
        int headerBytes = (memory.getByte(at + 12) >>> 4 & 15) * 4;
        return headerBytes >= Transport.TCP_MIN_BYTES
                && headerBytes <= transportBytes
                && Transport.isValid(memory.getByte(at + 13) & 0xff);
    }
}
