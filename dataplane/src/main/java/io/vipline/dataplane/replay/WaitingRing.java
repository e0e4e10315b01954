package io.vipline.dataplane.replay;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.memory.NativeMemory;
import java.lang.foreign.Arena;
import org.agrona.BitUtil;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * A ring from a forwarder to the thread that writes the output. A replay loses nothing: a forwarder that finds the ring
 * full waits. {@link #claim}, {@link #commit} and {@link #abort} belong to the forwarder's thread, {@link #firstNumber} and
 * {@link #takeFirst} to the reader's.
 */
final class WaitingRing implements FrameSink, AutoCloseable {
    private static final int TYPE = 1;
    private static final int CAPACITY_BYTES = 1 << 24;

    private final Arena arena = Arena.ofShared();
    private final OneToOneRingBuffer ring;
    private final NativeMemory memory;
    private final ControlledMessageHandler peek;
    private volatile boolean abandoned;
    private int claimed;
    private long peeked;
    private FrameConsumer consumer;
    private final ControlledMessageHandler take;

    WaitingRing() {
        this(CAPACITY_BYTES);
    }

    /** @param capacityBytes a power of two; frames of up to an eighth of it fit */
    WaitingRing(int capacityBytes) {
        int bytes = capacityBytes + RingBufferDescriptor.TRAILER_LENGTH;
        ring = new OneToOneRingBuffer(
                new UnsafeBuffer(arena.allocate(bytes, 128).address(), bytes));
        memory = new NativeMemory(ring.buffer().addressOffset(), bytes);
        peek = (type, buffer, index, length) -> {
            peeked = memory.getLong(index + FinishedFrame.NUMBER);
            return ControlledMessageHandler.Action.ABORT;
        };
        take = (type, buffer, index, length) -> {
            consumer.accept(memory, index);
            return ControlledMessageHandler.Action.COMMIT;
        };
    }

    @Override
    public int claim(int frameBytes) {
        int bytes = BitUtil.align(FinishedFrame.HEADER_BYTES + frameBytes, 8);
        while (true) {
            claimed = ring.tryClaim(TYPE, bytes);
            if (claimed > 0) {
                return claimed;
            }
            if (abandoned) {
                return FULL;
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public NativeMemory memory() {
        return memory;
    }

    @Override
    public void commit() {
        ring.commit(claimed);
    }

    @Override
    public void abort() {
        ring.abort(claimed);
    }

    /** @return the number of the first frame in the ring; {@link Long#MAX_VALUE} if it is empty */
    long firstNumber() {
        peeked = Long.MAX_VALUE;
        ring.controlledRead(peek, 1);
        return peeked;
    }

    /** Takes the first frame out. */
    void takeFirst(FrameConsumer to) {
        consumer = to;
        ring.controlledRead(take, 1);
    }

    /** Nobody reads any more: the forwarder need not wait. Any thread. */
    void abandon() {
        abandoned = true;
    }

    @Override
    public void close() {
        arena.close();
    }
}
