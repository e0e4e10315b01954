package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.table.ServedUdp;
import java.util.ArrayList;
import java.util.List;

/** The connections of both address families: searched a batch at a time, swept, and cleaned up. Owned by one thread. */
public final class ConnectionTables implements AutoCloseable {
    /** Entries looked at a batch after a change of endpoints: some 100 µs. */
    private static final int STALE_LOOKS = 2048;

    private final boolean clientView;
    private final ConnectionTable v4;
    private final ConnectionTable v6;
    private final StaleFlows staleFlows;
    /** Of the tables when the batch at hand was searched for. */
    private long v4Removals;

    private long v6Removals;
    /** Depends on every slot that was touched, so that the loads are not optimised away. */
    private int touched;

    /**
     * @param clientView whether {@link ConnectionTable#CLIENT_REPLY} counts as a match
     * @param withWindows as for {@link ConnectionTable}
     */
    public ConnectionTables(boolean clientView, boolean withWindows) {
        this.clientView = clientView;
        v4 = new ConnectionTable(Packet.IPV4, withWindows);
        v6 = new ConnectionTable(Packet.IPV6, withWindows);
        staleFlows = new StaleFlows(v4, v6);
    }

    /** The table of the packet's family. */
    public ConnectionTable of(Packet packet) {
        return packet.family == Packet.IPV6 ? v6 : v4;
    }

    /** Number of connections. */
    public int size() {
        return v4.size() + v6.size();
    }

    /**
     * Searches for the connections of a whole batch, into {@link Packet#found}: the cache misses of one search overlap with
     * those of the next. {@link #found} tells then what is left of it.
     */
    public void search(Packet[] packets, int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            Packet packet = packets[i];
            sum += packet.family == Packet.NOT_IP ? 0 : of(packet).touchSlot(packet.hash);
        }
        touched += sum;
        v4Removals = v4.removals();
        v6Removals = v6.removals();
        for (int i = 0; i < count; i++) {
            Packet packet = packets[i];
            if (packet.family != Packet.NOT_IP && packet.problem == null) {
                packet.found = of(packet).search(packet, clientView);
            }
        }
    }

    /** The connections of IPv4. */
    public ConnectionTable v4() {
        return v4;
    }

    /**
     * The connection of a packet now: what the search found, unless connections were forgotten since, or nothing was
     * found then but perhaps opened since.
     *
     * @return as {@link ConnectionTable#find}
     */
    public long found(Packet packet, long nowNs) {
        return stands(packet, nowNs) ? packet.found : find(packet, nowNs);
    }

    /** Whether what {@link #search} found for the packet is its connection still. */
    public boolean stands(Packet packet, long nowNs) {
        boolean isWide = packet.family == Packet.IPV6;
        ConnectionTable table = isWide ? v6 : v4;
        return packet.found >= 0
                && table.removals() == (isWide ? v6Removals : v4Removals)
                && !table.isOver((int) (packet.found >>> 2), nowNs);
    }

    /** Finds the connection of a packet that no {@link #search} was made for; as {@link ConnectionTable#find}. */
    public long find(Packet packet, long nowNs) {
        return of(packet).find(packet, clientView, nowNs);
    }

    /** After each batch: looks at some entries of each table, as {@link ConnectionTable#sweep}. */
    public void sweep(long nowNs, int limit) {
        v4.sweep(nowNs, limit);
        v6.sweep(nowNs, limit);
        if (staleFlows.isLooking()) {
            staleFlows.step(STALE_LOOKS);
        }
    }

    /** The endpoints have changed: connections that this leaves stale are forgotten with the next sweeps. */
    public void lookForStale(ServedUdp served) {
        staleFlows.look(served);
    }

    /** Every connection there is, as conntrack(8) lists them, in no order. */
    public List<String> list(long nowNs) {
        List<String> lines = new ArrayList<>();
        Connection connection = new Connection();
        for (ConnectionTable table : List.of(v4, v6)) {
            for (int entry = 0; entry < table.allocated(); entry++) {
                connection.wrap(table, entry);
                if (connection.state() != Connection.FREE && !table.isOver(entry, nowNs)) {
                    lines.add(ConnectionText.of(connection, nowNs));
                }
            }
        }
        return lines;
    }

    @Override
    public void close() {
        v4.close();
        v6.close();
    }
}
