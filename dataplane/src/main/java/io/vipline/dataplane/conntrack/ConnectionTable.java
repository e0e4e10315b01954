package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.memory.Pages;
import io.vipline.dataplane.wire.FlowHash;
import io.vipline.dataplane.wire.Packet;
import java.lang.foreign.Arena;

/**
 * Connections of one address family, found by either of their tuples. Entries lie in native memory and never move, 64
 * bytes each for IPv4 and 128 for IPv6 ({@link Connection} has the layout); a {@link TupleIndex}
 * points at them.
 *
 * <p>The hash of a tuple is that of its reverse, so a connection that is not translated has one slot; a translated one
 * has two. The same slot finds the reply of a translated connection <em>as its client sees it</em> (from the virtual
 * address), which a capture taken at the client needs.
 *
 * <p>An entry whose time is over is not there: a lookup removes it. {@link #sweep} gives back the memory of those that
 * nobody asks for. Owned by one thread.
 */
public final class ConnectionTable implements AutoCloseable {
    /** The tuple as the first packet carried it. */
    public static final int ORIGINAL = 0;
    /** The tuple that answers carry on the endpoint's side. */
    public static final int REPLY = 1;
    /** The original tuple reversed, of a translated connection: the answer as the client sees it. */
    public static final int CLIENT_REPLY = 2;

    public static final int MISS = -1;

    /** Of IPv4: a huge page. */
    private static final int CHUNK_ENTRIES_LOG2 = 15;

    private static final int CHUNK_ENTRIES = 1 << CHUNK_ENTRIES_LOG2;
    private static final int EVICTION_SLOTS = 64;
    private static final int LOOKS_TOGETHER = 32;
    /** Of the index, while it grows. */
    private static final int MOVES_A_SWEEP = 64;

    private final Arena arena = Arena.ofShared();
    private final boolean wide;
    private final int strideLog2;
    private final boolean withWindows;
    private NativeMemory[] chunks = new NativeMemory[0];
    private NativeMemory[] windows = new NativeMemory[0];
    private int allocated;
    private int freeHead = -1;
    private int live;
    private long removals;

    private final TupleIndex index = new TupleIndex();
    private int sweepAt;
    /** Depends on all that was touched, so that the loads are not optimised away. */
    private int touched;

    /** @param family {@link Packet#IPV4} or {@link Packet#IPV6} */
    public ConnectionTable(int family) {
        this(family, false);
    }

    /** @param withWindows whether there is room for what is remembered of TCP's sequence space, 64 bytes each */
    public ConnectionTable(int family, boolean withWindows) {
        this.withWindows = withWindows;
        wide = family == Packet.IPV6;
        strideLog2 = wide ? 7 : 6;
    }

    /** Number of entries, those whose time is over but that nobody has met since included. */
    public int size() {
        return live;
    }

    /** Entries are numbered below this, free ones among them. */
    int allocated() {
        return allocated;
    }

    boolean isWide() {
        return wide;
    }

    NativeMemory chunkOf(int entry) {
        return chunks[entry >>> CHUNK_ENTRIES_LOG2];
    }

    NativeMemory windowsOf(int entry) {
        return windows[entry >>> CHUNK_ENTRIES_LOG2];
    }

    int windowOffset(int entry) {
        return (entry & CHUNK_ENTRIES - 1) * TcpWindow.BYTES;
    }

    long offsetOf(int entry) {
        return (long) (entry & CHUNK_ENTRIES - 1) << strideLog2;
    }

    /**
     * Reads the slot where the search for a hash begins. Calling this for a whole batch before the first {@link #find}
     * lets the cache misses overlap.
     *
     * @return something that depends on the slot
     */
    public int touchSlot(int hash) {
        return index.slots().touch(hash);
    }

    /**
     * The first tuple whose hash is that.
     *
     * @return {@code entry << 1 | tuple}, tuple being {@link #ORIGINAL} or {@link #REPLY}; {@link #MISS}
     */
    public int candidate(int hash) {
        return index.first(hash);
    }

    /** As {@link #touchSlot}, of an entry. */
    public int touchEntry(int entry) {
        return chunkOf(entry).getInt(offsetOf(entry));
    }

    /** How many connections were forgotten so far: what {@link #search} found stands for as long as this does. */
    public long removals() {
        return removals;
    }

    /** Whether a connection's time is over. */
    public boolean isOver(int entry, long nowNs) {
        return chunkOf(entry).getLong(offsetOf(entry) + Connection.EXPIRY_NS) <= nowNs;
    }

    /**
     * Finds the connection of a packet by its tuple; one whose time is over is forgotten.
     *
     * @param clientView whether {@link #CLIENT_REPLY} counts as a match
     * @return {@code entry << 2 | kind}, kind being {@link #ORIGINAL}, {@link #REPLY} or {@link #CLIENT_REPLY}; {@link
     *     #MISS}
     */
    public long find(Packet packet, boolean clientView, long nowNs) {
        long found = search(packet, clientView);
        while (found != MISS && isOver((int) (found >>> 2), nowNs)) {
            remove((int) (found >>> 2));
            found = search(packet, clientView);
        }
        return found;
    }

