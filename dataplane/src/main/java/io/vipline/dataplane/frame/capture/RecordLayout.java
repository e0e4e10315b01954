package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.memory.NativeMemory;

/** How one file format lays out what a {@link CaptureWriter} writes. Little-endian on every machine. */
sealed interface RecordLayout permits PcapLayout, PcapngLayout {
    /** Writes what the file begins with. */
    void begin(RecordFile file);

    /** Writes that frames of one more interface may come; its index is the number of those before. */
    void addInterface(RecordFile file, FrameInterface face);

    /** Writes a {@link io.vipline.dataplane.frame.FinishedFrame} record. */
    void addFrame(RecordFile file, NativeMemory memory, int record, CharSequence comment);

    /** Writes what the file ends with. */
    void end(RecordFile file);
}
