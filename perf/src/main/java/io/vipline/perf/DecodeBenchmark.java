package io.vipline.perf;

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

/** Finding the headers of a frame, its tuple and the tuple's hash. */
@State(Scope.Thread)
public class DecodeBenchmark {
    @Param
    FrameKind kind;

    private final Packet packet = new Packet();
    private ClientFrames frames;

    @Setup
    public void setUp() {
        frames = new ClientFrames(kind, 1 << 13, 1000, 1000);
    }

    @Benchmark
    @OperationsPerInvocation(FrameBatch.CAPACITY)
    public int decode() {
        FrameBatch batch = frames.nextBatch();
        int hashes = 0;
        for (int i = 0; i < batch.count; i++) {
            Decoder.decode(batch, i, packet);
            hashes += packet.hash;
        }
        return hashes;
    }

    @TearDown
    public void tearDown() {
        frames.close();
    }
}
