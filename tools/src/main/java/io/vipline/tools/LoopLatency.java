package io.vipline.tools;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.frame.RewindableSource;
import io.vipline.dataplane.frame.capture.CaptureReader;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * How long the packet loop keeps one frame: a capture is gone through over and over, each frame handed over alone and
 * timed from before decoding until it lies finished in memory. The first rounds, while the JVM compiles, are not counted.
 */
final class LoopLatency {
    private static final int WARM_UP_ROUNDS = 12;
    private static final int ROUNDS = 12;
    private static final long HIGHEST_NS = 1_000_000_000L;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};

    private final Histogram frames = new Histogram(HIGHEST_NS, 3);
    private final Histogram clock = new Histogram(HIGHEST_NS, 3);

    private LoopLatency() {}

    static LoopLatency of(Path capture, Table table, PipelineConfig config) throws IOException {
        LoopLatency latency = new LoopLatency();
        Counters counters = new Counters(table);
        try (RewindableSource source = CaptureReader.open(capture);
                MemorySink sink = new MemorySink();
                Pipeline pipeline = new Pipeline(table, config, sink, counters)) {
            long shiftNs = 0;
            for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
                if (round > 0) {
                    shiftNs += source.lengthNs();
                    source.rewind(shiftNs);
                }
                if (round == WARM_UP_ROUNDS) {
                    latency.frames.reset();
                }
                latency.round(source, pipeline);
            }
        }
        latency.timeClock();
        return latency;
    }

    private void round(RewindableSource source, Pipeline pipeline) {
        FrameBatch batch = new FrameBatch();
        while (source.poll(batch, 1) != FrameSource.END) {
            long beginNs = System.nanoTime();
            pipeline.process(batch);
            frames.recordValue(Math.min(System.nanoTime() - beginNs, HIGHEST_NS));
        }
    }

    /** What the two readings of the clock cost by themselves: part of every figure above. */
    private void timeClock() {
        for (int i = 0; i < 1_000_000; i++) {
            long beginNs = System.nanoTime();
            clock.recordValue(Math.min(System.nanoTime() - beginNs, HIGHEST_NS));
        }
    }

    void print(PrintWriter out) {
        out.printf(Locale.ROOT, "%-12s %10s%n", "PERCENTILE", "NS");
        for (double percentile : PERCENTILES) {
            out.printf(Locale.ROOT, "%-12s %10d%n", percentile, frames.getValueAtPercentile(percentile));
        }
        out.printf(Locale.ROOT, "%-12s %10d%n", "max", frames.getMaxValue());
        out.printf(
                Locale.ROOT,
                "%,d frames, one at a time; reading the clock is %d ns of each figure%n",
                frames.getTotalCount(),
                clock.getValueAtPercentile(50));
    }
}
