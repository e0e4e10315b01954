package io.vipline.dataplane.nat;

import io.vipline.dataplane.wire.Packet;
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
 * an endpoint at both ends does not tell which is the client: all these share shard 0.
 */
public final class Shards {
    public static final int COUNT = 64;
    /** A multiple of {@link #COUNT}. */
    static final int FIRST_UNPRIVILEGED = 1024;

    private Table table;

    public Shards(Table table) {
        this.table = table;
    }

    /** From here on this is the table in force. */
    public void take(Table latest) {
        table = latest;
    }

    /** @return 0 to {@link #COUNT} - 1, the same for every packet of a connection in either direction */
    public int of(Packet packet) {
        boolean toService = isService(packet.destinationHigh, packet.destinationLow, packet, packet.destinationPort);
        boolean fromService = !toService && isService(packet.sourceHigh, packet.sourceLow, packet, packet.sourcePort);
        boolean toEndpoint = isEndpoint(packet.destinationHigh, packet.destinationLow, packet, packet.destinationPort);
        boolean fromEndpoint = isEndpoint(packet.sourceHigh, packet.sourceLow, packet, packet.sourcePort);
        if (toService || !fromService && toEndpoint) {
            return fromEndpoint
                            || isOrdered(packet.destinationHigh, packet.destinationLow, packet, packet.destinationPort)
                    ? 0
                    : ofClientPort(packet.sourcePort);
        }
        if (fromService || fromEndpoint) {
            return toEndpoint || isOrdered(packet.sourceHigh, packet.sourceLow, packet, packet.sourcePort)
                    ? 0
                    : ofClientPort(packet.destinationPort);
        }
        long mixed = packet.sourceLow + packet.destinationLow + packet.sourceHigh + packet.destinationHigh;
        mixed *= 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 58);
    }

    /**
     * The shard of a client's port. The privileged ones share one: they are few, and a connection that must change its own
     * has to find another among them.
     */
    static int ofClientPort(int port) {
        return port < FIRST_UNPRIVILEGED ? 0 : port % COUNT;
    }

    private boolean isService(long high, long low, Packet packet, int port) {
        return table.isServiceAddress(high, low, packet.protocol, port);
    }

    private boolean isEndpoint(long high, long low, Packet packet, int port) {
        return table.isEndpoint(high, low, packet.protocol, port);
    }

    /** Whether the connection may depend on earlier ones. */
    private boolean isOrdered(long high, long low, Packet packet, int port) {
        return table.dependsOnRecent(high, low, packet.protocol, port);
    }
}
