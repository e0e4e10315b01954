package io.vipline.dataplane.frame;

import io.vipline.dataplane.memory.NativeMemory;

/** Finished frames made by hand, as the forwarder would put them into a sink. */
public final class FinishedFrames {
    private FinishedFrames() {}

    /** Claims, writes and commits. @return where the record begins, or {@link FrameSink#FULL} */
    public static int put(FrameSink sink, FrameInterface[] faces, int face, long timeNs, byte[] bytes, int original) {
        int record = sink.claim(bytes.length);
        if (record == FrameSink.FULL) {
            return FrameSink.FULL;
        }
        NativeMemory memory = sink.memory();
        memory.setMemory(record, FinishedFrame.HEADER_BYTES, (byte) 0);
        memory.putLong(record + FinishedFrame.TIME_NS, timeNs);
        memory.putInt(record + FinishedFrame.LENGTH, bytes.length);
        memory.putInt(record + FinishedFrame.ORIGINAL_LENGTH, original);
        memory.putInt(record + FinishedFrame.INTERFACE, face);
        memory.putInt(record + FinishedFrame.LINK_TYPE, faces[face].linkType().ordinal());
        memory.putBytes(record + FinishedFrame.HEADER_BYTES, bytes);
        sink.commit();
        return record;
    }
}