    /** {@link #find} among all connections, those whose time is over included. */
    public long search(Packet packet, boolean clientView) {
        long found = search(index.slots(), packet, clientView);
        return found != MISS || index.before() == null ? found : search(index.before(), packet, clientView);
    }

    private long search(TupleSlots slots, Packet packet, boolean clientView) {
        int hash = packet.hash;
        for (int slot = slots.first(hash); slot >= 0; slot = slots.next(hash, slot)) {
            int reference = slots.reference(slot);
            int kind = matches(packet, reference, clientView);
            if (kind >= 0) {
                return (long) (reference >>> 1) << 2 | kind;
            }
        }
        return MISS;
    }

    private int matches(Packet packet, int reference, boolean clientView) {
        NativeMemory chunk = chunkOf(reference >>> 1);
        long at = offsetOf(reference >>> 1);
        if (chunk.getByte(at + Connection.PROTOCOL) != (byte) packet.protocol) {
            return -1;
        }
        int ports = packet.ports();
        if ((reference & 1) == REPLY) {
            return chunk.getInt(at + Connection.REPLY_PORTS) == ports && sameReply(chunk, at, packet) ? REPLY : -1;
        }
        int originalPorts = chunk.getInt(at + Connection.ORIGINAL_PORTS);
        if (originalPorts == ports && sameOriginal(chunk, at, packet)) {
            return ORIGINAL;
        }
        if (originalPorts == Integer.rotateLeft(ports, 16) && reversedOriginal(chunk, at, packet)) {
            boolean translated = (chunk.getShort(at + Connection.FLAGS) & Connection.TRANSLATED) != 0;
            return translated ? clientView ? CLIENT_REPLY : -1 : REPLY;
        }
        return -1;
    }

    private boolean sameOriginal(NativeMemory chunk, long at, Packet packet) {
        if (!wide) {
            return chunk.getLong(at + Connection.V4_ORIGINAL) == packet.v4Addresses();
        }
        return same(chunk, at + Connection.V6_ORIGINAL_SOURCE, packet.sourceHigh, packet.sourceLow)
                && same(chunk, at + Connection.V6_ORIGINAL_DESTINATION, packet.destinationHigh, packet.destinationLow);
    }

    private boolean reversedOriginal(NativeMemory chunk, long at, Packet packet) {
        if (!wide) {
            return chunk.getLong(at + Connection.V4_ORIGINAL) == Long.rotateLeft(packet.v4Addresses(), 32);
        }
        return same(chunk, at + Connection.V6_ORIGINAL_SOURCE, packet.destinationHigh, packet.destinationLow)
                && same(chunk, at + Connection.V6_ORIGINAL_DESTINATION, packet.sourceHigh, packet.sourceLow);
    }

    private boolean sameReply(NativeMemory chunk, long at, Packet packet) {
        if (!wide) {
            return chunk.getLong(at + Connection.V4_REPLY) == packet.v4Addresses();
        }
        return same(chunk, at + Connection.V6_REPLY_SOURCE, packet.sourceHigh, packet.sourceLow)
                && same(chunk, at + Connection.V6_REPLY_DESTINATION, packet.destinationHigh, packet.destinationLow);
    }

    private static boolean same(NativeMemory chunk, long at, long high, long low) {
        return chunk.getLong(at) == high && chunk.getLong(at + 8) == low;
    }

    /** A new entry, all zero, found by no tuple yet: fill it, then {@link #insert}. */
    public int allocate() {
        live++;
        int entry = freeHead;
        if (entry >= 0) {
            freeHead = chunkOf(entry).getInt(offsetOf(entry)) - 1;
        } else {
            entry = allocated++;
            if (entry >>> CHUNK_ENTRIES_LOG2 >= chunks.length) {
                addChunk();
            }
        }
        chunkOf(entry).setMemory(offsetOf(entry), 1 << strideLog2, (byte) 0);
        return entry;
    }

    private void addChunk() {
        int bytes = CHUNK_ENTRIES << strideLog2;
        NativeMemory[] more = java.util.Arrays.copyOf(chunks, chunks.length + 1);
        more[chunks.length] = Pages.allocate(arena, bytes);
        chunks = more;
        if (withWindows) {
            windows = java.util.Arrays.copyOf(windows, chunks.length);
            windows[chunks.length - 1] = Pages.allocate(arena, CHUNK_ENTRIES * TcpWindow.BYTES);
        }
    }

    /** Makes an entry findable by its tuples, which must not change any more. */
    public void insert(int entry) {
        NativeMemory chunk = chunkOf(entry);
        long at = offsetOf(entry);
        index.put(hashOf(chunk, at, ORIGINAL), entry << 1);
        if ((chunk.getShort(at + Connection.FLAGS) & Connection.TRANSLATED) != 0) {
            index.put(hashOf(chunk, at, REPLY), entry << 1 | REPLY);
        }
    }

