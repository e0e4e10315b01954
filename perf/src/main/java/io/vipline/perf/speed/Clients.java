package io.vipline.perf.speed;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Transport;
import io.vipline.perf.scale.LargeCluster;

/**
 * Frames of 60 bytes from clients to the Services of a {@link LargeCluster}, made as they are asked for: as many flows as
 * wanted in order, then the same again. Checksums are not right, and nobody looks at them. Owned by one thread.
 */
final class Clients {
    private static final int FRAME_BYTES = 60;
    private static final int STRIDE_BYTES = 64;
    private static final int ADDRESSES = 12;
    private static final int NETWORK = 14;
    private static final int PORTS = 34;
    private static final int TCP_OFFSET_AND_FLAGS = 46;

    private static final int CLIENT_BASE = 0x6440_0000; // 100.64.0.0
    private static final int PORTS_LOG2 = 15;
    private static final int FIRST_PORT = 1 << PORTS_LOG2;
    /** 2026-01-01T00:00:00Z. */
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;

    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final int services;
    private final long gapNs;
    private final NativeMemory memory = NativeMemory.allocate(FrameBatch.CAPACITY * STRIDE_BYTES);
    private final FrameBatch batch = new FrameBatch();
    private long nowNs = BEGIN_NS;

    /**
     * @param services that are called, one as often as the other
     * @param tcpFlags of every segment
     * @param gapNs time between two frames
     */
    Clients(int services, int tcpFlags, long gapNs) {
        this.services = services;
        this.gapNs = gapNs;
        for (int i = 0; i < FrameBatch.CAPACITY; i++) {
            int at = i * STRIDE_BYTES;
            memory.putShort(at + 12, (short) 0x0800, BIG_ENDIAN);
            memory.putInt(at + NETWORK, 0x4500_0000 | FRAME_BYTES - NETWORK, BIG_ENDIAN);
            memory.putInt(at + NETWORK + 8, 64 << 24 | Transport.TCP << 16, BIG_ENDIAN);
            memory.putShort(at + TCP_OFFSET_AND_FLAGS, (short) (5 << 12 | tcpFlags), BIG_ENDIAN);
        }
        batch.memory.wrap(memory);
    }

    /** A frame each of the next flows. @param firstFlow number of the first, below 2^37 */
    FrameBatch frames(long firstFlow) {
        FrameBatch filled = batch;
        filled.count = 0;
        for (int i = 0; i < FrameBatch.CAPACITY; i++) {
            nowNs += gapNs;
            long flow = firstFlow + i;
            int at = i * STRIDE_BYTES;
            int source = CLIENT_BASE + (int) (flow >>> PORTS_LOG2);
            int destination = (int) LargeCluster.clusterIp(service(flow)).low();
            memory.putLong(at + NETWORK + ADDRESSES, (long) source << 32 | destination & 0xffff_ffffL, BIG_ENDIAN);
            int port = FIRST_PORT + (int) (flow & FIRST_PORT - 1);
            memory.putInt(at + PORTS, port << 16 | LargeCluster.PORT, BIG_ENDIAN);
            filled.add(at, FRAME_BYTES, FRAME_BYTES, nowNs, 0, LinkType.ETHERNET);
        }
        return filled;
    }

    /** One of those with endpoints, in an order that looks like none. */
    private int service(long flow) {
        int service = (int) ((flow * MIX >>> 32) * services >>> 32);
        return LargeCluster.isReady(service) ? service : service - 1;
    }
}
