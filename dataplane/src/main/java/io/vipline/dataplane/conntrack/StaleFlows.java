package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.ServedUdp;

/**
 * Forgets the UDP connections that a change of endpoints left stale. kube-proxy lists and deletes them while packets flow;
 * so does this, a stretch of the table a batch, so that no batch waits for the whole. Owned by the tables' thread.
 */
public final class StaleFlows {
    private final ConnectionTable[] tables;
    private final Connection connection = new Connection();
    private ServedUdp served = ServedUdp.UNKNOWN;
    private int table;
    private int entry;

    public StaleFlows(ConnectionTable... tables) {
        this.tables = tables;
        table = tables.length;
    }

    /** Begins to look for connections that are stale by this. */
    public void look(ServedUdp latest) {
        served = latest;
        table = latest.isEmpty() ? tables.length : 0;
        entry = 0;
    }

    /** Whether there is more to look at. */
    public boolean isLooking() {
        return table < tables.length;
    }

    /**
     * Looks on.
     *
     * @param limit how many entries to look at
     */
    public void step(int limit) {
        for (int i = 0; i < limit && isLooking(); i++) {
            if (entry >= tables[table].allocated()) {
                table++;
                entry = 0;
            } else {
                judge(tables[table], entry++);
            }
        }
    }

    private void judge(ConnectionTable connections, int candidate) {
        connection.wrap(connections, candidate);
        if (connection.state() != Connection.FREE
                && connection.protocol() == Transport.UDP
                && served.isStale(originalDestination(), replySource())) {
            connections.remove(candidate);
        }
    }

    private IpPort originalDestination() {
        IpAddress address = new IpAddress(connection.originalDestinationHigh(), connection.originalDestinationLow());
        return new IpPort(address, connection.originalDestinationPort());
    }

    private IpPort replySource() {
        IpAddress address = new IpAddress(connection.replySourceHigh(), connection.replySourceLow());
        return new IpPort(address, connection.replySourcePort());
    }
}
