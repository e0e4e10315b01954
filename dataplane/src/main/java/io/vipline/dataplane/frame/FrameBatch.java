package io.vipline.dataplane.frame;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * Frames as a source hands them over: places in one memory, with what came along. Frame {@code i} is {@link #captured}
 * {@code [i]} bytes at {@link #offset}{@code [i]} of {@link #memory}. Owned by the forwarder's thread; the bytes belong
 * to the source and are valid until its next {@link FrameSource#poll}. They are never written to: the memory may be a
 * read-only mapping.
 */
public final class FrameBatch {
    /** Frames in a full batch: enough for cache misses to overlap, few enough to stay in the first-level cache. */
    public static final int CAPACITY = 64;

    /** Memory that all frames of the batch lie in: wrapped by the source, replaced only between polls. */
    public final NativeMemory memory = new NativeMemory(0, 0);

    public int count;
    public final int[] offset;
    /** Bytes present. */
    public final int[] captured;
    /** Bytes that the frame had on the wire: more than {@link #captured} if it was cut by a snap length, never less. */
    public final int[] original;
    /** Nanoseconds since 1970. */
    public final long[] timeNs;
    /** Index into the source's interfaces. */
    public final int[] interfaceIndex;

    public final LinkType[] linkType;

    /**
     * Where an unfinished checksum begins to sum, from the frame's start ({@code virtio_net_hdr.csum_start}, or as
     * derived from {@code TP_STATUS_CSUMNOTREADY}); -1: the checksum is finished; {@link #CHECKSUM_AT_TRANSPORT}: it is
     * unfinished and begins at the transport header, which decoding will find.
     */
    public final int[] checksumStart;

    public static final int CHECKSUM_AT_TRANSPORT = -2;

    /** Where the sum goes, from {@link #checksumStart} on. */
    public final int[] checksumOffset;

    /** {@code virtio_net_hdr.gso_type}; 0: not a super-frame. */
    public final int[] gsoType;

    /** Payload bytes of each segment. */
    public final int[] gsoSize;

    public FrameBatch() {
        this(CAPACITY);
    }

    /** @param capacity frames that it can hold; sources fill batches of {@link #CAPACITY} */
    public FrameBatch(int capacity) {
        offset = new int[capacity];
        captured = new int[capacity];
        original = new int[capacity];
        timeNs = new long[capacity];
        interfaceIndex = new int[capacity];
        linkType = new LinkType[capacity];
        checksumStart = new int[capacity];
        checksumOffset = new int[capacity];
        gsoType = new int[capacity];
        gsoSize = new int[capacity];
    }

    /** Appends a finished Ethernet-like frame; a source with offload state sets the fields itself. */
    public void add(
            int frameOffset, int capturedBytes, int originalBytes, long frameTimeNs, int interfaceIdx, LinkType type) {
        int i = count++;
        offset[i] = frameOffset;
        captured[i] = capturedBytes;
        original[i] = originalBytes;
        timeNs[i] = frameTimeNs;
        interfaceIndex[i] = interfaceIdx;
        linkType[i] = type;
        checksumStart[i] = -1;
        checksumOffset[i] = 0;
        gsoType[i] = 0;
        gsoSize[i] = 0;
    }

    /** Moves what is said of the frame at {@code from} to {@code to}; its bytes stay where they are. */
    public void move(int from, int to) {
        offset[to] = offset[from];
        captured[to] = captured[from];
        original[to] = original[from];
        timeNs[to] = timeNs[from];
        interfaceIndex[to] = interfaceIndex[from];
        linkType[to] = linkType[from];
        checksumStart[to] = checksumStart[from];
        checksumOffset[to] = checksumOffset[from];
        gsoType[to] = gsoType[from];
        gsoSize[to] = gsoSize[from];
    }
}
