package io.vipline.dataplane.frame;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * Where finished frames go. The forwarder claims room, writes a {@link FinishedFrame} record there and commits it; so a
 * frame is copied once, whether it goes into a ring, a file or an area that is used over and over. Used by one thread.
 */
public interface FrameSink {
    /**
     * Makes room for a record with {@code frameBytes} of frame.
     *
     * @return where the record begins in {@link #memory()}, 8-byte aligned; {@link #FULL} if there is no room, which
     *     the caller counts as a drop or waits out, as the run demands
     */
    int claim(int frameBytes);

    int FULL = -1;

    /** Valid until the next claim. */
    NativeMemory memory();

    /** Hands over the record that was claimed last. */
    void commit();

    /** Gives the record that was claimed last back unused. */
    void abort();
}
