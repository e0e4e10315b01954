package io.vipline.dataplane.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The index against a list of what is in it, while it grows several times and references come and go. */
class TupleIndexTest {
    private static final int OPERATIONS = 400_000;
    /** As many as are looked for after each of a thousand operations. */
    private static final int SAMPLES = 50;

    private record Tuple(int hash, int reference) {}

    @Test
    void whatIsPutInIsFoundUntilItIsTakenOutHoweverTheIndexGrows() {
        SplittableRandom random = new SplittableRandom(1);
        List<Tuple> present = new ArrayList<>();
        List<Tuple> gone = new ArrayList<>();
        int growing = 0;
        try (TupleIndex index = new TupleIndex()) {
            for (int i = 0; i < OPERATIONS; i++) {
                if (present.isEmpty() || random.nextInt(4) > 0) {
                    // few enough high bits that runs are long, and odd so that it is not 0
                    Tuple tuple = new Tuple(random.nextInt(1 << 20) * 2 + 1, i);
                    index.put(tuple.hash(), tuple.reference());
                    present.add(tuple);
                } else {
                    Tuple tuple = present.set(random.nextInt(present.size()), present.getLast());
                    present.removeLast();
                    index.takeOut(tuple.hash(), tuple.reference());
                    gone.add(tuple);
                }
                growing += index.before() == null ? 0 : 1;
                if (i % 1_000 == 0) {
                    index.move(3);
                    checkSome(index, present, random, true);
                    checkSome(index, gone, random, false);
                }
            }
            assertThat(growing).isGreaterThan(10_000);
            present.forEach(tuple -> assertThat(has(index, tuple)).isTrue());
            present.forEach(tuple -> index.takeOut(tuple.hash(), tuple.reference()));
            present.forEach(tuple -> assertThat(index.first(tuple.hash())).isEqualTo(TupleSlots.NONE));
        }
    }

    private static void checkSome(TupleIndex index, List<Tuple> tuples, SplittableRandom random, boolean isThere) {
        for (int i = 0; i < SAMPLES && !tuples.isEmpty(); i++) {
            Tuple tuple = tuples.get(random.nextInt(tuples.size()));
            assertThat(has(index, tuple)).as("%s", tuple).isEqualTo(isThere);
        }
    }

    private static boolean has(TupleIndex index, Tuple tuple) {
        return has(index.slots(), tuple) || index.before() != null && has(index.before(), tuple);
    }

    private static boolean has(TupleSlots slots, Tuple tuple) {
        for (int slot = slots.first(tuple.hash()); slot >= 0; slot = slots.next(tuple.hash(), slot)) {
            if (slots.reference(slot) == tuple.reference()) {
                return true;
            }
        }
        return false;
    }
}
