package io.vipline.dataplane.replay;

import java.util.List;

/**
 * Brings the frames of several forwarders back into the capture's order. A frame may leave when no forwarder can produce
 * an earlier one: each tells up to which number it is done. Owned by the reading thread.
 */
final class OrderedMerge {
    private final List<Forwarder> forwarders;
    private final List<WaitingRing> rings;

    OrderedMerge(List<Forwarder> forwarders, List<WaitingRing> rings) {
        this.forwarders = forwarders;
        this.rings = rings;
    }

    /**
     * Passes on what may leave now.
     *
     * @return the number of frames passed on
     */
    int drain(FrameConsumer consumer) {
        long safe = Long.MAX_VALUE;
        for (Forwarder forwarder : forwarders) {
            safe = Math.min(safe, forwarder.doneBefore());
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
            if (forwarders.get(i).doneBefore() != Long.MAX_VALUE || rings.get(i).firstNumber() != Long.MAX_VALUE) {
                return false;
            }
        }
        return true;
    }
}
