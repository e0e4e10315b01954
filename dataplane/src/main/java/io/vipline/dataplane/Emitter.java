package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.Router;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.OrdinaryPacket;
import io.vipline.dataplane.wire.Packet;

/** Puts finished frames into a sink: claims room, copies, fills in the record's header. Owned by one thread. */
final class Emitter {
    private static final int BLOCK_BYTES = 32;

    private final FrameSink sink;
    private final Router router;
    private final boolean isTransparent;
    private final boolean tellsOrigin;
    private long record;
    /** Of the frame at hand, if it is a piece of the packet that it came from; else 0. */
    private int pieceBytes;

    private int pieceCaptured;

    Emitter(FrameSink sink, Router router, boolean tellsOrigin) {
        this.sink = sink;
        this.router = router;
        isTransparent = router == Router.TRANSPARENT;
        this.tellsOrigin = tellsOrigin;
    }

    /** The sink's memory; valid until the next {@link #copy} or {@link #claim}. */
    NativeMemory memory() {
        return sink.memory();
    }

    /**
     * Copies the packet's frame into the sink.
     *
     * @return where the copy begins in {@link #memory}; {@link FrameSink#FULL} if there is no room
     */
    int copy(FrameBatch batch, Packet packet) {
        int frame = claim(packet.captured);
        if (frame != FrameSink.FULL) {
            copy(batch.memory, packet.frameOffset, sink.memory(), frame, packet.captured);
        }
        return frame;
    }

    /** Makes room for a frame of our own. */
    int claim(int frameBytes) {
        int claimed = sink.claim(frameBytes);
        record = claimed;
        return claimed == FrameSink.FULL ? FrameSink.FULL : claimed + FinishedFrame.HEADER_BYTES;
    }

    /** Short frames by blocks that may overlap: a call to copy memory, or a loop of words, costs more than the copy. */
    static void copy(NativeMemory from, long fromAt, NativeMemory to, long toAt, int length) {
        if (length < BLOCK_BYTES || length > 4 * BLOCK_BYTES) {
            to.putBytes(toAt, from, fromAt, length);
            return;
        }
        copyBlock(from, fromAt, to, toAt);
        if (length > 2 * BLOCK_BYTES) {
            copyBlock(from, fromAt + BLOCK_BYTES, to, toAt + BLOCK_BYTES);
            copyBlock(from, fromAt + length - 2 * BLOCK_BYTES, to, toAt + length - 2 * BLOCK_BYTES);
        }
        copyBlock(from, fromAt + length - BLOCK_BYTES, to, toAt + length - BLOCK_BYTES);
    }

    private static void copyBlock(NativeMemory from, long fromAt, NativeMemory to, long toAt) {
        to.putLong(toAt, from.getLong(fromAt));
        to.putLong(toAt + 8, from.getLong(fromAt + 8));
        to.putLong(toAt + 16, from.getLong(fromAt + 16));
        to.putLong(toAt + 24, from.getLong(fromAt + 24));
    }

    /** One hop less, and the IPv4 header checksum that goes with it ({@code ip_decrease_ttl}). */
    static void decrementTtl(NativeMemory out, int frame, Packet packet) {
        long at = (long) frame + packet.network;
        if (packet.family == Packet.IPV6) {
            out.putByte(at + Ipv6.HOP_LIMIT, (byte) (packet.ttl - 1));
            return;
        }
        decrementTtl(out, at, out.getInt(at + Ipv4.TTL, BIG_ENDIAN));
    }

    /** The same for IPv4. @param at where the header begins @param hopWord as {@link OrdinaryPacket#hopWord} */
    static void decrementTtl(NativeMemory out, long at, int hopWord) {
        int checksum = Checksum.updateFolded(hopWord, Ipv4.HOP_DIFFERENCE);
        out.putInt(at + Ipv4.TTL, (hopWord & 0xffff_0000) - Ipv4.ONE_HOP | checksum, BIG_ENDIAN);
    }

    /** A fragment may be cut again: {@code ip_fraglist_init} takes the don't-fragment bit off. */
    static void allowFragmentation(NativeMemory out, int frame, Packet piece) {
        if (piece.family != Packet.IPV4) {
            return;
        }
        long at = (long) frame + piece.network;
        int flags = out.getShort(at + Ipv4.FRAGMENT, BIG_ENDIAN) & 0xffff;
        if ((flags & Ipv4.DONT_FRAGMENT) != 0) {
            int allowed = flags & ~Ipv4.DONT_FRAGMENT;
            out.putShort(at + Ipv4.FRAGMENT, (short) allowed, BIG_ENDIAN);
            int checksum = out.getShort(at + Ipv4.CHECKSUM, BIG_ENDIAN);
            int updated = Checksum.update(checksum, Checksum.difference16(flags, allowed));
            out.putShort(at + Ipv4.CHECKSUM, (short) updated, BIG_ENDIAN);
        }
    }

