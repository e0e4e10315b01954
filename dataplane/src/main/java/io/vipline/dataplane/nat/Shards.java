package io.vipline.dataplane.nat;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.OrdinaryPacket;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.Table;

/**
 * Says which virtual shard a packet belongs to. Shards are what threads share out among themselves; their number is fixed
 * and they share no state, so the outcome is the same for any number of threads.
 *
 * <p>Both directions of a connection must meet in one shard although NAT changes addresses. What survives NAT is the
 * <em>client's port</em>: a masqueraded connection keeps it, or gets one of the same {@link #ofClientPort shard}. So a
 * packet to or from a Service or one of its endpoints goes by the port on the other side. The rest is not translated and
 * goes by both addresses.
 *
 * <p>Connections of Services with session affinity depend on earlier ones of the same client address, and a packet with
 * an endpoint at both ends does not tell which is the client: all these share shard 0. Owned by one thread.
 */
public final class Shards {
    public static final int COUNT = 64;
    /** A multiple of {@link #COUNT}. */
    static final int FIRST_UNPRIVILEGED = 1024;

    /** What the table says of one end of a packet: packets to it are translated, */
    private static final int SERVICE = 1;
    /** to it, */
    private static final int ENDPOINT = 2;
    /** and connections of it may depend on earlier ones. */
    private static final int ORDERED = 4;

    private static final int ENDS_LOG2 = 14;
    private static final long KNOWN = 1L << 7;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    /**
     * Ends of ordinary packets that the table was asked about, the latest at each place: {@code address << 32 | port << 16 |
     * protocol << 8}, {@link #KNOWN}, and what it said.
     */
    private final NativeMemory ends = NativeMemory.allocate(8 << ENDS_LOG2);

    private Table table;

    public Shards(Table table) {
        this.table = table;
    }

    /** From here on this is the table in force. */
    public void take(Table latest) {
        table = latest;
        ends.setMemory(0, ends.capacity(), (byte) 0);
    }

    /** @return 0 to {@link #COUNT} - 1, the same for every packet of a connection in either direction */
    public int of(Packet packet) {
        int to = ask(packet.destinationHigh, packet.destinationLow, packet.protocol, packet.destinationPort);
        int from = ask(packet.sourceHigh, packet.sourceLow, packet.protocol, packet.sourcePort);
        long addresses = packet.sourceLow + packet.destinationLow + packet.sourceHigh + packet.destinationHigh;
        return of(to, from, packet.ports(), addresses);
    }

    private static int of(int to, int from, int ports, long addresses) {
        boolean toService = (to & SERVICE) != 0;
        boolean fromService = !toService && (from & SERVICE) != 0;
        boolean toEndpoint = (to & ENDPOINT) != 0;
        boolean fromEndpoint = (from & ENDPOINT) != 0;
        if (toService || !fromService && toEndpoint) {
            return fromEndpoint || (to & ORDERED) != 0 ? 0 : ofClientPort(ports >>> 16);
        }
        if (fromService || fromEndpoint) {
            return toEndpoint || (from & ORDERED) != 0 ? 0 : ofClientPort(ports & 0xffff);
        }
        return (int) (addresses * MIX >>> 58);
    }

    /**
     * Whether an ordinary packet is another thread's for certain, by what is read from its frame and few words beside: of
     * what goes to a Service the client's port tells, and the client's end need not be looked up.
     *
     * @param share of {@code shares}, this thread's
     */
    public boolean isForeign(OrdinaryPacket packet, int share, int shares) {
        long addresses = packet.addresses();
        int ports = packet.ports();
        int protocol = packet.protocol();
        int to = end(addresses & 0xffff_ffffL, ports & 0xffff, protocol);
        if ((to & (SERVICE | ORDERED)) == SERVICE) {
            // but for shard 0, where those go that come from an endpoint
            return ofClientPort(ports >>> 16) % shares != share
                    && (share != 0
                            || !table.isEndpoint(0, IpAddress.V4_PREFIX | addresses >>> 32, protocol, ports >>> 16));
        }
        int from = end(addresses >>> 32, ports >>> 16, protocol);
        long sum = 2 * IpAddress.V4_PREFIX + (addresses >>> 32) + (addresses & 0xffff_ffffL);
        return of(to, from, ports, sum) % shares != share;
    }

    private int end(long address, int port, int protocol) {
        long key = address << 32 | (long) port << 16 | protocol << 8 | KNOWN;
        long place = key * MIX >>> 64 - ENDS_LOG2 << 3;
        long known = ends.getLong(place);
        if ((known & ~(SERVICE | ENDPOINT | ORDERED)) != key) {
            known = key | ask(0, IpAddress.V4_PREFIX | address, protocol, port);
            ends.putLong(place, known);
        }
        return (int) known;
    }

    private int ask(long high, long low, int protocol, int port) {
        return (table.isServiceAddress(high, low, protocol, port) ? SERVICE : 0)
                | (table.isEndpoint(high, low, protocol, port) ? ENDPOINT : 0)
                | (table.dependsOnRecent(high, low, protocol, port) ? ORDERED : 0);
    }

    /**
     * The shard of a client's port. The privileged ones share one: they are few, and a connection that must change its own
     * has to find another among them.
     */
    static int ofClientPort(int port) {
        return port < FIRST_UNPRIVILEGED ? 0 : port % COUNT;
    }
}
