package io.vipline.dataplane.frame.live;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;

/**
 * What the kernel says before each frame of a TAP or packet socket, and wants to be told ({@code linux/virtio_net.h}).
 * Read as little-endian, as both are on the machines that Vipline runs on.
 *
 * <pre>
 *  0      1         2         4          6             8               10
 *  +------+---------+---------+----------+-------------+---------------+
 *  |flags |gso_type | hdr_len | gso_size | csum_start  | csum_offset   |
 *  +------+---------+---------+----------+-------------+---------------+
 * </pre>
 */
final class VirtioNetHeader {
    static final int BYTES = 10;

    private static final int FLAGS = 0;
    private static final int GSO_TYPE = 1;
    private static final int HEADER_LENGTH = 2;
    private static final int GSO_SIZE = 4;
    private static final int CHECKSUM_START = 6;
    private static final int CHECKSUM_OFFSET = 8;

    /** {@code VIRTIO_NET_HDR_F_NEEDS_CSUM}: the checksum field holds the pseudo-header's sum alone. */
    private static final int NEEDS_CHECKSUM = 1;

    private static final int GSO_UDP = 3;
    private static final int GSO_UDP_L4 = 5;
    /** {@code VIRTIO_NET_HDR_GSO_ECN}, a bit beside the type. */
    private static final int GSO_ECN = 0x80;

    private static final int UDP_HEADER_BYTES = 8;
    private static final int TCP_DATA_OFFSET_AT = 12;

    private VirtioNetHeader() {}

    /**
     * Takes the header into a batch.
     *
     * @param at where the header begins
     * @param slot the frame it belongs to, already added
     * @param insertedBytes bytes put into the frame before its network layer since the kernel wrote the header
     */
    static void read(NativeMemory memory, int at, FrameBatch batch, int slot, int insertedBytes) {
        if ((memory.getByte(at + FLAGS) & NEEDS_CHECKSUM) != 0) {
            int start = memory.getShort(at + CHECKSUM_START, LITTLE_ENDIAN) & 0xffff;
            int offset = memory.getShort(at + CHECKSUM_OFFSET, LITTLE_ENDIAN) & 0xffff;
            batch.unfinishedChecksum(slot, start + insertedBytes, offset);
        }
        int gsoType = memory.getByte(at + GSO_TYPE) & 0xff;
        if (gsoType != 0) {
            batch.superFrame(slot, gsoType, memory.getShort(at + GSO_SIZE, LITTLE_ENDIAN) & 0xffff);
        }
    }

    /**
     * Writes the header of a finished frame.
     *
     * @param record where the frame's {@link FinishedFrame} record begins in {@code memory}
     */
    static void write(NativeMemory header, int at, NativeMemory memory, int record) {
        header.setMemory(at, BYTES, (byte) 0);
        int start = memory.getInt(record + FinishedFrame.CHECKSUM_START);
        if (start >= 0) {
            int offset = memory.getInt(record + FinishedFrame.CHECKSUM_OFFSET);
            header.putByte(at + FLAGS, (byte) NEEDS_CHECKSUM);
            header.putShort(at + CHECKSUM_START, (short) start, LITTLE_ENDIAN);
            header.putShort(at + CHECKSUM_OFFSET, (short) offset, LITTLE_ENDIAN);
        }
        int gsoType = memory.getInt(record + FinishedFrame.GSO_TYPE);
        if (gsoType != 0) {
            header.putByte(at + GSO_TYPE, (byte) gsoType);
            header.putShort(at + GSO_SIZE, (short) memory.getInt(record + FinishedFrame.GSO_SIZE), LITTLE_ENDIAN);
            header.putShort(at + HEADER_LENGTH, (short) headerBytes(memory, record, gsoType, start), LITTLE_ENDIAN);
        }
    }

    /** Bytes that every segment begins with; 0 if the frame does not show it, and the kernel finds out itself. */
    private static int headerBytes(NativeMemory memory, int record, int gsoType, int transportStart) {
        int type = gsoType & ~GSO_ECN;
        if (transportStart < 0) {
            return 0;
        }
        if (type == GSO_UDP || type == GSO_UDP_L4) {
            return transportStart + UDP_HEADER_BYTES;
        }
        int at = transportStart + TCP_DATA_OFFSET_AT;
        if (at + 2 > FinishedFrame.length(memory, record)) {
            return 0;
        }
        int word = memory.getShort(record + FinishedFrame.HEADER_BYTES + at, BIG_ENDIAN) & 0xffff;
        return transportStart + (word >>> 12) * 4;
    }
}
