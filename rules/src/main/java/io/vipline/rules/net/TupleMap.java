package io.vipline.rules.net;

/**
 * A map from (address, protocol, port) to a value: open addressing over primitive arrays, so that a probe allocates
 * nothing and touches one or two cache lines. Grows while it is being filled; afterwards any number of threads may read
 * it. Either part of the key may be left constant by the user, as a map by address alone has port 0 throughout.
 */
public final class TupleMap<V> {
    private static final int INITIAL_SLOTS = 16;

    private long[] highs = new long[INITIAL_SLOTS];
    private long[] lows = new long[INITIAL_SLOTS];
    private int[] ports = new int[INITIAL_SLOTS];
    private Object[] values = new Object[INITIAL_SLOTS];
    private int size;

    public TupleMap() {}

    private TupleMap(TupleMap<V> other) {
        highs = other.highs.clone();
        lows = other.lows.clone();
        ports = other.ports.clone();
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
        while (values[slot] != null) {
            if (lows[slot] == low && ports[slot] == portKey && highs[slot] == high) {
                return (V) values[slot];
            }
            slot = slot + 1 & mask;
        }
        return null;
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
            highs[slot] = high;
            lows[slot] = low;
            ports[slot] = portKey;
        }
        values[slot] = value;
    }

    private int slotOf(long high, long low, int portKey) {
        int mask = values.length - 1;
        int slot = hash(high, low, portKey) & mask;
        while (values[slot] != null && !(lows[slot] == low && ports[slot] == portKey && highs[slot] == high)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldHighs = highs;
        long[] oldLows = lows;
        int[] oldPorts = ports;
        Object[] oldValues = values;
        int slots = oldValues.length * 2;
        highs = new long[slots];
        lows = new long[slots];
        ports = new int[slots];
        values = new Object[slots];
        for (int i = 0; i < oldValues.length; i++) {
            if (oldValues[i] != null) {
                int slot = slotOf(oldHighs[i], oldLows[i], oldPorts[i]);
                highs[slot] = oldHighs[i];
                lows[slot] = oldLows[i];
                ports[slot] = oldPorts[i];
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
                visitor.visit(highs[i], lows[i], ports[i], value);
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
