package io.vipline.dataplane.frame.live;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.vipline.dataplane.frame.FinishedFrame;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two frames go through a ring while it is read: those that are there are whole and the first ones. Frames are of eight
 * bytes, and the ring's end is before the second one, so that padding is written and passed over, too.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "nothing there yet")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the first, whole")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "both, whole")
@Outcome(expect = FORBIDDEN, desc = "a frame that is not whole, or not in its place")
@State
public class FrameRingStress {
    private static final int FRAME_BYTES = 8;
    private static final long FIRST = 0x0101_0101_0101_0101L;
    private static final int FRAMES_BEFORE = 7;

    private final FrameRing ring = new FrameRing(1 << 10);
    private final int[] records = new int[4];

    public FrameRingStress() {
        for (int i = 0; i < FRAMES_BEFORE; i++) {
            write(-1);
            ring.release(ring.peek(records, 1));
        }
    }

    private void write(long value) {
        int record = ring.claim(FRAME_BYTES);
        ring.memory().putLong(record + FinishedFrame.NUMBER, value);
        ring.memory().putInt(record + FinishedFrame.LENGTH, FRAME_BYTES);
        ring.memory().putLong(record + FinishedFrame.HEADER_BYTES, value);
        ring.commit();
    }

    @Actor
    public void writer() {
        write(FIRST);
        write(2 * FIRST);
    }

    @Actor
    public void reader(II_Result result) {
        int bad = 0;
        int seen = 0;
        // once before the ring's end, once behind it
        for (int look = 0; look < 2; look++) {
            int count = ring.peek(records, records.length);
            for (int i = 0; i < count; i++) {
                long expected = FIRST * ++seen;
                boolean isWhole = ring.memory().getLong(records[i] + FinishedFrame.NUMBER) == expected
                        && ring.memory().getInt(records[i] + FinishedFrame.LENGTH) == FRAME_BYTES
                        && ring.memory().getLong(records[i] + FinishedFrame.HEADER_BYTES) == expected;
                bad += isWhole ? 0 : 1;
            }
            ring.release(count);
        }
        result.r1 = seen;
        result.r2 = bad;
    }
}
