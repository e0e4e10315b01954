package io.vipline.dataplane.frame;

import java.util.List;

/** Where frames come from. Used by one thread. */
public interface FrameSource extends AutoCloseable {
    /**
     * Fills the batch anew: as many frames as are there, up to {@code limit}. Frames of the batch before become invalid.
     *
     * @param limit 1 to {@link FrameBatch#CAPACITY}
     * @return the number of frames; 0 if none is there now; {@link #END} if none will ever be
     */
    int poll(FrameBatch batch, int limit);

    int END = -1;

    /** The interfaces that {@link FrameBatch#interfaceIndex} refers to; grows while a pcapng file is read. */
    List<FrameInterface> interfaces();

    @Override
    void close();
}
