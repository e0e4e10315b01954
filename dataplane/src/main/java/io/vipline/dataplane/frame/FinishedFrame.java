package io.vipline.dataplane.frame;

import org.agrona.DirectBuffer;

/**
 * Layout of a finished frame's record in a {@link FrameSink}: a 64-byte header in host byte order, then the frame.
 *
 * <pre>
 *  0        8        16       20       24       28       32      36      40      44      48
 *  +--------+--------+--------+--------+--------+--------+-------+-------+-------+-------+---------+----
 *  | number | timeNs | length |original|interf. |linkType|csStart|csOffs |gsoType|gsoSize| (spare) | frame …
 *  +--------+--------+--------+--------+--------+--------+-------+-------+-------+-------+---------+ at 64
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
    /** i32: dense number of the connection, from 0; -1 if it has none. */
    public static final int FLOW = 56;
    /** i32: bits of {@link #REPLY} and the like. */
    public static final int FLAGS = 60;

    /** The frame goes from the endpoint to the client. */
    public static final int REPLY = 1;
    /** The source was translated, too. */
    public static final int MASQUERADED = 2;

    /** Where the frame begins in the record. */
    public static final int HEADER_BYTES = 64;

    private FinishedFrame() {}

    public static int length(DirectBuffer memory, int record) {
        return memory.getInt(record + LENGTH);
    }
}
