package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;

/**
 * Takes frames from a source into a ring, with all that came along. It never waits for the forwarder: a frame that finds
 * the ring full is lost, and counted, as in a network card.
 */
public final class SourceAgent implements Agent {
    private final FrameSource source;
    private final FrameSink ring;
    private final FrameBatch batch = new FrameBatch();
    private final AtomicLong lost = new AtomicLong();

    public SourceAgent(FrameSource source, FrameSink ring) {
        this.source = source;
        this.ring = ring;
    }

    @Override
    public int doWork() {
        int frames = source.poll(batch, FrameBatch.CAPACITY);
        if (frames == FrameSource.END) {
            throw new AgentTerminationException("no frames will come any more");
        }
        int overflow = 0;
        for (int slot = 0; slot < frames; slot++) {
            if (!copy(batch, slot, batch.interfaceIndex(slot), ring)) {
                overflow++;
            }
        }
        if (overflow > 0) {
            lost.setRelease(lost.getPlain() + overflow);
        }
        return frames;
    }

    /**
     * Copies a frame of a batch into a sink as it is.
     *
     * @param interfaceIndex what the record says for its interface
     * @return false if the sink was full
     */
    static boolean copy(FrameBatch batch, int slot, int interfaceIndex, FrameSink sink) {
        int length = batch.captured(slot);
        int record = sink.claim(length);
        if (record == FrameSink.FULL) {
            return false;
        }
        NativeMemory memory = sink.memory();
        batch.describe(slot, memory, record);
        memory.putInt(record + FinishedFrame.INTERFACE, interfaceIndex);
        memory.putBytes(record + FinishedFrame.HEADER_BYTES, batch.memory, batch.offset(slot), length);
        sink.commit();
        return true;
    }

    /** Frames that found the ring full. For any thread. */
    public long lost() {
        return lost.getAcquire();
    }

    @Override
    public void onClose() {
        source.close();
    }

    @Override
    public String roleName() {
        return "source";
    }
}
