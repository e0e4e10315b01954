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

/** The whole way of a frame of an established connection, 1,000 Services: from memory to memory, nothing read from a file. */
@State(Scope.Thread)
public class PipelineBenchmark {
    @Param({"10048", "1000000"})
    int flows;

    @Param({"UDP4", "TCP4", "UDP6"})
    FrameKind kind;

    private final MemorySink sink = new MemorySink();
    private ClientFrames frames;
    private Pipeline pipeline;
    private Counters counters;

    @Setup
    public void setUp() {
        Table table = ManyServices.table(1000);
        frames = new ClientFrames(kind, flows, 1000, 100);
        counters = new Counters(table);
        pipeline = new Pipeline(table, ManyServices.pipelineConfig(), sink, counters);
        for (int i = 0; i < frames.batches(); i++) {
            pipeline.process(frames.nextBatch());
        }
    }

    @Benchmark
    @OperationsPerInvocation(FrameBatch.CAPACITY)
    public long established() {
        pipeline.process(frames.nextBatch());
        return counters.translated;
    }

    @TearDown
    public void tearDown() {
        if (counters.flows != flows || counters.translated != counters.frames) {
            throw new IllegalStateException("not all were established: " + counters.flows + " flows opened");
        }
        pipeline.close();
        frames.close();
        sink.close();
    }
}
