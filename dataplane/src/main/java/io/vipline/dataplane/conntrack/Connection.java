package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.OrdinaryPacket;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;

/**
 * View of an entry of a {@link ConnectionTable}; reused, owned by the table's thread. Values are in host order.
 *
 * <pre>
 *      0         4         8          12        16        20         24    25    26     28
 *      +---------+---------+----------+---------+---------+----------+-----+-----+------+-----------+
 *   0  | v4 original addresses | v4 reply addresses | orig ports | rep. ports|proto|state|flags | endpoint  |
 *      +---------+---------+----------+---------+---------+----------+-----+-----+------+-----------+
 *  32  | expiry ns         | created ns          | flow    | sums, sums (reply)      flags, ICMP type |
 *      +-------------------+---------------------+---------+------------------------------------------+
 *  64  | IPv6 only: original source, original destination, reply source, reply destination (16 each)   |
 *      +----------------------------------------------------------------------------------------------+
 * </pre>
 *
 * {@code sums} are what NAT changes in checksums ({@link #sumsOut}); SCTP has its verification tags there. Addresses are {@code source << 32 | destination}, ports {@code source << 16 | destination}. The reply tuple is the one that answers carry when they arrive.
 */
public final class Connection {
    static final int V4_ORIGINAL = 0;
    static final int V4_REPLY = 8;
    static final int ORIGINAL_PORTS = 16;
    static final int REPLY_PORTS = 20;
    static final int PROTOCOL = 24;
    static final int STATE = 25;
    static final int FLAGS = 26;
    static final int ENDPOINT_ID = 28;
    static final int EXPIRY_NS = 32;
    static final int CREATED_NS = 40;
    static final int FLOW = 48;
    /** TCP and UDP in IPv4. */
    static final int SUMS = 52;

    static final int REPLY_SUMS = 56;
    static final int SCTP_TAG = 52;
    static final int SCTP_REPLY_TAG = 56;
    static final int SCTP_FLAGS = 60;
    static final int V6_ORIGINAL_SOURCE = 64;
    static final int V6_ORIGINAL_DESTINATION = 80;
    static final int V6_REPLY_SOURCE = 96;
    static final int V6_REPLY_DESTINATION = 112;

    /** {@link #STATE} of an entry that is on the free list. */
    static final byte FREE = -1;

    /** IPS_SRC_NAT: the source is rewritten on the way to the endpoint. */
    public static final int SOURCE_TRANSLATED = 1;
    /** IPS_DST_NAT. */
    public static final int DESTINATION_TRANSLATED = 2;

    public static final int TRANSLATED = SOURCE_TRANSLATED | DESTINATION_TRANSLATED;
    /** IPS_SEEN_REPLY. */
    public static final int SEEN_REPLY = 4;
    /** IPS_ASSURED: not given up when the table is full. */
    public static final int ASSURED = 8;

    private NativeMemory chunk;
    private long at;
    private boolean wide;
    private int entry;
    private ConnectionTable table;

    /** Looks at an entry from now on. */
    public Connection wrap(ConnectionTable connections, int entryIndex) {
        if (table != connections) {
            table = connections;
            wide = connections.isWide();
        }
        entry = entryIndex;
        chunk = connections.chunkOf(entryIndex);
        at = connections.offsetOf(entryIndex);
        return this;
    }

    /** Lets a view look at what is remembered of the connection's sequence space. */
    void wrap(TcpWindow window) {
        window.wrap(table.windowsOf(entry), table.windowOffset(entry));
    }

    public int entry() {
        return entry;
    }

    public int protocol() {
        return chunk.getByte(at + PROTOCOL) & 0xff;
    }

    /** State of the protocol's machine: {@link TcpState} for TCP. */
    public int state() {
        return chunk.getByte(at + STATE);
    }

    public void state(int state) {
        chunk.putByte(at + STATE, (byte) state);
    }

    public int flags() {
        return chunk.getShort(at + FLAGS);
    }

    public boolean has(int flag) {
        return (flags() & flag) != 0;
    }

    public void set(int flag) {
        chunk.putShort(at + FLAGS, (short) (flags() | flag));
    }

    /** The (service, endpoint) pair that the connection was translated to; -1 for none. */
    public int endpointId() {
        return chunk.getInt(at + ENDPOINT_ID);
    }

