package io.vipline.dataplane.replay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.vipline.dataplane.frame.FinishedFrame;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Two forwarders and the merge of what they finish, as {@link Forwarder} and {@link ReplayRun} use it: one has finished
 * frames 1 and 3 and is done, the other commits 0, says so, commits 2, says that all is done. Read meanwhile, what leaves
 * is the beginning of 0 1 2 3, whole; and once all are said to be done, nothing is left behind.
 */
@JCStressTest
@Outcome(id = "0, 0, 4", expect = ACCEPTABLE, desc = "nothing yet")
@Outcome(id = "2, 0, 4", expect = ACCEPTABLE, desc = "0 1")
@Outcome(id = "4, 0, 4", expect = ACCEPTABLE, desc = "all")
@Outcome(expect = FORBIDDEN, desc = "out of order, not whole, or lost")
@State
public class OrderedMergeStress {
    private static final int FRAME_BYTES = 8;

    private final WaitingRing behind = new WaitingRing(1 << 11);
    private final WaitingRing ahead = new WaitingRing(1 << 11);
    private volatile long doneBefore;
    private final OrderedMerge merge =
            new OrderedMerge(List.of(() -> doneBefore, () -> Long.MAX_VALUE), List.of(behind, ahead));
    private long next;
    private int bad;

    public OrderedMergeStress() {
        write(ahead, 1);
        write(ahead, 3);
    }

    private static void write(WaitingRing ring, long number) {
        int record = ring.claim(FRAME_BYTES);
        ring.memory().putLong(record + FinishedFrame.NUMBER, number);
        ring.memory().putLong(record + FinishedFrame.HEADER_BYTES, ~number);
        ring.commit();
    }

    @Actor
    public void forwarder() {
        write(behind, 0);
        doneBefore = 2;
        write(behind, 2);
        doneBefore = Long.MAX_VALUE;
    }

    private int drain() {
        return merge.drain((memory, record) -> {
            long number = memory.getLong(record + FinishedFrame.NUMBER);
            boolean isRight =
                    number == next && memory.getLong(record + FinishedFrame.HEADER_BYTES) == ~number;
            bad += isRight ? 0 : 1;
            next++;
        });
    }

    @Actor
    public void reader(III_Result result) {
        result.r1 = drain();
        if (merge.isDone() && next != 4) {
            bad++;
        }
    }

    @Arbiter
    public void rest(III_Result result) {
        drain();
        result.r2 = bad + (merge.isDone() ? 0 : 1);
        result.r3 = (int) next;
        behind.close();
        ahead.close();
    }
}
