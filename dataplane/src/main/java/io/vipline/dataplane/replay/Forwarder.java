package io.vipline.dataplane.replay;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.ErrorLimit;
import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.RewindableSource;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One thread of a replay: scans the whole capture, processes its share of the flows, and tells how far it has come. Owned
 * by its thread but for {@link #doneBefore}, {@link #consumedBytes} and {@link #stop}.
 */
final class Forwarder implements AutoCloseable {
    private final ReplayPlan plan;
    private final Counters counters;
    private final Pipeline pipeline;
    private final RewindableSource source;
    private final InterfaceRegistry interfaces;
    private final FrameBatch batch = new FrameBatch();
    private final Pace pace;
    private final long[] roundNs;
    private final long[] roundFrames;
    private long seen;
    private final AtomicLong doneBefore = new AtomicLong();
    private final AtomicLong consumedBytes = new AtomicLong();
    private volatile boolean stopped;

    /** @param limit of the errors that the node sends, whose share ever this is */
    Forwarder(ReplayPlan plan, int share, FrameSink sink, InterfaceRegistry interfaces, ErrorLimit limit)
            throws IOException {
        this.plan = plan;
        this.interfaces = interfaces;
        PipelineConfig config = plan.config().withShare(share, plan.threads());
        counters = new Counters(plan.table());
        pipeline = new Pipeline(plan.table(), config, sink, counters, limit);
        pace = new Pace(plan.speed());
        roundNs = new long[plan.repeat()];
        roundFrames = new long[plan.repeat()];
        source = plan.capture().open();
    }

    /** Goes through the capture as often as planned. */
    void run() throws IOException {
        interfaces.take(source.interfaces());
        int rounds = 0;
        long shiftNs = 0;
        while (rounds < plan.repeat() && !stopped) {
            if (rounds > 0) {
                shiftNs += source.lengthNs();
                source.rewind(shiftNs);
            }
            long before = seen;
            long startNs = System.nanoTime();
            round();
            roundNs[rounds] = System.nanoTime() - startNs;
            roundFrames[rounds] = seen - before;
            rounds++;
        }
        pipeline.finish();
        doneBefore.setRelease(Long.MAX_VALUE);
    }

    private void round() {
        int limit = pace.isUnlimited() ? FrameBatch.CAPACITY : 1;
        while (!stopped && source.poll(batch, limit) != RewindableSource.END) {
            if (source.interfaces().size() > interfaces.size()) {
                interfaces.take(source.interfaces());
            }
            if (batch.count == 0) {
                continue;
            }
            pace.await(batch.timeNs(0));
            pipeline.process(batch);
            seen += batch.count;
            doneBefore.setRelease(seen);
            consumedBytes.setRelease(source.consumedBytes());
        }
    }

    /** Tells that all frames before this number are done, in the midst of a batch. */
    void doneBefore(long number) {
        doneBefore.setRelease(number);
    }

    /** All records of frames before this number are committed. Any thread. */
    long doneBefore() {
        return doneBefore.getAcquire();
    }

    /** Any thread. */
    long consumedBytes() {
        return consumedBytes.getAcquire();
    }

    /** Ends the run after the batch at hand. Any thread. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    Counters counters() {
        return counters;
    }

    long[] roundNs() {
        return roundNs;
    }

    long[] roundFrames() {
        return roundFrames;
    }

    @Override
    public void close() {
        source.close();
        pipeline.close();
    }
}
