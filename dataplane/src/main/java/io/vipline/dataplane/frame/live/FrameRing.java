package io.vipline.dataplane.frame.live;

import static org.agrona.concurrent.ringbuffer.RecordDescriptor.ALIGNMENT;
import static org.agrona.concurrent.ringbuffer.RecordDescriptor.encodedMsgOffset;
import static org.agrona.concurrent.ringbuffer.RecordDescriptor.lengthOffset;
import static org.agrona.concurrent.ringbuffer.RecordDescriptor.typeOffset;
import static org.agrona.concurrent.ringbuffer.RingBuffer.PADDING_MSG_TYPE_ID;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.memory.NativeMemory;
import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Frames between two threads: {@link FinishedFrame} records in one of Agrona's single-producer rings, in native memory.
 * The writing thread sees a {@link FrameSink}. The reading thread looks at a group of records where they lie ({@link
 * #peek}) and gives them back when it is done with them ({@link #release}), so that frames go from the ring to the
 * kernel, or through the pipeline, uncopied.
 */
public final class FrameRing implements FrameSink {
    private static final int FRAME_TYPE = 1;
    /** Agrona's limit for one record is an eighth of the ring: this holds several super-frames of 64 KiB. */
    private static final int DEFAULT_BYTES = 1 << 22;

    private static final MessageHandler PASS_OVER = (type, buffer, index, length) -> {};

    private final OneToOneRingBuffer ring;
    private final NativeMemory memory;
    private int claimed = FULL;

    public FrameRing() {
        this(DEFAULT_BYTES);
    }

    /** @param dataBytes a power of two; frames of up to an eighth of it fit */
    public FrameRing(int dataBytes) {
        int bytes = dataBytes + RingBufferDescriptor.TRAILER_LENGTH;
        ring = new OneToOneRingBuffer(new UnsafeBuffer(ByteBuffer.allocateDirect(bytes)));
        memory = new NativeMemory(ring.buffer().addressOffset(), bytes);
    }

    @Override
    public int claim(int frameBytes) {
        int bytes = FinishedFrame.HEADER_BYTES + frameBytes;
        if (bytes > ring.maxMsgLength()) {
            return FULL;
        }
        claimed = ring.tryClaim(FRAME_TYPE, bytes);
        return claimed > 0 ? claimed : FULL;
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

    /**
     * Finds the oldest records that have not been released. Called by the reading thread.
     *
     * @param records filled with the records' places in {@link #memory()}
     * @param limit at most so many
     * @return how many there are; fewer than are waiting where the ring's end cuts them
     */
    public int peek(int[] records, int limit) {
        int count = peekToEnd(records, limit);
        return count < 0 ? Math.max(0, peekToEnd(records, limit)) : count;
    }

    /** @return the number of records; -1 if only padding stood before the ring's end, and was released */
    private int peekToEnd(int[] records, int limit) {
        int index = (int) ring.consumerPosition() & (ring.capacity() - 1);
        int count = 0;
        while (count < limit && index < ring.capacity()) {
            int length = memory.getIntVolatile(lengthOffset(index));
            if (length <= 0) {
                return count;
            }
            if (memory.getInt(typeOffset(index)) != PADDING_MSG_TYPE_ID) {
                records[count++] = encodedMsgOffset(index);
            }
            index += BitUtil.align(length, ALIGNMENT);
        }
        if (count == 0 && limit > 0) {
            ring.read(PASS_OVER, 1);
            return -1;
        }
        return count;
    }

    /** Gives the {@code count} oldest records back to the writer. Called by the reading thread. */
    public void release(int count) {
        int left = count;
        while (left > 0) {
            left -= ring.read(PASS_OVER, left);
        }
    }

    /** Whether nothing waits. */
    public boolean isEmpty() {
        return ring.size() == 0;
    }
}
