package io.vipline.rules.net;

/**
 * A map from (address, protocol, port) to a value: open addressing over primitive arrays, so that a probe allocates
 * nothing and touches one or two cache lines. Grows while it is being filled; afterwards any number of threads may read
 * it. Either part of the key may be left constant by the user, as a map by address alone has port 0 throughout.
 */
public final class TupleMap<V> {
    private static final int INITIAL_SLOTS = 16;
    /** Longs a slot: high, low, port key, and one that makes two slots a cache line. */
    private static final int STRIDE = 4;

    private static final int LOW = 1;
    private static final int PORT = 2;

    private long[] keys = new long[INITIAL_SLOTS * STRIDE];
    private Object[] values = new Object[INITIAL_SLOTS];
    private int size;

    public TupleMap() {}

    private TupleMap(TupleMap<V> other) {
        keys = other.keys.clone();
        values = other.values.clone();
        size = other.size;
    }

    /** A map of its own with the same entries. */
    public TupleMap<V> copy() {
        return new TupleMap<>(this);
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
        int mask = values.length - 1;
        int slot = hash(high, low, portKey) & mask;
        while (!holds(slot, high, low, portKey)) {
            if (values[slot] == null) {
                return null;
            }
            slot = slot + 1 & mask;
        }
        return (V) values[slot];
    }

    /** True for no free slot but that of the key of zeros, which has no value while it is free. */
    private boolean holds(int slot, long high, long low, int portKey) {
        int at = slot * STRIDE;
        return keys[at + LOW] == low && keys[at + PORT] == portKey && keys[at] == high;
    }

    /** Sets or replaces a value. @param value not null */
    public void put(long high, long low, int portKey, V value) {
        int slot = slotOf(high, low, portKey);
        if (values[slot] == null) {
            if ((size + 1) * 2 > values.length) {
                grow();
                slot = slotOf(high, low, portKey);
            }
            size++;
            keys[slot * STRIDE] = high;
            keys[slot * STRIDE + LOW] = low;
            keys[slot * STRIDE + PORT] = portKey;
        }
        values[slot] = value;
    }

    private int slotOf(long high, long low, int portKey) {
        int mask = values.length - 1;
        int slot = hash(high, low, portKey) & mask;
        while (values[slot] != null && !holds(slot, high, low, portKey)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        Object[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new Object[oldValues.length * 2];
        for (int i = 0; i < oldValues.length; i++) {
            if (oldValues[i] != null) {
                int at = i * STRIDE;
                int slot = slotOf(oldKeys[at], oldKeys[at + LOW], (int) oldKeys[at + PORT]);
                System.arraycopy(oldKeys, at, keys, slot * STRIDE, STRIDE);
                values[slot] = oldValues[i];
            }
        }
    }

    /** Calls with every entry, in an order that depends on the keys alone. */
    public void forEach(Visitor<? super V> visitor) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null) {
                @SuppressWarnings("unchecked")
                V value = (V) values[i];
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
