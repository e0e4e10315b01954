package io.vipline.perf;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Packet;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Finding the connection of a packet that has one; decoding the frame is part of the time, see {@link DecodeBenchmark}. */
@State(Scope.Thread)
public class ConntrackBenchmark {
    @Param({"10048", "1000000"})
    int flows;

    @Param({"UDP4", "TCP6"})
    FrameKind kind;

    private final Packet[] packets = new Packet[FrameBatch.CAPACITY];
    private ClientFrames frames;
    private ConnectionTable connections;

    @Setup
    public void setUp() {
        frames = new ClientFrames(kind, flows, 1000, 1);
        connections = new ConnectionTable(kind.family);
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new Packet();
        }
        Connection connection = new Connection();
        for (int i = 0; i < frames.batches(); i++) {
            FrameBatch batch = frames.nextBatch();
            for (int j = 0; j < batch.count; j++) {
                Decoder.decode(batch, j, packets[j]);
                int entry = connections.allocate();
                connection.wrap(connections, entry).open(packets[j], frames.nowNs());
                connection.expiryNs(Long.MAX_VALUE);
                connections.insert(entry);
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(FrameBatch.CAPACITY)
    public long hit() {
        FrameBatch batch = frames.nextBatch();
        long found = 0;
        for (int i = 0; i < batch.count; i++) {
            Decoder.decode(batch, i, packets[i]);
        }
        for (int i = 0; i < batch.count; i++) {
            found += connections.touchSlot(packets[i].hash);
        }
        for (int i = 0; i < batch.count; i++) {
            packets[i].found = connections.search(packets[i], false);
        }
        for (int i = 0; i < batch.count; i++) {
            long entry = connections.find(packets[i], true, frames.nowNs());
            if (entry == ConnectionTable.MISS) {
                throw new IllegalStateException("a connection is gone");
            }
            found += entry;
        }
        return found;
    }

    @TearDown
    public void tearDown() {
        connections.close();
        frames.close();
    }
}
