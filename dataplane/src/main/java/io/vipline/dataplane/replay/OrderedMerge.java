package io.vipline.dataplane.replay;

import java.util.List;
import java.util.function.LongSupplier;

/**
 * Brings the frames of several forwarders back into the capture's order. A frame may leave when no forwarder can produce
 * an earlier one: each tells up to which number it is done. Owned by the reading thread.
 */
final class OrderedMerge {
    private final List<LongSupplier> doneBefore;
    private final List<WaitingRing> rings;

    /** @param doneBefore of each forwarder: all records of frames before this number are committed ({@link Forwarder}) */
    OrderedMerge(List<LongSupplier> doneBefore, List<WaitingRing> rings) {
        this.doneBefore = doneBefore;
        this.rings = rings;
    }

    /**
     * Passes on what may leave now.
     *
     * @return the number of frames passed on
     */
    int drain(FrameConsumer consumer) {
        long safe = Long.MAX_VALUE;
        for (LongSupplier done : doneBefore) {
            safe = Math.min(safe, done.getAsLong());
        }
        int passed = 0;
        while (true) {
            WaitingRing first = null;
            long number = safe;
            for (WaitingRing ring : rings) {
                long candidate = ring.firstNumber();
                if (candidate < number) {
                    number = candidate;
                    first = ring;
                }
            }
            if (first == null) {
                return passed;
            }
            first.takeFirst(consumer);
            passed++;
        }
    }

    boolean isDone() {
        for (int i = 0; i < rings.size(); i++) {
            if (doneBefore.get(i).getAsLong() != Long.MAX_VALUE || rings.get(i).firstNumber() != Long.MAX_VALUE) {
                return false;
            }
        }
        return true;
    }
}
