package io.vipline.dataplane.frame;

import java.io.IOException;

/** A source that can start over. */
public interface RewindableSource extends FrameSource {
    /** Nanoseconds from the earliest to the latest frame read so far, in the capture's own time. */
    long lengthNs();

    /**
     * Starts over from the first frame, with every time stamp moved on.
     *
     * @param timeShiftNs added to the capture's own times, in place of the shift before
     * @throws UnsupportedOperationException for a pipe
     */
    void rewind(long timeShiftNs) throws IOException;

    /** Bytes read so far, for a progress bar. */
    long consumedBytes();
}
