package io.vipline.dataplane.nat;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.wire.FlowHash;
import io.vipline.dataplane.wire.Packet;

/**
 * Makes a connection's reply tuple unique by choosing the source port that the endpoint sees ({@code get_unique_tuple}
 * and {@code nf_nat_l4proto_unique_tuple}): the client's own port where that is free, else one of the same class (below
 * 512, below 1024, above), drawn at random and tried at ever shorter distances.
 *
 * <p>Every candidate is congruent to the client's port modulo {@link Shards#COUNT}, so that the reply falls into the shard of
 * the connection. Owned by one thread.
 */
public final class SourcePorts {
    /** NF_NAT_MAX_ATTEMPTS. */
    private static final int MAX_ATTEMPTS = 128;

    private final Packet probe = new Packet();

    /**
     * Finds a free source port for a connection whose reply tuple is set but for that port.
     *
     * @param draw random bits for the first candidate
     * @return the port; -1 if none was found free
     */
    public int choose(ConnectionTable table, Connection connection, int draw, long nowNs) {
        int wanted = connection.replyDestinationPort();
        if (isFree(table, connection, wanted, nowNs)) {
            return wanted;
        }
        int low = wanted < 512 ? 1 : wanted < 1024 ? 600 : 1024;
        int high = wanted < 512 ? 511 : wanted < 1024 ? 1023 : 65_535;
        int residue = Math.floorMod(wanted - low, Shards.COUNT);
        int choices = (high - low - residue) / Shards.COUNT + 1;
        int offset = Integer.remainderUnsigned(draw, choices);
        for (int i = 0; i < Math.min(choices, MAX_ATTEMPTS); i++) {
            int port = low + residue + (offset + i) % choices * Shards.COUNT;
            if (isFree(table, connection, port, nowNs)) {
                return port;
            }
        }
        return -1;
    }

    private boolean isFree(ConnectionTable table, Connection connection, int port, long nowNs) {
        boolean icmp = connection.protocol() == 1 || connection.protocol() == 58;
        probe.protocol = connection.protocol();
        probe.sourceHigh = connection.replySourceHigh();
        probe.sourceLow = connection.replySourceLow();
        probe.sourcePort = icmp ? port : connection.replySourcePort();
        probe.destinationHigh = connection.replyDestinationHigh();
        probe.destinationLow = connection.replyDestinationLow();
        probe.destinationPort = port;
        probe.hash = FlowHash.of(probe);
        return table.find(probe, false, nowNs) == ConnectionTable.MISS;
    }
}
