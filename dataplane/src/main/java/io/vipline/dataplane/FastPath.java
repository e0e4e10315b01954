package io.vipline.dataplane;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.conntrack.Tracker;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.nat.Shards;
import io.vipline.dataplane.wire.OrdinaryPacket;
import io.vipline.dataplane.wire.Transport;

/**
 * The way of {@linkplain OrdinaryPacket ordinary} packets of IPv4 whose connection is known, past everything that need
 * not be asked about them, as {@code nf_flow_offload_ip_hook} of the kernel's flow tables: a packet is looked at where it
 * lies, and decoded no further than its tuple. Whatever is special about one, in the least, it goes the long way, which
 * comes to the same for the others.
 *
 * <p>A batch is searched for in steps ({@link #search}), each for all of its packets before the next, so that the cache
 * misses of one overlap with those of another. Owned by the pipeline's thread.
 */
final class FastPath {
    /** {@link #forward}: the packet has gone and is counted; or is another thread's, which does that. */
    static final long GONE = -2;
    /** It has no connection, as far as is known here. */
    static final long UNKNOWN = ConnectionTable.MISS;

    private static final int LEAST_TTL = 2;

    private static final int ROW_BYTES_LOG2 = 3;
    /** A row for each slot of the batch: the hash, 0 for a packet that is not ordinary; */
    private static final int HASH = 0;
    /** and {@link ConnectionTable#candidate}. */
    private static final int CANDIDATE = 4;

    /** {@link #CANDIDATE} of what is another thread's. */
    private static final int FOREIGN = -2;

    private final NativeMemory rows = NativeMemory.allocate(FrameBatch.CAPACITY << ROW_BYTES_LOG2);
    private final int share;
    private final int shares;
    private final ConnectionTable connections;
    private final Tracker tracker;
    private final Egress egress;
    private final Counters counters;
    private final Connection connection = new Connection();
    private final OrdinaryPacket packet = new OrdinaryPacket();

    FastPath(PipelineConfig config, ConnectionTable connections, Tracker tracker, Egress egress, Counters counters) {
        share = config.share();
        shares = config.shares();
        this.connections = connections;
        this.tracker = tracker;
        this.egress = egress;
        this.counters = counters;
    }

    /**
     * Looks for the connections of a batch.
     *
     * @return something that depends on all that was touched
     */
    int search(FrameBatch batch, Shards shards) {
        for (int i = 0; i < batch.count; i++) {
            long row = (long) i << ROW_BYTES_LOG2;
            rows.putInt(row + HASH, hash(batch, batch.memory, i));
            rows.putInt(row + CANDIDATE, ConnectionTable.MISS);
        }
        if (shares > 1) {
            markForeign(batch, shards);
        }
        int touched = 0;
        for (int i = 0; i < batch.count; i++) {
            touched += connections.touchSlot(rows.getInt(((long) i << ROW_BYTES_LOG2) + HASH));
        }
        for (int i = 0; i < batch.count; i++) {
            long row = (long) i << ROW_BYTES_LOG2;
            int hash = rows.getInt(row + HASH);
            if (hash != 0 && rows.getInt(row + CANDIDATE) != FOREIGN) {
                rows.putInt(row + CANDIDATE, connections.candidate(hash));
            }
        }
        for (int i = 0; i < batch.count; i++) {
            int candidate = rows.getInt(((long) i << ROW_BYTES_LOG2) + CANDIDATE);
            touched += candidate < 0 ? 0 : connections.touchEntry(candidate >>> 1);
        }
        return touched;
    }

    private void markForeign(FrameBatch batch, Shards shards) {
        for (int i = 0; i < batch.count; i++) {
            long row = (long) i << ROW_BYTES_LOG2;
            packet.wrap(batch.memory, (long) batch.offset(i) + OrdinaryPacket.NETWORK);
            if (rows.getInt(row + HASH) != 0 && shards.isForeign(packet, share, shares)) {
                // a slot that is looked at anyhow
                rows.putInt(row + HASH, 1);
                rows.putInt(row + CANDIDATE, FOREIGN);
            }
        }
    }

    private static int hash(FrameBatch batch, NativeMemory frames, int slot) {
        boolean isPlain = batch.linkType(slot) == LinkType.ETHERNET && batch.checksumStart(slot) == -1;
        return isPlain
                ? OrdinaryPacket.hash(frames, batch.offset(slot), batch.captured(slot), batch.original(slot))
                : 0;
    }

    /** Whether a frame of the batch that was searched for is an ordinary packet. */
    boolean takes(int slot) {
        return rows.getInt(((long) slot << ROW_BYTES_LOG2) + HASH) != 0;
    }

    /**
     * Forwards an ordinary packet if its connection is known, and that is all that there is to say.
     *
     * @return {@link #GONE}; if it has to be decoded, its connection as {@link ConnectionTable#find} tells, or
     *     {@link #UNKNOWN}
     */
    long forward(FrameBatch batch, int slot, long nowNs) {
        int candidate = rows.getInt(((long) slot << ROW_BYTES_LOG2) + CANDIDATE);
        if (candidate < 0) {
            return candidate == FOREIGN ? GONE : UNKNOWN;
        }
        packet.wrap(batch.memory, (long) batch.offset(slot) + OrdinaryPacket.NETWORK);
        connection.wrap(connections, candidate >>> 1);
        int kind = connection.kindOf(packet, candidate & 1);
        if (kind < 0 || connection.isOver(nowNs) || packet.ttl() < LEAST_TTL) {
            return UNKNOWN;
        }
        if (packet.protocol() != Transport.UDP) {
            return (long) (candidate >>> 1) << 2 | kind;
        }
        boolean isReply = kind != ConnectionTable.ORIGINAL;
        tracker.trackUdp(connection, isReply, nowNs);
        counters.frames++;
        counters.bytes += batch.original(slot);
        egress.forwardOrdinary(batch, slot, packet, connection, isReply);
        return GONE;
    }
}
