package io.vipline.dataplane.frame.live;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ethernet;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import java.lang.foreign.Arena;

/**
 * Does what a sender's kernel left to the network card: sums up unfinished checksums ({@code skb_checksum_help}) and cuts
 * TCP and UDP super-frames ({@code tcp_gso_segment}, {@code __udp_gso_segment}), so that whoever looks at the wire sees
 * frames as they would be on a cable. Owned by the sending thread.
 */
final class OffloadFinisher implements AutoCloseable {
    private static final int GSO_TCPV4 = 1;
    private static final int GSO_TCPV6 = 4;
    private static final int GSO_UDP_L4 = 5;
    private static final int GSO_ECN = 0x80;

    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_FIN_PSH = 0x09;
    private static final int TCP_CWR = 0x80;
    private static final int UDP_LENGTH = 4;
    private static final int UDP_BYTES = 8;
    private static final int SLOT_BYTES = FinishedFrame.HEADER_BYTES + 65_536 + 64;

    private final Arena arena = Arena.ofShared();
    private final NativeMemory segments;
    private final int[] records = new int[FrameBatch.CAPACITY];

    private NativeMemory memory;
    private int record;
    private int frameBytes;
    private int network;
    private int transport;
    private int headerBytes;
    private int segmentBytes;
    private boolean isTcp;
    private int nextSegment;
    private int nextPayload;

    OffloadFinisher() {
        int bytes = SLOT_BYTES * FrameBatch.CAPACITY;
        segments = new NativeMemory(arena.allocate(bytes, 64).address(), bytes);
        for (int i = 0; i < records.length; i++) {
            records[i] = i * SLOT_BYTES;
        }
    }

    static boolean isSuperFrame(NativeMemory memory, int record) {
        return memory.getInt(record + FinishedFrame.GSO_TYPE) != 0;
    }

    /** Finishes the checksum of a frame that is no super-frame, in place. */
    static void finishChecksum(NativeMemory memory, int record) {
        int start = memory.getInt(record + FinishedFrame.CHECKSUM_START);
        int offset = memory.getInt(record + FinishedFrame.CHECKSUM_OFFSET);
        int length = FinishedFrame.length(memory, record);
        if (start < 0 || start + offset + 2 > length) {
            return;
        }
        int frame = record + FinishedFrame.HEADER_BYTES;
        int checksum = ~Checksum.fold(Checksum.sum(memory, frame + start, length - start)) & 0xffff;
        memory.putShort(frame + start + offset, (short) (checksum == 0 ? 0xffff : checksum), BIG_ENDIAN);
        memory.putInt(record + FinishedFrame.CHECKSUM_START, -1);
    }

    /**
     * Begins to cut a super-frame, which must stay until {@link #next} returns 0.
     *
     * @return false if it is of a kind that is left to the kernel
     */
    boolean begin(NativeMemory frames, int superFrame) {
        memory = frames;
        record = superFrame;
        frameBytes = FinishedFrame.length(frames, superFrame);
        transport = frames.getInt(superFrame + FinishedFrame.CHECKSUM_START);
        segmentBytes = frames.getInt(superFrame + FinishedFrame.GSO_SIZE);
        int type = frames.getInt(superFrame + FinishedFrame.GSO_TYPE) & ~GSO_ECN;
        isTcp = type == GSO_TCPV4 || type == GSO_TCPV6;
        network = network();
        if (network < 0 || segmentBytes == 0 || !isTcp && type != GSO_UDP_L4 || transport + 20 > frameBytes) {
            return false;
        }
        int frame = record + FinishedFrame.HEADER_BYTES;
        headerBytes =
                transport + (isTcp ? (frames.getByte(frame + transport + TCP_DATA_OFFSET) >>> 4 & 15) * 4 : UDP_BYTES);
        nextSegment = 0;
        nextPayload = headerBytes;
        return transport >= network + Ipv4.MIN_HEADER_BYTES && headerBytes < frameBytes;
    }

