package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.List;

/** Finds the frames in a {@link CaptureWindow}, for one file format. Knows nothing of where the bytes come from. */
abstract sealed class CaptureParser permits PcapParser, PcapngParser {
    /** Longest frame that is believed, as libpcap's MAXIMUM_SNAPLEN. A longer one is a damaged length. */
    static final int MAX_FRAME_BYTES = 262_144;

    final CaptureWindow window;
    /** Added to each time stamp. */
    long timeShiftNs;
    /** Why the record at the window's position cannot be read; null: nothing is wrong so far. */
    CaptureProblem problem;

    CaptureParser(CaptureWindow window) {
        this.window = window;
    }

    /**
     * Adds the frames that lie whole in the window, from its position on, and moves the position past them.
     *
     * @param batch its memory is the window
     * @return bytes that the next record needs in the window; 0 if the batch is full, or stands before a
     *     {@link #problem}
     */
    abstract int scan(FrameBatch batch, int limit);

    /** Goes back to the state of a start of file, keeping the interfaces. */
    abstract void rewind();

    /** A live view that any thread may read. */
    abstract List<FrameInterface> interfaces();

    /** What is cut off when the capture ends inside a record. */
    abstract String recordName();

    /** Notes the problem at a place in the window; what {@link #scan} then returns. */
    final int broken(int place, String what, String why, String mend) {
        window.position = place;
        problem = new CaptureProblem(window.offsetOf(place), what, why, mend);
        return 0;
    }

    /** Ends a scan at a record that is not whole in the window. */
    final int wants(int place, int recordBytes) {
        window.position = place;
        return recordBytes;
    }

    /** A length on the wire below what was captured is a lie that nothing behind the source should have to know of. */
    static int originalBytes(int captured, int original) {
        return original >= 0 ? Math.max(captured, original) : captured;
    }

    static int getInt(NativeMemory memory, long place, boolean swapped) {
        int value = memory.getInt(place);
        return swapped ? Integer.reverseBytes(value) : value;
    }

    static int getShort(NativeMemory memory, long place, boolean swapped) {
        short value = memory.getShort(place);
        return Short.toUnsignedInt(swapped ? Short.reverseBytes(value) : value);
    }
}
