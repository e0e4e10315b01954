package io.vipline.dataplane.underlay;

import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A frame on its way between stations.
 *
 * @param number of the frame of the capture that it came from, from 0
 * @param record in the layout of {@link FinishedFrame}; what the last station said of it
 * @param isAnswer whether a station made it, or what it was made from: it is no frame of the capture
 */
public record Transit(long number, byte[] record, boolean isAnswer) {
    private static final LinkType[] LINK_TYPES = LinkType.values();
    private static final Disposition[] DISPOSITIONS = Disposition.values();

    /** A frame as it comes from the capture. */
    static Transit of(long number, FrameBatch frames, int slot, NativeMemory scratch) {
        frames.describe(slot, scratch, 0);
        byte[] record = new byte[FinishedFrame.HEADER_BYTES + frames.captured(slot)];
        scratch.getBytes(0, record, 0, FinishedFrame.DISPOSITION);
        frames.memory.getBytes(
                frames.offset(slot), record, FinishedFrame.HEADER_BYTES, record.length - FinishedFrame.HEADER_BYTES);
        return new Transit(number, record, false);
    }

    private ByteBuffer fields() {
        return ByteBuffer.wrap(record).order(ByteOrder.nativeOrder());
    }

    /** Bytes of the frame. */
    public int lengthBytes() {
        return record.length - FinishedFrame.HEADER_BYTES;
    }

    public Disposition disposition() {
        return DISPOSITIONS[fields().getInt(FinishedFrame.DISPOSITION)];
    }

    /** Number of the (service, endpoint) pair in the table of the station that it left; -1 for none. */
    public int endpointId() {
        return fields().getInt(FinishedFrame.ENDPOINT_ID);
    }

    /** Whether it goes from the endpoint to the client. */
    public boolean isReply() {
        return (fields().getInt(FinishedFrame.FLAGS) & FinishedFrame.REPLY) != 0;
    }

    /** Whether the station's connection has its source translated, too. */
    public boolean isMasqueraded() {
        return (fields().getInt(FinishedFrame.FLAGS) & FinishedFrame.MASQUERADED) != 0;
    }

    /** Puts the frame alone into a batch. @param area holds its bytes from then on */
    void fill(FrameBatch batch, NativeMemory area) {
        ByteBuffer fields = fields();
        area.putBytes(0, record, FinishedFrame.HEADER_BYTES, lengthBytes());
        batch.memory.wrap(area.address(), lengthBytes());
        batch.count = 0;
        batch.add(
                0,
                lengthBytes(),
                fields.getInt(FinishedFrame.ORIGINAL_LENGTH),
                fields.getLong(FinishedFrame.TIME_NS),
                fields.getInt(FinishedFrame.INTERFACE),
                LINK_TYPES[fields.getInt(FinishedFrame.LINK_TYPE)]);
        batch.unfinishedChecksum(
                0, fields.getInt(FinishedFrame.CHECKSUM_START), fields.getInt(FinishedFrame.CHECKSUM_OFFSET));
        batch.superFrame(0, fields.getInt(FinishedFrame.GSO_TYPE), fields.getInt(FinishedFrame.GSO_SIZE));
    }

    /** Writes the record, with the capture's number of the frame, to the start of {@code area}. */
    void write(NativeMemory area) {
        area.putBytes(0, record);
        area.putLong(FinishedFrame.NUMBER, number);
    }
}
