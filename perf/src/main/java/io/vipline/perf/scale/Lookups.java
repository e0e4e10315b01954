package io.vipline.perf.scale;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * How long the verdict on a new flow takes, to where it goes included: what the data path reads of a verdict. Half of the
 * clients are in the cluster's networks, whom the rules masquerade only on their way back to themselves.
 */
final class Lookups implements FlowState {
    /** Of the processor, so that what else runs takes the caches at most. */
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final int ROUNDS = 7;
    private static final int LOOKUPS = 1_000_000;
    private static final int INSIDE = 0x1480_0000; // 20.128.0.0
    private static final int OUTSIDE = 0xc612_0000; // 198.18.0.0

    private final Table table;
    private final PacketKey key = new PacketKey();
    private final SplittableRandom random = new SplittableRandom(1);
    private long gone;

    Lookups(Table table) {
        this.table = table;
        key.sourceHigh = 0;
        key.destinationHigh = 0;
        key.protocol = 6;
        key.sourcePort = 40_000;
        key.destinationPort = LargeCluster.PORT;
        key.state = PacketKey.NEW;
        key.tcpFlags = 2;
    }

    /** @param services whose packets there are, one as often as the other; median of the rounds, in ns */
    double nanos(int[] services) {
        double[] rounds = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long start = THREADS.getCurrentThreadCpuTime();
            for (int j = 0; j < LOOKUPS; j++) {
                lookup(services[random.nextInt(services.length)]);
            }
            rounds[i] = (THREADS.getCurrentThreadCpuTime() - start) / (double) LOOKUPS;
        }
        if (gone == 0) {
            throw new IllegalStateException("no packet goes anywhere");
        }
        Arrays.sort(rounds);
        return rounds[ROUNDS / 2];
    }

    private void lookup(int service) {
        int client = random.nextInt();
        int address = ((client & 1) == 0 ? INSIDE : OUTSIDE) | client >>> 16;
        key.sourceLow = IpAddress.V4_PREFIX | address & 0xffff_ffffL;
        key.destinationLow = LargeCluster.clusterIp(service).low();
        if (table.lookup(key, this) instanceof Verdict.Dnat dnat) {
            gone += dnat.low() + dnat.port() + dnat.endpointId();
        }
    }

    @Override
    public int draw(PacketKey packet, int salt) {
        return random.nextInt();
    }

    @Override
    public boolean isRecent(PacketKey packet, int list, int seconds, boolean reap) {
        return false;
    }
}
