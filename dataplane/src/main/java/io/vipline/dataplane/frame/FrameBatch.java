package io.vipline.dataplane.frame;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * Frames as a source hands them over: places in one memory, with what came along. Frame {@code i} is {@link #captured}
 * bytes at {@link #offset} of {@link #memory}. Owned by the forwarder's thread; the bytes belong
 * to the source and are valid until its next {@link FrameSource#poll}. They are never written to: the memory may be a
 * read-only mapping.
 */
public final class FrameBatch {
    /** Frames in a full batch: enough for cache misses to overlap, few enough that all about them stays in the first-level cache. */
    public static final int CAPACITY = 32;

    /** Memory that all frames of the batch lie in: wrapped by the source, replaced only between polls. */
    public final NativeMemory memory = new NativeMemory(0, 0);

    /** Frames in the batch. */
    public int count;

    /**
     * What is said of each frame, {@link #DESCRIPTOR_BYTES} each: in the layout of a {@link FinishedFrame} record up to
     * {@link FinishedFrame#DISPOSITION}, so that a frame which goes on takes it along word by word, then the place.
     */
    private final NativeMemory descriptors;

    private static final int DESCRIPTOR_BYTES_LOG2 = 6;
    private static final int OFFSET = FinishedFrame.DISPOSITION;

    /** A {@link #checksumStart} of one that begins at the transport header, which decoding will find. */
    public static final int CHECKSUM_AT_TRANSPORT = -2;

    public FrameBatch() {
        this(CAPACITY);
    }

    /** @param capacity frames that it can hold; sources fill batches of {@link #CAPACITY} */
    public FrameBatch(int capacity) {
        descriptors = NativeMemory.allocate(capacity << DESCRIPTOR_BYTES_LOG2);
    }

    /** Appends a finished Ethernet-like frame; a source with offload state sets that afterwards. */
    public void add(
            int frameOffset, int capturedBytes, int originalBytes, long frameTimeNs, int interfaceIdx, LinkType type) {
        long at = at(count++);
        descriptors.putLong(at + FinishedFrame.TIME_NS, frameTimeNs);
        descriptors.putPair(at + FinishedFrame.LENGTH, capturedBytes, originalBytes);
        descriptors.putPair(at + FinishedFrame.INTERFACE, interfaceIdx, type.ordinal());
        descriptors.putPair(at + FinishedFrame.CHECKSUM_START, -1, 0);
        descriptors.putLong(at + FinishedFrame.GSO_TYPE, 0);
        descriptors.putInt(at + OFFSET, frameOffset);
    }

    private static long at(int slot) {
        return (long) slot << DESCRIPTOR_BYTES_LOG2;
    }

    /** Where the frame begins in {@link #memory}. */
    public int offset(int slot) {
        return descriptors.getInt(at(slot) + OFFSET);
    }

    /** Bytes present. */
    public int captured(int slot) {
        return descriptors.getInt(at(slot) + FinishedFrame.LENGTH);
    }

    /** Bytes that the frame had on the wire: more than {@link #captured} if it was cut by a snap length, never less. */
    public int original(int slot) {
        return descriptors.getInt(at(slot) + FinishedFrame.ORIGINAL_LENGTH);
    }

    /** Nanoseconds since 1970. */
    public long timeNs(int slot) {
        return descriptors.getLong(at(slot) + FinishedFrame.TIME_NS);
    }

    /** Index into the source's interfaces. */
    public int interfaceIndex(int slot) {
        return descriptors.getInt(at(slot) + FinishedFrame.INTERFACE);
    }

    public LinkType linkType(int slot) {
        return LinkType.ofOrdinal(descriptors.getInt(at(slot) + FinishedFrame.LINK_TYPE));
    }

    /**
     * Where an unfinished checksum begins to sum, from the frame's start ({@code virtio_net_hdr.csum_start}, or as
     * derived from {@code TP_STATUS_CSUMNOTREADY}); -1: the checksum is finished; or {@link #CHECKSUM_AT_TRANSPORT}.
     */
    public int checksumStart(int slot) {
        return descriptors.getInt(at(slot) + FinishedFrame.CHECKSUM_START);
    }

    /** Where the sum goes, from {@link #checksumStart} on. */
    public int checksumOffset(int slot) {
        return descriptors.getInt(at(slot) + FinishedFrame.CHECKSUM_OFFSET);
    }

    /** {@code virtio_net_hdr.gso_type}; 0: not a super-frame. */
    public int gsoType(int slot) {
        return descriptors.getInt(at(slot) + FinishedFrame.GSO_TYPE);
    }

    /** Payload bytes of each segment. */
    public int gsoSize(int slot) {
        return descriptors.getInt(at(slot) + FinishedFrame.GSO_SIZE);
    }

    /** The frame's checksum is unfinished. */
    public void unfinishedChecksum(int slot, int start, int offset) {
        descriptors.putPair(at(slot) + FinishedFrame.CHECKSUM_START, start, offset);
    }

    /** The frame is a super-frame. */
    public void superFrame(int slot, int gsoType, int gsoSize) {
        descriptors.putPair(at(slot) + FinishedFrame.GSO_TYPE, gsoType, gsoSize);
    }

    /** Number of the frame in its input, from 0: set by the pipeline. */
    public void number(int slot, long number) {
        descriptors.putLong(at(slot) + FinishedFrame.NUMBER, number);
    }

    /** Writes what is said of a frame into the record that it leaves in. */
    public void describe(int slot, NativeMemory out, long record) {
        long at = at(slot);
        for (int field = FinishedFrame.NUMBER; field < FinishedFrame.DISPOSITION; field += 8) {
            out.putLong(record + field, descriptors.getLong(at + field));
        }
    }

    /** Moves what is said of the frame at {@code from} to {@code to}; its bytes stay where they are. */
    public void move(int from, int to) {
        describe(from, descriptors, at(to));
        descriptors.putInt(at(to) + OFFSET, offset(from));
    }
}
