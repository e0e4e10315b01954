package io.vipline.perf;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.nat.Rewrite;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** New addresses, ports and checksums in the copy of a frame. */
@State(Scope.Thread)
public class RewriteBenchmark {
    @Param
    FrameKind kind;

    private final Packet packet = new Packet();
    private final Connection connection = new Connection();
    private final Rewrite rewrite = new Rewrite();
    private final Arena arena = Arena.ofShared();
    private NativeMemory out;
    private ClientFrames frames;
    private ConnectionTable connections;

    @Setup
    public void setUp() {
        frames = new ClientFrames(kind, FrameBatch.CAPACITY, 1, 1);
        connections = new ConnectionTable(kind.family);
        FrameBatch batch = frames.nextBatch();
        Decoder.decode(batch, 0, packet);
        connection.wrap(connections, connections.allocate()).open(packet, frames.nowNs());
        boolean isV4 = kind.family == Packet.IPV4;
        connection.replySource(isV4 ? 0 : 0xfd00_0010_0244_0000L, isV4 ? IpAddress.V4_PREFIX | 0x0af4_0107L : 7, 8080);
        out = new NativeMemory(arena.allocate(128, 64).address(), 128);
        out.putBytes(0, batch.memory, packet.frameOffset, packet.captured);
    }

    /** The copy is rewritten over and over, always from what decoding found: its checksums drift, its cost does not. */
    @Benchmark
    public byte rewrite() {
        rewrite.toEndpoint(connection).apply(out, 0, packet);
        return out.getByte(packet.transport);
    }

    @TearDown
    public void tearDown() {
        connections.close();
        frames.close();
        arena.close();
    }
}