    /** Number of the frame that opened the connection, which is the same whoever counts; its low 32 bits. */
    public int flow() {
        return chunk.getInt(at + FLOW);
    }

    /** The verification tag that SCTP packets of a direction carry, as far as known. */
    int sctpTag(boolean reply) {
        return chunk.getInt(at + (reply ? SCTP_REPLY_TAG : SCTP_TAG));
    }

    void sctpTag(boolean reply, int tag) {
        chunk.putInt(at + (reply ? SCTP_REPLY_TAG : SCTP_TAG), tag);
    }

    /** Type and code of the ICMP query that opened the connection, which belong to its tuple. */
    int icmpTypeCode() {
        return chunk.getInt(at + SCTP_FLAGS);
    }

    void icmpTypeCode(int typeCode) {
        chunk.putInt(at + SCTP_FLAGS, typeCode);
    }

    /** What {@link SctpTracker} has to remember beside. */
    int sctpFlags() {
        return chunk.getInt(at + SCTP_FLAGS);
    }

    void sctpFlags(int flags) {
        chunk.putInt(at + SCTP_FLAGS, flags);
    }

    /** The instant from which on the connection is no more. */
    public void expiryNs(long expiryNs) {
        chunk.putLong(at + EXPIRY_NS, expiryNs);
    }

    long expiryNs() {
        return chunk.getLong(at + EXPIRY_NS);
    }

    public long createdNs() {
        return chunk.getLong(at + CREATED_NS);
    }

    public int originalSourcePort() {
        return chunk.getInt(at + ORIGINAL_PORTS) >>> 16;
    }

    public int originalDestinationPort() {
        return chunk.getInt(at + ORIGINAL_PORTS) & 0xffff;
    }

    public int replySourcePort() {
        return chunk.getInt(at + REPLY_PORTS) >>> 16;
    }

    public int replyDestinationPort() {
        return chunk.getInt(at + REPLY_PORTS) & 0xffff;
    }

    public long originalSourceHigh() {
        return wide ? chunk.getLong(at + V6_ORIGINAL_SOURCE) : 0;
    }

    public long originalSourceLow() {
        return wide ? chunk.getLong(at + V6_ORIGINAL_SOURCE + 8) : v4(V4_ORIGINAL, 32);
    }

    public long originalDestinationHigh() {
        return wide ? chunk.getLong(at + V6_ORIGINAL_DESTINATION) : 0;
    }

    public long originalDestinationLow() {
        return wide ? chunk.getLong(at + V6_ORIGINAL_DESTINATION + 8) : v4(V4_ORIGINAL, 0);
    }

    public long replySourceHigh() {
        return wide ? chunk.getLong(at + V6_REPLY_SOURCE) : 0;
    }

    public long replySourceLow() {
        return wide ? chunk.getLong(at + V6_REPLY_SOURCE + 8) : v4(V4_REPLY, 32);
    }

    public long replyDestinationHigh() {
        return wide ? chunk.getLong(at + V6_REPLY_DESTINATION) : 0;
    }

    public long replyDestinationLow() {
        return wide ? chunk.getLong(at + V6_REPLY_DESTINATION + 8) : v4(V4_REPLY, 0);
    }

    /**
     * What a packet of IPv4 is to the connection.
     *
     * @param tuple the one whose hash the packet's is, as {@link ConnectionTable#candidate} tells
     * @return {@link ConnectionTable#ORIGINAL}, {@link ConnectionTable#REPLY}; {@link ConnectionTable#MISS}: something else
     */
    public int kindOf(OrdinaryPacket packet, int tuple) {
        long addresses = packet.addresses();
        int ports = packet.ports();
        if (protocol() != packet.protocol()) {
            return ConnectionTable.MISS;
        }
        if (tuple == ConnectionTable.REPLY) {
            boolean isReply = chunk.getLong(at + V4_REPLY) == addresses && chunk.getInt(at + REPLY_PORTS) == ports;
            return isReply ? ConnectionTable.REPLY : ConnectionTable.MISS;
        }
        if (chunk.getLong(at + V4_ORIGINAL) == addresses && chunk.getInt(at + ORIGINAL_PORTS) == ports) {
            return ConnectionTable.ORIGINAL;
        }
        // of what is not translated the reply tuple is the reverse, and has no slot of its own
        boolean isReply = !has(TRANSLATED)
                && chunk.getLong(at + V4_REPLY) == addresses
                && chunk.getInt(at + REPLY_PORTS) == ports;
        return isReply ? ConnectionTable.REPLY : ConnectionTable.MISS;
    }

