package io.vipline.dataplane.conntrack;

/**
 * Finds the entries of a {@link ConnectionTable} by the hashes of their tuples: references are {@code entry * 2 + tuple}.
 *
 * <p>It grows without a halt: the slots of before stay and are emptied some at a time, a whole run of full ones together, so
 * that a run is either here or there; what is not found among the new ones is looked for among those. Owned by one thread.
 */
final class TupleIndex implements AutoCloseable {
    private static final int INITIAL_SLOTS = 1 << 14;
    private static final int MAX_SLOTS = 1 << 28;
    /** Slots emptied with each that is filled: with three, the old ones are empty before the new ones are full. */
    private static final int MOVES_A_PUT = 8;

    private TupleSlots slots = new TupleSlots(INITIAL_SLOTS);
    /** Null: there is nothing in them any more. */
    private TupleSlots before;
    /** The next of those before, and how many are left. */
    private int moveAt;

    private int movesLeft;

    /** Where to look first. */
    TupleSlots slots() {
        return slots;
    }

    /** Where to look then; null: nowhere. */
    TupleSlots before() {
        return before;
    }

    /** @return the first reference with that hash; {@link TupleSlots#NONE} */
    int first(int hash) {
        int slot = slots.first(hash);
        if (slot >= 0) {
            return slots.reference(slot);
        }
        int earlier = before == null ? TupleSlots.NONE : before.first(hash);
        return earlier < 0 ? TupleSlots.NONE : before.reference(earlier);
    }

    void put(int hash, int reference) {
        if (before != null) {
            move(MOVES_A_PUT);
        } else if (slots.used() * 3L > slots.count() * 2L) {
            grow();
        }
        slots.put(hash, reference);
    }

    void takeOut(int hash, int reference) {
        if (!slots.takeOut(hash, reference) && (before == null || !before.takeOut(hash, reference))) {
            throw new IllegalStateException("no tuple " + reference + " with hash " + hash);
        }
    }

    private void grow() {
        if (slots.count() == MAX_SLOTS) {
            throw new IllegalStateException("connection table: more than " + slots.used() + " tuples");
        }
        before = slots;
        slots = new TupleSlots(before.count() * 2);
        moveAt = before.anyEmpty();
        movesLeft = before.count();
    }

    /** Empties some more of the slots of before. @param slots at least, and what is left of the run that the last is in */
    void move(int slots) {
        if (before == null) {
            return;
        }
        boolean isInRun = true;
        for (int moved = 0; movesLeft > 0 && (moved < slots || isInRun); moved++) {
            isInRun = before.move(moveAt++, this.slots);
            movesLeft--;
        }
        if (movesLeft == 0) {
            before.close();
            before = null;
        }
    }

    @Override
    public void close() {
        slots.close();
        if (before != null) {
            before.close();
        }
    }
}
