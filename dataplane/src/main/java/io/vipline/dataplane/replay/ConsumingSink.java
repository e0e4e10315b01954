package io.vipline.dataplane.replay;

import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.memory.NativeMemory;

/** Hands each record on as soon as it is committed, on the same thread. */
final class ConsumingSink implements FrameSink, AutoCloseable {
    private final MemorySink area = new MemorySink();
    private final FrameConsumer consumer;

    ConsumingSink(FrameConsumer consumer) {
        this.consumer = consumer;
    }

    @Override
    public int claim(int frameBytes) {
        return area.claim(frameBytes);
    }

    @Override
    public NativeMemory memory() {
        return area.memory();
    }

    @Override
    public void commit() {
        area.commit();
        consumer.accept(area.memory(), area.last());
    }

    @Override
    public void abort() {
        area.abort();
    }

    @Override
    public void close() {
        area.close();
    }
}
