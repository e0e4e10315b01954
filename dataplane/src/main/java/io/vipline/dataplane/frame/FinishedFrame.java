package io.vipline.dataplane.frame;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * Layout of a finished frame's record in a {@link FrameSink}: a 104-byte header in host byte order, then the frame.
 *
 * <pre>
 *   0        number (i64)               timeNs (i64)
 *  16        length        original     interface     linkType      (i32 each)
 *  32        csum start    csum offset  gsoType       gsoSize
 *  48        disposition   endpoint     flow          flags
 *  64        protocol      ports        original source (2 × i64)
 *  88        original destination (2 × i64)
 * 104        the frame
 * </pre>
 */
public final class FinishedFrame {
    /** i64: number of the input frame, from 0, that this one came from. */
    public static final int NUMBER = 0;
    /** i64: nanoseconds since 1970. */
    public static final int TIME_NS = 8;
    /** i32: bytes of frame in the record. */
    public static final int LENGTH = 16;
    /** i32: bytes that the frame has on the wire. */
    public static final int ORIGINAL_LENGTH = 20;
    /** i32: index of the interface: of arrival in a replay, of departure in a live run. */
    public static final int INTERFACE = 24;
    /** i32: {@link LinkType#ordinal()}. */
    public static final int LINK_TYPE = 28;
    /** i32: {@link FrameBatch#checksumStart}, never {@link FrameBatch#CHECKSUM_AT_TRANSPORT}. */
    public static final int CHECKSUM_START = 32;
    /** i32: {@link FrameBatch#checksumOffset}. */
    public static final int CHECKSUM_OFFSET = 36;
    /** i32: {@link FrameBatch#gsoType}. */
    public static final int GSO_TYPE = 40;
    /** i32: {@link FrameBatch#gsoSize}. */
    public static final int GSO_SIZE = 44;
    /** i32: {@link Disposition#ordinal()}. */
    public static final int DISPOSITION = 48;
    /** i32: the (service, endpoint) pair of the frame's connection, or -1. */
    public static final int ENDPOINT_ID = 52;
    /** i32: number of the frame that opened the connection (its low 32 bits); -1 if it has none. */
    public static final int FLOW = 56;
    /** i32: bits of {@link #REPLY} and the like. */
    public static final int FLAGS = 60;

    /** The frame goes from the endpoint to the client. */
    public static final int REPLY = 1;
    /** The source was translated, too. */
    public static final int MASQUERADED = 2;

    /**
     * i32: IP protocol of the frame's connection; -1 if it has none, or nobody asked. Then, and only then, the fields
     * after it say nothing.
     */
    public static final int PROTOCOL = 64;
    /** i32: ports of the connection's first packet as it came, {@code source << 16 | destination}. */
    public static final int ORIGINAL_PORTS = 68;
    /** 2 × i64: halves of the source of the connection's first packet as it came. */
    public static final int ORIGINAL_SOURCE = 72;
    /** 2 × i64: halves of its destination. */
    public static final int ORIGINAL_DESTINATION = 88;

    /** Where the frame begins in the record. */
    public static final int HEADER_BYTES = 104;

    private FinishedFrame() {}

    public static int length(NativeMemory memory, int record) {
        return memory.getInt(record + LENGTH);
    }
}
