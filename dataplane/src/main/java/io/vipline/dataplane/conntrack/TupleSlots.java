package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.memory.Pages;
import java.lang.foreign.Arena;

/**
 * References by hash: open addressing with linear probing, in slots of 8 bytes, {@code hash << 32 | reference + 1}; 0 is an
 * empty one. Owned by one thread.
 */
final class TupleSlots implements AutoCloseable {
    static final int NONE = -1;

    private final Arena arena = Arena.ofShared();
    private final NativeMemory slots;
    private final int mask;
    private int used;

    /** @param count a power of two */
    TupleSlots(int count) {
        slots = Pages.allocate(arena, 8 * count);
        mask = count - 1;
    }

    int count() {
        return mask + 1;
    }

    int used() {
        return used;
    }

    /** Reads the slot where the search for a hash begins. @return something that depends on it */
    int touch(int hash) {
        return slots.getInt((long) (hash & mask) << 3);
    }

    /** @return the first slot with that hash; {@link #NONE} */
    int first(int hash) {
        return from(hash, hash & mask);
    }

    /** @return the first slot with that hash behind another; {@link #NONE} */
    int next(int hash, int behind) {
        return from(hash, behind + 1 & mask);
    }

    private int from(int hash, int start) {
        int slot = start;
        while (true) {
            long content = content(slot);
            if ((int) (content >>> 32) == hash) {
                return slot;
            }
            if (content == 0) {
                return NONE;
            }
            slot = slot + 1 & mask;
        }
    }

    private long content(int slot) {
        return slots.getLong((long) slot << 3);
    }

    private void fill(int slot, long content) {
        slots.putLong((long) slot << 3, content);
    }

    /** What stands in a slot; {@link #NONE} if it is empty. Slots are counted round and round. */
    int reference(int slot) {
        return (int) content(slot & mask) - 1;
    }

    private static long filling(int hash, int reference) {
        return (long) hash << 32 | (reference + 1 & 0xffff_ffffL);
    }

    void put(int hash, int reference) {
        int slot = hash & mask;
        while (content(slot) != 0) {
            slot = slot + 1 & mask;
        }
        fill(slot, filling(hash, reference));
        used++;
    }

    /**
     * Knuth 6.4 algorithm R: later slots of the run move up, so no tombstones pile up.
     *
     * @return whether it was there
     */
    boolean takeOut(int hash, int reference) {
        long wanted = filling(hash, reference);
        int slot = hash & mask;
        while (content(slot) != wanted) {
            if (content(slot) == 0) {
                return false;
            }
            slot = slot + 1 & mask;
        }
        close(slot);
        used--;
        return true;
    }

    private void close(int slot) {
        int hole = slot;
        int next = slot;
        while (true) {
            next = next + 1 & mask;
            long content = content(next);
            if (content == 0) {
                break;
            }
            int home = (int) (content >>> 32) & mask;
            if ((next - home & mask) >= (next - hole & mask)) {
                fill(hole, content);
                hole = next;
            }
        }
        fill(hole, 0);
    }

    /** An empty slot: no run goes across it. */
    int anyEmpty() {
        int slot = 0;
        while (content(slot) != 0) {
            slot++;
        }
        return slot;
    }

    /** Moves what stands in a slot. @return whether something did */
    boolean move(int slot, TupleSlots to) {
        long content = content(slot & mask);
        if (content == 0) {
            return false;
        }
        to.put((int) (content >>> 32), (int) content - 1);
        fill(slot & mask, 0);
        used--;
        return true;
    }

    @Override
    public void close() {
        arena.close();
    }
}