    private int hashOf(NativeMemory chunk, long at, int tuple) {
        int ports = chunk.getInt(at + (tuple == ORIGINAL ? Connection.ORIGINAL_PORTS : Connection.REPLY_PORTS));
        int protocol = chunk.getByte(at + Connection.PROTOCOL) & 0xff;
        if (!wide) {
            long addresses = chunk.getLong(at + (tuple == ORIGINAL ? Connection.V4_ORIGINAL : Connection.V4_REPLY));
            return FlowHash.ofV4(addresses, ports, protocol);
        }
        long source = at + (tuple == ORIGINAL ? Connection.V6_ORIGINAL_SOURCE : Connection.V6_REPLY_SOURCE);
        long from = FlowHash.side(chunk.getLong(source), chunk.getLong(source + 8), ports >>> 16);
        long to = FlowHash.side(chunk.getLong(source + 16), chunk.getLong(source + 24), ports & 0xffff);
        return FlowHash.of(from, to, protocol);
    }

    /**
     * Makes room in a table that is full, as {@code early_drop} of nf_conntrack_core.c: among the entries whose hashes are
     * next to the new one's it forgets one that is over or not assured. The kernel looks through eight of its buckets;
     * with the sizes that kube-proxy sets these hold {@link #EVICTION_SLOTS} tuples when the table is full.
     *
     * @return whether there was such an entry
     */
    public boolean evict(int hash, long nowNs) {
        return evict(index.slots(), hash, nowNs) || index.before() != null && evict(index.before(), hash, nowNs);
    }

    private boolean evict(TupleSlots slots, int hash, long nowNs) {
        int looks = 0;
        for (int i = 0; i < slots.count() && looks < EVICTION_SLOTS; i++) {
            int reference = slots.reference(hash + i);
            if (reference >= 0) {
                looks++;
                int entry = reference >>> 1;
                boolean isAssured =
                        (chunkOf(entry).getShort(offsetOf(entry) + Connection.FLAGS) & Connection.ASSURED) != 0;
                if (!isAssured || isOver(entry, nowNs)) {
                    remove(entry);
                    return true;
                }
            }
        }
        return false;
    }

    /** Forgets a connection. */
    public void remove(int entry) {
        NativeMemory chunk = chunkOf(entry);
        long at = offsetOf(entry);
        index.takeOut(hashOf(chunk, at, ORIGINAL), entry << 1);
        if ((chunk.getShort(at + Connection.FLAGS) & Connection.TRANSLATED) != 0) {
            index.takeOut(hashOf(chunk, at, REPLY), entry << 1 | REPLY);
        }
        release(entry);
    }

    /** Gives back an entry that was allocated but never inserted. */
    public void release(int entry) {
        removals++;
        NativeMemory chunk = chunkOf(entry);
        long at = offsetOf(entry);
        chunk.putInt(at, freeHead + 1);
        chunk.putLong(at + Connection.EXPIRY_NS, 0);
        chunk.putByte(at + Connection.STATE, Connection.FREE);
        freeHead = entry;
        live--;
    }

    /**
     * Looks at some entries in turn and forgets those whose time is over.
     *
     * @param limit how many to look at
     */
    public void sweep(long nowNs, int limit) {
        index.move(MOVES_A_SWEEP);
        int left = Math.min(limit, allocated);
        while (left > 0) {
            int looks = Math.min(left, LOOKS_TOGETHER);
            touchSlotsOfOver(nowNs, looks);
            forgetOver(nowNs, looks);
            left -= looks;
        }
    }

    /** Brings what forgetting the next entries will look at, so that the cache misses of one overlap with another's. */
    private void touchSlotsOfOver(long nowNs, int looks) {
        int sum = 0;
        int entry = sweepAt;
        for (int i = 0; i < looks; i++) {
            if (isForgettable(entry, nowNs)) {
                sum += touchSlot(hashOf(chunkOf(entry), offsetOf(entry), ORIGINAL));
                sum += touchSlot(hashOf(chunkOf(entry), offsetOf(entry), REPLY));
            }
            entry = entry + 1 >= allocated ? 0 : entry + 1;
        }
        touched += sum;
    }

    private void forgetOver(long nowNs, int looks) {
        for (int i = 0; i < looks; i++) {
            int entry = sweepAt;
            sweepAt = entry + 1 >= allocated ? 0 : entry + 1;
            if (isForgettable(entry, nowNs)) {
                remove(entry);
            }
        }
    }

    private boolean isForgettable(int entry, long nowNs) {
        return isOver(entry, nowNs) && chunkOf(entry).getByte(offsetOf(entry) + Connection.STATE) != Connection.FREE;
    }

    @Override
    public void close() {
        arena.close();
        index.close();
    }
}
