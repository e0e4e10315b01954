package io.vipline.perf;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * Frames from clients to Services in native memory, one for each flow in an order that looks like none, handed out in
 * batches round and round. Time moves on with each frame. Owned by one thread.
 */
final class ClientFrames implements AutoCloseable {
    private static final int ETHERNET_BYTES = 14;
    /** Without the frame check sequence. */
    private static final int LEAST_FRAME_BYTES = 60;

    /** 2026-01-01T00:00:00Z. */
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;

    final int frameBytes;
    private final FrameKind kind;
    private final int flows;
    private final int services;
    private final long gapNs;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final NativeMemory view;
    private final FrameBatch batch = new FrameBatch();
    private int next;
    private long nowNs = BEGIN_NS;

    /**
     * @param flows each with a frame of its own, a multiple of {@link FrameBatch#CAPACITY}
     * @param services that they call in turn
     * @param gapNs time between two frames
     */
    ClientFrames(FrameKind kind, int flows, int services, long gapNs) {
        if (flows % FrameBatch.CAPACITY != 0) {
            throw new IllegalArgumentException(flows + " flows are no whole batches");
        }
        this.kind = kind;
        this.flows = flows;
        this.services = services;
        this.gapNs = gapNs;
        frameBytes = Math.max(LEAST_FRAME_BYTES, ETHERNET_BYTES + kind.networkBytes() + kind.transportBytes());
        memory = arena.allocate((long) flows * stride(), 64);
        view = new NativeMemory(memory.address(), flows * stride());
        int[] order = shuffled(flows);
        for (int i = 0; i < flows; i++) {
            write(i * stride(), order[i]);
        }
        batch.memory.wrap(memory.address(), flows * stride());
    }

    private int stride() {
        return frameBytes + 7 & ~7;
    }

    private static int[] shuffled(int count) {
        SplittableRandom random = new SplittableRandom(1);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }

    private void write(int at, int flow) {
        view.putLong(at, 0x0200_0000_0001_0200L, BIG_ENDIAN);
        view.putInt(at + 8, 2, BIG_ENDIAN);
        view.putShort(at + 12, (short) (kind.family == 4 ? 0x0800 : 0x86dd), BIG_ENDIAN);
        int ip = at + ETHERNET_BYTES;
        int client = flow / services;
        int source = 0xc612_0000 + (client >>> 14);
        int service = flow % services;
        int payload = frameBytes - ETHERNET_BYTES - kind.networkBytes();
        if (kind.family == 4) {
            view.putInt(ip, 0x4500_0000 | frameBytes - ETHERNET_BYTES, BIG_ENDIAN);
            view.putInt(ip + 4, 0x4000, BIG_ENDIAN);
            view.putInt(ip + 8, 64 << 24 | kind.protocol << 16, BIG_ENDIAN);
            view.putInt(ip + 12, source, BIG_ENDIAN);
            view.putInt(ip + 16, ManyServices.V4_BASE + service, BIG_ENDIAN);
            view.putShort(ip + 10, (short) ~Checksum.fold(Checksum.sum(view, ip, 20)), BIG_ENDIAN);
        } else {
            view.putInt(ip, 0x6000_0000, BIG_ENDIAN);
            view.putInt(ip + 4, payload << 16 | kind.protocol << 8 | 64, BIG_ENDIAN);
            view.putLong(ip + 8, 0x2001_0db8_0000_0000L, BIG_ENDIAN);
            view.putLong(ip + 16, source, BIG_ENDIAN);
            view.putLong(ip + 24, ManyServices.V6_HIGH, BIG_ENDIAN);
            view.putLong(ip + 32, ManyServices.V6_BASE_LOW + service, BIG_ENDIAN);
        }
        transport(ip, ip + kind.networkBytes(), 16_384 + (client & 0x3fff), payload);
    }

    private void transport(int ip, int at, int clientPort, int bytes) {
        view.putInt(at, clientPort << 16 | ManyServices.PORT, BIG_ENDIAN);
        int checksum = at + 6;
        if (kind.protocol == 6) {
            view.putInt(at + 12, 5 << 28 | 0x10 << 16 | 0xffff, BIG_ENDIAN);
            checksum = at + 16;
        } else {
            view.putInt(at + 4, bytes << 16, BIG_ENDIAN);
        }
        int addresses = kind.family == 4 ? ip + 12 : ip + 8;
        long pseudo = Checksum.sum(view, addresses, at - addresses) + kind.protocol + bytes;
        view.putShort(checksum, (short) ~Checksum.fold(pseudo + Checksum.sum(view, at, bytes)), BIG_ENDIAN);
    }

    /** The next batch, full; valid until the next call. */
    FrameBatch nextBatch() {
        FrameBatch filled = batch;
        filled.count = 0;
        for (int i = 0; i < FrameBatch.CAPACITY; i++) {
            nowNs += gapNs;
            filled.add((next + i) * stride(), frameBytes, frameBytes, nowNs, 0, LinkType.ETHERNET);
        }
        next += FrameBatch.CAPACITY;
        if (next == flows) {
            next = 0;
        }
        return filled;
    }

    int batches() {
        return flows / FrameBatch.CAPACITY;
    }

    long nowNs() {
        return nowNs;
    }

    @Override
    public void close() {
        arena.close();
    }
}
