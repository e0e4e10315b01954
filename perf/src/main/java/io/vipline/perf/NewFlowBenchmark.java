package io.vipline.perf;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.rules.table.Table;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The whole way of a frame that opens a connection. A flow comes again after twice its timeout, so it is new each time,
 * and as many connections expire as are opened: that is part of the time.
 */
@State(Scope.Thread)
public class NewFlowBenchmark {
    private static final int FLOWS = 1 << 18;
    /** Twice the timeout of one-way UDP, shared out among the flows. */
    private static final long GAP_NS = 60_000_000_000L / FLOWS;

    @Param({"10", "10000"})
    int services;

    private final MemorySink sink = new MemorySink();
    private ClientFrames frames;
    private Pipeline pipeline;
    private Counters counters;

    @Setup
    public void setUp() {
        Table table = ManyServices.table(services);
        frames = new ClientFrames(FrameKind.UDP4, FLOWS, services, GAP_NS);
        counters = new Counters(table);
        pipeline = new Pipeline(table, ManyServices.pipelineConfig(), sink, counters);
        for (int i = 0; i < frames.batches(); i++) {
            pipeline.process(frames.nextBatch());
        }
    }

    @Benchmark
    @OperationsPerInvocation(FrameBatch.CAPACITY)
    public long opened() {
        pipeline.process(frames.nextBatch());
        return counters.flows;
    }

    @TearDown
    public void tearDown() {
        if (counters.flows != counters.frames || counters.translated != counters.frames) {
            throw new IllegalStateException(counters.flows + " flows of " + counters.frames + " frames");
        }
        pipeline.close();
        frames.close();
        sink.close();
    }
}
