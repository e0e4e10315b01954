package io.vipline.dataplane.frame;

import io.vipline.dataplane.memory.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.BitUtil;

/**
 * Finishes frames into an area of native memory that is used over and over: a replay whose output nobody wants, or
 * wants one frame at a time. A record stays until the next claim. Used by one thread.
 */
public final class MemorySink implements FrameSink, AutoCloseable {
    /** Large enough for the longest super-frame. */
    public static final int DEFAULT_BYTES = 1 << 20;
    /** Where the area starts over if it can, so that ordinary frames stay in a first-level cache. */
    private static final int HOT_BYTES = 1 << 13;

    private final Arena arena;
    private final NativeMemory area;
    private int next;
    private int claimed = FULL;
    private int claimedEnd;
    private long committed;

    public MemorySink() {
        this(DEFAULT_BYTES);
    }

    public MemorySink(int areaBytes) {
        arena = Arena.ofShared();
        MemorySegment segment = arena.allocate(areaBytes, 64);
        area = new NativeMemory(segment.address(), areaBytes);
    }

    /** @return {@link #FULL} only for a record longer than the whole area */
    @Override
    public int claim(int frameBytes) {
        int recordBytes = BitUtil.align(FinishedFrame.HEADER_BYTES + frameBytes, 8);
        int at = next;
        if (recordBytes > area.capacity() - at) {
            if (recordBytes > area.capacity()) {
                claimed = FULL;
                return FULL;
            }
            at = 0;
        }
        claimed = at;
        claimedEnd = at + recordBytes;
        return at;
    }

    @Override
    public NativeMemory memory() {
        return area;
    }

    @Override
    public void commit() {
        next = claimedEnd < HOT_BYTES ? claimedEnd : 0;
        committed++;
    }

    @Override
    public void abort() {
        claimed = FULL;
    }

    /** Where the record that was claimed last begins; {@link #FULL} if it was aborted. */
    public int last() {
        return claimed;
    }

    /** Records committed so far. */
    public long committed() {
        return committed;
    }

    @Override
    public void close() {
        arena.close();
    }
}