    /** The frame at hand is a piece of its packet, which is not ordinary. @param capturedBytes of it that are there */
    void lengths(int capturedBytes, int frameBytes) {
        pieceCaptured = capturedBytes;
        pieceBytes = frameBytes;
    }

    /**
     * Hands the frame over, the way that the router says.
     *
     * @return whether it counts as forwarded; false: it ended here, and the router has counted it
     */
    boolean commit(FrameBatch batch, Packet packet, Disposition disposition, Connection connection, int flags) {
        NativeMemory out = sink.memory();
        batch.describe(packet.slot, out, record);
        out.putLong(record + FinishedFrame.NUMBER, packet.number);
        if (!packet.ordinary) {
            out.putPair(record + FinishedFrame.CHECKSUM_START, packet.checksumStart, packet.checksumOffset);
            if (pieceBytes > 0) {
                out.putPair(record + FinishedFrame.LENGTH, pieceCaptured, pieceBytes);
                pieceBytes = 0;
            }
        }
        belongs(out, disposition, connection, flags);
        if (isTransparent) {
            sink.commit();
            return true;
        }
        return leave(packet);
    }

    /** {@link #commit} for an ordinary packet that no router looks at. */
    void commit(FrameBatch batch, int slot, Disposition disposition, Connection connection, int flags) {
        NativeMemory out = sink.memory();
        batch.describe(slot, out, record);
        belongs(out, disposition, connection, flags);
        sink.commit();
    }

    private void belongs(NativeMemory out, Disposition disposition, Connection connection, int flags) {
        long record = this.record;
        int endpointId = connection == null ? -1 : connection.endpointId();
        int flow = connection == null ? -1 : connection.flow();
        out.putPair(record + FinishedFrame.DISPOSITION, disposition.ordinal(), endpointId);
        out.putPair(record + FinishedFrame.FLOW, flow, flags);
        out.putInt(record + FinishedFrame.PROTOCOL, -1);
        if (tellsOrigin && connection != null) {
            origin(out, connection);
        }
    }

    private boolean leave(Packet packet) {
        Router.Way way = router.leave(sink.memory(), (int) record, packet);
        switch (way) {
            case SEND, ANSWER -> sink.commit();
            case HELD, ENDED -> sink.abort();
        }
        return way == Router.Way.SEND || way == Router.Way.HELD;
    }

    private void origin(NativeMemory out, Connection connection) {
        out.putInt(record + FinishedFrame.PROTOCOL, connection.protocol());
        int ports = connection.originalSourcePort() << 16 | connection.originalDestinationPort();
        out.putInt(record + FinishedFrame.ORIGINAL_PORTS, ports);
        out.putLong(record + FinishedFrame.ORIGINAL_SOURCE, connection.originalSourceHigh());
        out.putLong(record + FinishedFrame.ORIGINAL_SOURCE + 8, connection.originalSourceLow());
        out.putLong(record + FinishedFrame.ORIGINAL_DESTINATION, connection.originalDestinationHigh());
        out.putLong(record + FinishedFrame.ORIGINAL_DESTINATION + 8, connection.originalDestinationLow());
    }

    /**
     * Hands over a frame that was made because of {@code packet}; returns as {@link #commit}.
     *
     * @param capturedBytes of its {@code frameBytes} that are there
     */
    boolean commitGenerated(FrameBatch batch, Packet packet, int capturedBytes, int frameBytes) {
        NativeMemory out = sink.memory();
        batch.describe(packet.slot, out, record);
        out.putLong(record + FinishedFrame.NUMBER, packet.number);
        out.putPair(record + FinishedFrame.LENGTH, capturedBytes, frameBytes);
        out.putPair(record + FinishedFrame.CHECKSUM_START, -1, 0);
        out.putLong(record + FinishedFrame.GSO_TYPE, 0);
        out.putPair(record + FinishedFrame.DISPOSITION, Disposition.GENERATED.ordinal(), -1);
        out.putPair(record + FinishedFrame.FLOW, -1, 0);
        out.putInt(record + FinishedFrame.PROTOCOL, -1);
        return leave(packet);
    }
}