    /** Whether its time is over. */
    public boolean isOver(long nowNs) {
        return expiryNs() <= nowNs;
    }

    /** The addresses of an IPv4 packet on its way out, {@code source << 32 | destination}: the other tuple reversed. */
    public long v4AddressesOut(boolean reply) {
        return Long.rotateLeft(chunk.getLong(at + (reply ? V4_ORIGINAL : V4_REPLY)), 32);
    }

    /** The ports of a packet on its way out, {@code source << 16 | destination}. */
    public int portsOut(boolean reply) {
        return Integer.rotateLeft(chunk.getInt(at + (reply ? ORIGINAL_PORTS : REPLY_PORTS)), 16);
    }

    /**
     * What changes in the checksums of a TCP or UDP packet in IPv4, whose tuple becomes {@link #v4AddressesOut} and
     * {@link #portsOut} on its way out, with one hop less: {@code header << 16 | transport}, each folded and not 0.
     */
    public int sumsOut(boolean reply) {
        return chunk.getInt(at + (reply ? REPLY_SUMS : SUMS));
    }

    /** Sums up, once the tuples stand. */
    public void sumUp() {
        boolean hasSums = !wide && (protocol() == Transport.TCP || protocol() == Transport.UDP);
        if (hasSums) {
            chunk.putInt(at + SUMS, sums(chunk.getLong(at + V4_ORIGINAL), chunk.getInt(at + ORIGINAL_PORTS), false));
            chunk.putInt(at + REPLY_SUMS, sums(chunk.getLong(at + V4_REPLY), chunk.getInt(at + REPLY_PORTS), true));
        }
    }

    private int sums(long addresses, int ports, boolean reply) {
        long difference = Checksum.difference64(addresses, v4AddressesOut(reply));
        int header = Checksum.fold(difference + Ipv4.HOP_DIFFERENCE);
        return header << 16 | Checksum.fold(difference + Checksum.difference32(ports, portsOut(reply)));
    }

    private long v4(int field, int shift) {
        return IpAddress.V4_PREFIX | chunk.getLong(at + field) >>> shift & 0xffff_ffffL;
    }

    /** Takes the packet's tuple as the original one, and its reverse as the reply, not translated yet. */
    public void open(Packet packet, long nowNs) {
        chunk.putByte(at + PROTOCOL, (byte) packet.protocol);
        chunk.putInt(at + ENDPOINT_ID, -1);
        chunk.putLong(at + CREATED_NS, nowNs);
        chunk.putInt(at + FLOW, (int) packet.number);
        chunk.putInt(at + ORIGINAL_PORTS, packet.sourcePort << 16 | packet.destinationPort);
        if (wide) {
            putV6(V6_ORIGINAL_SOURCE, packet.sourceHigh, packet.sourceLow);
            putV6(V6_ORIGINAL_DESTINATION, packet.destinationHigh, packet.destinationLow);
        } else {
            chunk.putLong(at + V4_ORIGINAL, packet.v4Addresses());
        }
        replySource(packet.destinationHigh, packet.destinationLow, packet.destinationPort);
        replyDestination(packet.sourceHigh, packet.sourceLow, packet.sourcePort);
    }

    private void putV6(int field, long high, long low) {
        chunk.putLong(at + field, high);
        chunk.putLong(at + field + 8, low);
    }

    /** Sets where answers come from: the endpoint. */
    public void replySource(long high, long low, int port) {
        chunk.putInt(at + REPLY_PORTS, port << 16 | replyDestinationPort());
        if (wide) {
            putV6(V6_REPLY_SOURCE, high, low);
        } else {
            chunk.putLong(at + V4_REPLY, low << 32 | replyDestinationLow() & 0xffff_ffffL);
        }
    }

    /** Sets where answers go to: the client, or the node that masquerades. */
    public void replyDestination(long high, long low, int port) {
        chunk.putInt(at + REPLY_PORTS, replySourcePort() << 16 | port);
        if (wide) {
            putV6(V6_REPLY_DESTINATION, high, low);
        } else {
            chunk.putLong(at + V4_REPLY, replySourceLow() << 32 | low & 0xffff_ffffL);
        }
    }

    public void endpointId(int endpointId) {
        chunk.putInt(at + ENDPOINT_ID, endpointId);
    }
}
