package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.Ipv4Options;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;

/**
 * Cuts an IPv4 packet that is longer than the link takes ({@code ip_do_fragment}, the slow path): all pieces but the last
 * are as long as the MTU and the eight bytes of the offset's unit allow, none has the don't-fragment bit, and all but the
 * first have only those options that say so. Owned by one thread.
 */
final class Fragmenter {
    private static final int LONGEST_FRAME = 1 << 17;

    private NativeMemory whole;
    private Packet packet;
    private int offset;
    private int left;
    private int pieceBytes;

    /**
     * Copies a frame to where it can be rewritten as a whole.
     *
     * @return memory in which it begins at 0
     */
    NativeMemory take(FrameBatch batch, Packet toCut) {
        if (whole == null) {
            whole = NativeMemory.allocate(LONGEST_FRAME);
        }
        packet = toCut;
        whole.putBytes(0, batch.memory, packet.frameOffset, Math.min(packet.captured, LONGEST_FRAME));
        offset = 0;
        left = packet.transportBytes;
        pieceBytes = 0;
        return whole;
    }

    /** Goes on to the next piece. @return whether there is one */
    boolean next(int mtuBytes) {
        offset += pieceBytes;
        left -= pieceBytes;
        if (left <= 0) {
            return false;
        }
        if (offset > 0) {
            Ipv4Options.keepCopied(whole, packet);
        }
        int most = mtuBytes - headerBytes();
        pieceBytes = left <= most ? left : most & ~7;
        return true;
    }

    boolean isFirst() {
        return offset == 0;
    }

    private int headerBytes() {
        return packet.transport - packet.network;
    }

    /** Bytes of the piece's frame on the wire, */
    int frameBytes() {
        return packet.transport + pieceBytes;
    }

    /** and those of them that are there, where the snap length has cut the frame. */
    int capturedBytes() {
        return packet.transport + payloadCaptured();
    }

    private int payloadCaptured() {
        return Math.clamp(packet.captured - packet.transport - offset, 0, pieceBytes);
    }

    /** Writes the piece. @param out has {@link #capturedBytes} of room at {@code frame} */
    void write(NativeMemory out, int frame) {
        out.putBytes(frame, whole, 0, packet.transport);
        out.putBytes(frame + packet.transport, whole, packet.transport + offset, payloadCaptured());
        int ip = frame + packet.network;
        int more = pieceBytes < left ? Ipv4.MORE_FRAGMENTS : 0;
        out.putShort(ip + Ipv4.TOTAL_LENGTH, (short) (headerBytes() + pieceBytes), BIG_ENDIAN);
        out.putShort(ip + Ipv4.FRAGMENT, (short) (offset / 8 | more), BIG_ENDIAN);
        out.putShort(ip + Ipv4.CHECKSUM, (short) 0);
        int checksum = ~Checksum.fold(Checksum.sum(out, ip, headerBytes()));
        out.putShort(ip + Ipv4.CHECKSUM, (short) checksum, BIG_ENDIAN);
    }
}
