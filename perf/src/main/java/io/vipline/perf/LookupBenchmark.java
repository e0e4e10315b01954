package io.vipline.perf;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The rules' verdict on a new packet to one of many Services. */
@State(Scope.Thread)
public class LookupBenchmark {
    @Param({"10", "1000", "10000"})
    int services;

    private final PacketKey key = new PacketKey();
    private final SplittableRandom random = new SplittableRandom(1);
    private final Draws draws = new Draws(random);
    private Table table;

    @Setup
    public void setUp() {
        table = ManyServices.table(services);
        key.protocol = 6;
        key.sourceLow = IpAddress.V4_PREFIX | 0xc612_0001L;
        key.sourcePort = 40_000;
        key.destinationPort = ManyServices.PORT;
        key.state = PacketKey.NEW;
        key.tcpFlags = 2;
        if (!(lookup() instanceof Verdict.Dnat)) {
            throw new IllegalStateException("no Service's packet");
        }
    }

    @Benchmark
    public Verdict lookup() {
        key.destinationLow = IpAddress.V4_PREFIX | ManyServices.V4_BASE + random.nextInt(services) & 0xffff_ffffL;
        return table.lookup(key, draws);
    }

    private record Draws(SplittableRandom random) implements FlowState {
        @Override
        public int draw(PacketKey packet, int salt) {
            return random.nextInt();
        }

        @Override
        public boolean isRecent(PacketKey packet, int list, int seconds, boolean reap) {
            return false;
        }
    }
}
