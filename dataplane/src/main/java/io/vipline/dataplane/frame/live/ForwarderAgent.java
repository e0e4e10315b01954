package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.route.LinkRouter;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.EpochNanoClock;

/** Takes frames through the pipeline, a batch a turn, and lets the router speak in between. */
public final class ForwarderAgent implements Agent {
    /** Batches that are still worked off at the end: more than a ring holds. */
    private static final int LAST_BATCHES = 4096;

    private final FrameSource source;
    private final Pipeline pipeline;
    private final LinkRouter router;
    private final EpochNanoClock clock;
    private final FrameBatch batch = new FrameBatch();

    public ForwarderAgent(FrameSource source, Pipeline pipeline, LinkRouter router, EpochNanoClock clock) {
        this.source = source;
        this.pipeline = pipeline;
        this.router = router;
        this.clock = clock;
    }

    @Override
    public void onStart() {
        router.poll(clock.nanoTime());
        router.announce();
    }

    @Override
    public int doWork() {
        int frames = source.poll(batch, FrameBatch.CAPACITY);
        if (frames == FrameSource.END) {
            throw new AgentTerminationException("no frames will come any more");
        }
        if (frames > 0) {
            pipeline.process(batch);
        }
        router.poll(clock.nanoTime());
        return frames;
    }

    /** Works off what a ring still holds: its writer has stopped before. From devices themselves nothing more is taken. */
    @Override
    public void onClose() {
        if (source instanceof RingSource) {
            int left = LAST_BATCHES;
            while (left > 0 && doWork() > 0) {
                left--;
            }
        }
        source.close();
        pipeline.finish();
        router.close();
        pipeline.close();
    }

    @Override
    public String roleName() {
        return "forwarder";
    }
}
