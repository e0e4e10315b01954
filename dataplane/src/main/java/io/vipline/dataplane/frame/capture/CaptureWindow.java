package io.vipline.dataplane.frame.capture;

import java.io.IOException;

/**
 * A stretch of a capture in native memory that moves towards the capture's end. Parsers look at the bytes from
 * {@link #position} to {@link #length} and never beyond; {@link #slide} shows more. Used by one thread.
 */
abstract sealed class CaptureWindow implements AutoCloseable permits MappedWindow, StreamWindow {
    /** Address of the window's first byte; valid until the next slide. */
    long address;
    /** Bytes in the window. */
    int length;
    /** Where the window begins in the capture. */
    long fileOffset;
    /** The first byte not consumed yet, from the window's start; moved by the parser. */
    int position;

    /**
     * Moves the window so that it begins at or before the first unconsumed byte and shows at least {@code needBytes}
     * from there. All addresses handed out before become invalid.
     *
     * @return whether that many bytes are there; false: the capture ends before, and what is left of it is shown
     */
    abstract boolean slide(int needBytes) throws IOException;

    /** Whether {@link #rewind} works. */
    abstract boolean rewindable();

    /** Shows the capture from its start again. */
    abstract void rewind() throws IOException;

    /** Bytes shown and not consumed. */
    final int remaining() {
        return length - position;
    }

    /** Offset in the capture of a place in the window. */
    final long offsetOf(int place) {
        return fileOffset + place;
    }

    @Override
    public abstract void close();
}
