package io.vipline.perf.speed;

import com.sun.management.ThreadMXBean;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.wire.Transport;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A new connection with every frame: rules asked, entry made, frame rewritten; and as many connections expire as are
 * opened. Prints flows a second (median of the rounds) and bytes allocated for each.
 */
public final class NewFlows {
    private static final int LIVE = 100_000;
    /** A SYN that nobody answers lives as long. */
    private static final long LIFE_NS = TimeUnit.SECONDS.toNanos(120);

    private static final int ROUND_BATCHES = 1 << 15;
    private static final int WARM_ROUNDS = 3;
    private static final int ROUNDS = 7;

    private NewFlows() {}

    /** @param args number of Services */
    public static void main(String[] args) {
        int services = Integer.parseInt(args[0]);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Node node = new Node(services)) {
            Clients clients = new Clients(services, Transport.SYN, LIFE_NS / LIVE);
            double[] rounds = new double[ROUNDS];
            long flow = 0;
            long allocated = 0;
            for (int round = -WARM_ROUNDS; round < ROUNDS; round++) {
                allocated = round == 0 ? -threads.getCurrentThreadAllocatedBytes() : allocated;
                long startNs = System.nanoTime();
                for (int i = 0; i < ROUND_BATCHES; i++) {
                    node.process(clients.frames(flow));
                    flow += FrameBatch.CAPACITY;
                }
                double tookNs = System.nanoTime() - startNs;
                if (round >= 0) {
                    rounds[round] = ROUND_BATCHES * FrameBatch.CAPACITY / tookNs * 1e9;
                }
            }
            allocated += threads.getCurrentThreadAllocatedBytes();
            if (node.counters.flows != flow || node.counters.forwarded != flow) {
                throw new IllegalStateException(node.counters.flows + " flows of " + flow + " frames");
            }
            Arrays.sort(rounds);
            long measured = (long) ROUNDS * ROUND_BATCHES * FrameBatch.CAPACITY;
            System.out.printf("%.0f %.2f%n", rounds[ROUNDS / 2], (double) allocated / measured);
        }
    }
}