    /** @return where the network layer begins; -1 if the frame is no Ethernet frame with IP in it */
    private int network() {
        int frame = record + FinishedFrame.HEADER_BYTES;
        int at = Ethernet.HEADER_BYTES;
        int type = Ethernet.type(memory, frame);
        while ((type == 0x8100 || type == 0x88a8) && at + 4 < frameBytes) {
            type = memory.getShort(frame + at + 2, BIG_ENDIAN) & 0xffff;
            at += 4;
        }
        return type == Ethernet.TYPE_IPV4 || type == Ethernet.TYPE_IPV6 ? at : -1;
    }

    /** Makes the next segments; the ones before become invalid. @return how many, 0 at the end */
    int next() {
        int count = 0;
        while (count < records.length && nextPayload < frameBytes) {
            int payload = Math.min(segmentBytes, frameBytes - nextPayload);
            segment(records[count], payload);
            nextPayload += payload;
            nextSegment++;
            count++;
        }
        return count;
    }

    /** Memory of the segments that {@link #next} made. */
    NativeMemory segments() {
        return segments;
    }

    /** Where their records begin. */
    int[] records() {
        return records;
    }

    private void segment(int to, int payload) {
        int from = record + FinishedFrame.HEADER_BYTES;
        int frame = to + FinishedFrame.HEADER_BYTES;
        int length = headerBytes + payload;
        segments.putBytes(to, memory, record, FinishedFrame.HEADER_BYTES + headerBytes);
        segments.putBytes(frame + headerBytes, memory, from + nextPayload, payload);
        segments.putInt(to + FinishedFrame.LENGTH, length);
        segments.putInt(to + FinishedFrame.ORIGINAL_LENGTH, length);
        segments.putInt(to + FinishedFrame.GSO_TYPE, 0);
        segments.putInt(to + FinishedFrame.GSO_SIZE, 0);
        networkHeader(frame + network, length - network);
        if (isTcp) {
            tcpHeader(frame + transport, payload);
        } else {
            segments.putShort(frame + transport + UDP_LENGTH, (short) (length - transport), BIG_ENDIAN);
        }
        pseudoHeader(frame + transport + segments.getInt(to + FinishedFrame.CHECKSUM_OFFSET), length - transport);
        finishChecksum(segments, to);
    }

    private void networkHeader(int ip, int ipBytes) {
        int first = segments.getByte(ip);
        if ((first >>> 4 & 15) == 6) {
            segments.putShort(ip + Ipv6.PAYLOAD_LENGTH, (short) (ipBytes - Ipv6.HEADER_BYTES), BIG_ENDIAN);
            return;
        }
        int identification = segments.getShort(ip + Ipv4.IDENTIFICATION, BIG_ENDIAN) + nextSegment;
        segments.putShort(ip + Ipv4.TOTAL_LENGTH, (short) ipBytes, BIG_ENDIAN);
        segments.putShort(ip + Ipv4.IDENTIFICATION, (short) identification, BIG_ENDIAN);
        segments.putShort(ip + Ipv4.CHECKSUM, (short) 0);
        int checksum = ~Checksum.fold(Checksum.sum(segments, ip, (first & 15) * 4));
        segments.putShort(ip + Ipv4.CHECKSUM, (short) checksum, BIG_ENDIAN);
    }

    private void tcpHeader(int tcp, int payload) {
        int sequence = segments.getInt(tcp + TCP_SEQUENCE, BIG_ENDIAN) + nextSegment * segmentBytes;
        segments.putInt(tcp + TCP_SEQUENCE, sequence, BIG_ENDIAN);
        int flags = segments.getByte(tcp + TCP_FLAGS) & 0xff;
        if (nextPayload + payload < frameBytes) {
            flags &= ~TCP_FIN_PSH;
        }
        if (nextSegment > 0) {
            flags &= ~TCP_CWR;
        }
        segments.putByte(tcp + TCP_FLAGS, (byte) flags);
    }

    /** The field holds the pseudo-header's sum over the whole super-frame's length: the segment's takes its place. */
    private void pseudoHeader(int field, int transportBytes) {
        int sum = segments.getShort(field, BIG_ENDIAN) & 0xffff;
        long difference = Checksum.difference32(frameBytes - transport, transportBytes);
        segments.putShort(field, (short) Checksum.updatePartial(sum, difference), BIG_ENDIAN);
    }

    @Override
    public void close() {
        arena.close();
    }
}
