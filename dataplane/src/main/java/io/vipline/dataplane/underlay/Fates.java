package io.vipline.dataplane.underlay;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.DropReason;
import java.util.Optional;

/** What became of frames: those counts of a station that are of input frames. */
public final class Fates {
    private long frames;
    private long forwarded;
    private long rejected;
    private final long[] dropped = new long[DropReason.values().length];
    private final long[] consumed = new long[ConsumedReason.values().length];

    /** Adds {@code sign} times what the counters say. */
    void add(Counters counters, int sign) {
        frames += sign * counters.frames;
        forwarded += sign * counters.forwarded;
        rejected += sign * counters.rejected;
        add(dropped, counters.dropped, sign);
        add(consumed, counters.consumed, sign);
    }

    void add(Fates other) {
        frames += other.frames;
        forwarded += other.forwarded;
        rejected += other.rejected;
        add(dropped, other.dropped, 1);
        add(consumed, other.consumed, 1);
    }

    private static void add(long[] to, long[] from, int sign) {
        for (int i = 0; i < to.length; i++) {
            to[i] += sign * from[i];
        }
    }

    /** A frame that no station took. */
    void drop(DropReason reason) {
        frames++;
        dropped[reason.ordinal()]++;
    }

    /** A frame that is on its way to the next station has not come to its end. */
    void goesOn() {
        frames--;
        forwarded--;
    }

    public long frames() {
        return frames;
    }

    public long forwarded() {
        return forwarded;
    }

    public long rejected() {
        return rejected;
    }

    /** By {@link DropReason#ordinal()}; not to be changed. */
    public long[] dropped() {
        return dropped;
    }

    /** By {@link ConsumedReason#ordinal()}; not to be changed. */
    public long[] consumed() {
        return consumed;
    }

    /** A reason for which something was dropped. */
    public Optional<DropReason> dropReason() {
        for (DropReason reason : DropReason.values()) {
            if (dropped[reason.ordinal()] > 0) {
                return Optional.of(reason);
            }
        }
        return Optional.empty();
    }

    /** A reason for which something was consumed. */
    public Optional<ConsumedReason> consumedReason() {
        for (ConsumedReason reason : ConsumedReason.values()) {
            if (consumed[reason.ordinal()] > 0) {
                return Optional.of(reason);
            }
        }
        return Optional.empty();
    }

    /** Whether every frame has exactly one fate. */
    public boolean isConserved() {
        long sum = forwarded + rejected;
        for (long count : dropped) {
            sum += count;
        }
        for (long count : consumed) {
            sum += count;
        }
        return sum == frames;
    }
}
