package io.vipline.rules.net;

/**
 * A map from (address, protocol, port) to a value: open addressing over primitive arrays, so that a probe allocates
 * nothing and touches one cache line of keys. Either part of the key may be left constant by the user, as a map by
 * address alone has port 0 throughout.
 *
 * <p>One thread fills a map. Once it is published any number of threads may read it, and the one thread may make a {@link
 * #next} version and change that: it costs the same whatever the size of the map, because versions share their keys and
 * all pages of values that are the same in both. A slot that is free in an earlier version has no value there, whatever
 * key a later one puts into it.
 */
public final class TupleMap<V> {
    private static final int INITIAL_SLOTS = 16;
    /** Longs a slot: high, low, port key, and one that makes two slots a cache line. */
    private static final int STRIDE = 4;

    private static final int LOW = 1;
    private static final int PORT = 2;
    private static final int PAGE_BITS = 9;
    private static final int PAGE_MASK = (1 << PAGE_BITS) - 1;

    /** The value of a key that was removed: its slot stays its own. */
    private static final Object REMOVED = new Object();

    private long[] keys;
    private Object[][] pages;
    /** Which pages no earlier version has; null: all. */
    private boolean[] own;

    private int mask;
    /** Slots that have a key, removed ones too. */
    private int used;

    private int size;

    public TupleMap() {
        allocate(INITIAL_SLOTS);
    }

    private TupleMap(TupleMap<V> earlier) {
        keys = earlier.keys;
        pages = earlier.pages.clone();
        own = new boolean[pages.length];
        mask = earlier.mask;
        used = earlier.used;
        size = earlier.size;
    }

    /** A map with the same entries, which may be changed while this one is read; this one must not change any more. */
    public TupleMap<V> next() {
        return new TupleMap<>(this);
    }

    private void allocate(int slots) {
        keys = new long[slots * STRIDE];
        int pageSlots = Math.min(slots, PAGE_MASK + 1);
        pages = new Object[slots / pageSlots][pageSlots];
        own = null;
        mask = slots - 1;
    }

    /** Protocol and port as one int: {@code protocol << 16 | port}; a negative port means none. */
    public static int portKey(int protocol, int port) {
        return port < 0 ? protocol << 16 | 1 << 30 : protocol << 16 | port;
    }

    public int size() {
        return size;
    }

    /** @return null if the key has no value */
    @SuppressWarnings("unchecked")
    public V get(long high, long low, int portKey) {
        int slot = hash(high, low, portKey) & mask;
        while (true) {
            Object value = pages[slot >>> PAGE_BITS][slot & PAGE_MASK];
            if (value == null) {
                return null;
            }
            if (holds(slot, high, low, portKey)) {
                return value == REMOVED ? null : (V) value;
            }
            slot = slot + 1 & mask;
        }
    }

    private boolean holds(int slot, long high, long low, int portKey) {
        int at = slot * STRIDE;
        return keys[at + LOW] == low && keys[at + PORT] == portKey && keys[at] == high;
    }

    /** Sets or replaces a value. @param value not null */
    public void put(long high, long low, int portKey, V value) {
        int slot = slotOf(high, low, portKey);
        Object present = value(slot);
        if (present == null) {
            if ((used + 1) * 2 > mask + 1) {
                rehash();
                slot = slotOf(high, low, portKey);
            }
            used++;
            keys[slot * STRIDE] = high;
            keys[slot * STRIDE + LOW] = low;
            keys[slot * STRIDE + PORT] = portKey;
        }
        if (present == null || present == REMOVED) {
            size++;
        }
        set(slot, value);
    }

    /** Forgets a key, if it is there. */
    public void remove(long high, long low, int portKey) {
        int slot = slotOf(high, low, portKey);
        Object present = value(slot);
        if (present != null && present != REMOVED) {
            set(slot, REMOVED);
            size--;
        }
    }

    private Object value(int slot) {
        return pages[slot >>> PAGE_BITS][slot & PAGE_MASK];
    }

    private void set(int slot, Object value) {
        int page = slot >>> PAGE_BITS;
        if (own != null && !own[page]) {
            pages[page] = pages[page].clone();
            own[page] = true;
        }
        pages[page][slot & PAGE_MASK] = value;
    }

    private int slotOf(long high, long low, int portKey) {
        int slot = hash(high, low, portKey) & mask;
        while (value(slot) != null && !holds(slot, high, low, portKey)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /** Into arrays of its own, twice as large unless half of the slots in use are those of removed keys. */
    private void rehash() {
        long[] oldKeys = keys;
        Object[][] oldPages = pages;
        int slots = mask + 1;
        allocate(size * 4 < slots ? slots : slots * 2);
        used = size;
        for (int i = 0; i < slots; i++) {
            Object value = oldPages[i >>> PAGE_BITS][i & PAGE_MASK];
            if (value != null && value != REMOVED) {
                int at = i * STRIDE;
                int slot = slotOf(oldKeys[at], oldKeys[at + LOW], (int) oldKeys[at + PORT]);
                System.arraycopy(oldKeys, at, keys, slot * STRIDE, STRIDE);
                set(slot, value);
            }
        }
    }

    /** Calls with every entry, in an order that depends on the keys and on the order in which they came and went. */
    public void forEach(Visitor<? super V> visitor) {
        for (int i = 0; i <= mask; i++) {
            Object found = value(i);
            if (found != null && found != REMOVED) {
                @SuppressWarnings("unchecked")
                V value = (V) found;
                visitor.visit(keys[i * STRIDE], keys[i * STRIDE + LOW], (int) keys[i * STRIDE + PORT], value);
            }
        }
    }

    /** Takes an entry of {@link #forEach}. */
    @FunctionalInterface
    public interface Visitor<V> {
        void visit(long high, long low, int portKey, V value);
    }

    private static int hash(long high, long low, int portKey) {
        long mixed = (high ^ Long.rotateLeft(low, 29)) * 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 32 ^ portKey) * 0xd6e8feb86659fd93L;
        return (int) (mixed ^ mixed >>> 32);
    }
}
