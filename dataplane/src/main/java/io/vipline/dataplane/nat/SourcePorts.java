package io.vipline.dataplane.nat;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.wire.FlowHash;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.table.SourceTranslation;

/**
 * Makes a connection's reply tuple unique by choosing the source port that the endpoint sees ({@code get_unique_tuple}
 * and {@code nf_nat_l4proto_unique_tuple} of net/netfilter/nf_nat_core.c): the client's own port where that is free and
 * the rule does not want it random, else one drawn from the rule's range or, without one, from the port's class (below
 * 512, below 1024, above; an ICMP identifier has but the last two). From the port drawn it goes upwards; a run without a
 * free one is followed by one half as long from a new draw, so that a full range is noticed soon rather than searched.
 *
 * <p>A candidate without a range is of the client's port's {@link Shards#ofClientPort shard}, so that the reply falls
 * there too. Owned by one thread.
 */
public final class SourcePorts {
    /** NF_NAT_MAX_ATTEMPTS. */
    private static final int MAX_ATTEMPTS = 128;
    /** The shortest run that is followed by another. */
    private static final int MIN_ATTEMPTS = 16;

    private static final int LAST_PORT = 65_535;

    private final Packet probe = new Packet();
    private int first;
    private int step;
    private int choices;

    /**
     * Finds a free source port for a connection whose reply tuple is set but for that port.
     *
     * @param draw random bits for the first candidate
     * @return the port; -1 if none was found free
     */
    public int choose(ConnectionTable table, Connection connection, SourceTranslation source, int draw, long nowNs) {
        int wanted = connection.replyDestinationPort();
        boolean isWithin = source.lastPort() == 0 || wanted >= source.firstPort() && wanted <= source.lastPort();
        boolean keeps = !source.randomFully() && isWithin || !hasPort(connection);
        if (keeps && isFree(table, connection, wanted, nowNs)) {
            return wanted;
        }
        if (!hasPort(connection)) {
            return -1;
        }
        candidates(wanted, isIcmp(connection), source);
        return search(table, connection, draw, nowNs);
    }

    private void candidates(int wanted, boolean isIcmp, SourceTranslation source) {
        if (source.lastPort() != 0) {
            first = source.firstPort();
            step = 1;
            choices = source.lastPort() - first + 1;
        } else if (wanted >= Shards.FIRST_UNPRIVILEGED) {
            first = Shards.FIRST_UNPRIVILEGED + wanted % Shards.COUNT;
            step = Shards.COUNT;
            choices = (LAST_PORT - first) / step + 1;
        } else {
            first = isIcmp ? 0 : wanted < 512 ? 1 : 600;
            step = 1;
            choices = (!isIcmp && wanted < 512 ? 511 : 1023) - first + 1;
        }
    }

    private int search(ConnectionTable table, Connection connection, int draw, long nowNs) {
        int drawn = draw;
        int attempts = Math.min(choices, MAX_ATTEMPTS);
        while (true) {
            int offset = Integer.remainderUnsigned(drawn, choices);
            for (int i = 0; i < attempts; i++) {
                int port = first + (offset + i) % choices * step;
                if (isFree(table, connection, port, nowNs)) {
                    return port;
                }
            }
            if (attempts >= choices || attempts < MIN_ATTEMPTS) {
                return -1;
            }
            attempts /= 2;
            drawn = drawn * 0x9E37_79B1 + 0x7F4A_7C15;
        }
    }

    private static boolean isIcmp(Connection connection) {
        return connection.protocol() == 1 || connection.protocol() == 58;
    }

    /** Whether the protocol's tuples have something to choose: the ports of TCP, UDP and SCTP, an ICMP identifier. */
    private static boolean hasPort(Connection connection) {
        return switch (connection.protocol()) {
            case 1, 6, 17, 58, 132 -> true;
            default -> false;
        };
    }

    private boolean isFree(ConnectionTable table, Connection connection, int port, long nowNs) {
        probe.protocol = connection.protocol();
        probe.sourceHigh = connection.replySourceHigh();
        probe.sourceLow = connection.replySourceLow();
        probe.sourcePort = isIcmp(connection) ? port : connection.replySourcePort();
        probe.destinationHigh = connection.replyDestinationHigh();
        probe.destinationLow = connection.replyDestinationLow();
        probe.destinationPort = port;
        probe.hash = FlowHash.of(probe);
        return table.find(probe, false, nowNs) == ConnectionTable.MISS;
    }
}
