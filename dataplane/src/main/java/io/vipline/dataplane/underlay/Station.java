package io.vipline.dataplane.underlay;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.Router;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.TableRef;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine of the emulated cluster, with its rules and its connections: a node, or a load balancer that proxies. Owned
 * by the underlay's thread.
 */
public final class Station implements AutoCloseable {
    private static final int LONGEST_FRAME_BYTES = 1 << 18;

    private final String name;
    private final Table table;
    private final Counters counters;
    private final Pipeline pipeline;
    private final MemorySink sink = new MemorySink();
    private final FrameBatch batch = new FrameBatch(1);
    private final NativeMemory area = NativeMemory.allocate(LONGEST_FRAME_BYTES);
    private final List<Transit> left = new ArrayList<>();
    private Transit current;

    /** @param config of the whole of its traffic: one share of one */
    public Station(String name, Table table, PipelineConfig config) {
        this.name = name;
        this.table = table;
        counters = new Counters(table);
        pipeline = new Pipeline(new TableRef(table), config, new Departures(), counters, Router.TRANSPARENT);
    }

    public String name() {
        return name;
    }

    /** Its compiled rules, which number the endpoints of frames that leave it. */
    public Table table() {
        return table;
    }

    /** Of all frames that it met. */
    public Counters counters() {
        return counters;
    }

    /** @param fates gets what became of it, or of earlier ones that it completes. @return what leaves because of it */
    List<Transit> process(Transit transit, Fates fates) {
        left.clear();
        current = transit;
        transit.fill(batch, area);
        fates.add(counters, -1);
        pipeline.process(batch);
        fates.add(counters, 1);
        return List.copyOf(left);
    }

    /** Gives up what still waits for its rest. */
    void finish(Fates fates) {
        fates.add(counters, -1);
        pipeline.finish();
        fates.add(counters, 1);
    }

    @Override
    public void close() {
        pipeline.close();
        sink.close();
    }

    private final class Departures implements FrameSink {
        @Override
        public int claim(int frameBytes) {
            return sink.claim(frameBytes);
        }

        @Override
        public NativeMemory memory() {
            return sink.memory();
        }

        @Override
        public void commit() {
            NativeMemory memory = sink.memory();
            int at = sink.last();
            byte[] record = new byte[FinishedFrame.HEADER_BYTES + FinishedFrame.length(memory, at)];
            memory.getBytes(at, record);
            sink.commit();
            boolean isMade = memory.getInt(at + FinishedFrame.DISPOSITION) == Disposition.GENERATED.ordinal();
            left.add(new Transit(current.number(), record, isMade || current.isAnswer()));
        }

        @Override
        public void abort() {
            sink.abort();
        }
    }
}
