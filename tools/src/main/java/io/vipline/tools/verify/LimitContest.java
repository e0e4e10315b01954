package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Compares by counts what a node limits by time: how many ICMP errors one address gets, and how many all of them. Packets
 * go to both worlds at the same time; nobody asks which of them is answered. Used by one thread.
 */
final class LimitContest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long REFILL_NS = TimeUnit.MILLISECONDS.toNanos(1_200);
    /** What an error takes from the bucket for all is drawn, in the kernel too: four standard deviations of a thousand. */
    private static final int DRAWN = 150;

    /**
     * Packets that are answered with errors.
     *
     * @param packets how many
     * @param overNs sent evenly over so long
     * @param tolerance by how much the counts may differ
     */
    private record Burst(String name, int packets, long overNs, int tolerance, IntFunction<Arrival> packet) {}

    private final KernelNode kernel;
    private final EmulatedNode vipline;
    private final EpochNanoClock clock;
    private final List<Difference> differences = new ArrayList<>();
    private final List<String> counts = new ArrayList<>();
    private long frames;

    LimitContest(KernelNode kernel, EmulatedNode vipline, EpochNanoClock clock) {
        this.kernel = kernel;
        this.vipline = vipline;
        this.clock = clock;
    }

    long frames() {
        return frames;
    }

    List<Difference> differences() {
        return differences;
    }

    /** What was sent and what came of it, a line a burst. */
    List<String> counts() {
        return counts;
    }

    /** @param flows has Services without endpoints, whose refusals are counted too, or not */
    void run(Flows flows, BooleanSupplier stopped) {
        for (Burst burst : bursts(flows)) {
            if (!stopped.getAsBoolean()) {
                play(burst);
                LockSupport.parkNanos(REFILL_NS);
            }
        }
    }

    private List<Burst> bursts(Flows flows) {
        List<Burst> bursts = new ArrayList<>();
        for (String net : List.of("198.18.77.0", "2001:db8:c11e:77::")) {
            IpAddress client = IpAddress.of(net);
            String family = client.isV4() ? "IPv4" : "IPv6";
            bursts.add(new Burst(family + ": 200 at once from one address", 200, 0, 0, i -> expiring(client.plus(1))));
            bursts.add(new Burst(
                    family + ": 300 in three seconds from one address",
                    300,
                    3 * SECOND_NS,
                    1,
                    i -> expiring(client.plus(2))));
            bursts.add(new Burst(
                    family + ": 3000 in a second from as many addresses",
                    3_000,
                    SECOND_NS,
                    DRAWN,
                    i -> expiring(client.plus(3 + i))));
        }
        flows.toServiceWithoutEndpoints()
                .ifPresent(flow -> bursts.add(
                        new Burst("refused by " + flow.service() + ": 200 at once", 200, 0, 0, i -> refused(flow))));
        return bursts;
    }

    /** A packet whose time to live ends at the node. */
    private static Arrival expiring(IpAddress from) {
        IpAddress to = IpAddress.of(from.isV4() ? "198.18.78.1" : "2001:db8:c11e:78::1");
        Segment segment = new Segment.Udp(new byte[8], true);
        byte[] packet = Header.plain(1, 1).packet(new IpPort(from, 4000), new IpPort(to, 9), segment);
        return new Arrival(Side.OUTSIDE, from.isV4(), packet);
    }

    private static Arrival refused(Flow flow) {
        Segment segment = flow.protocol() == Transport.UDP
                ? new Segment.Udp(new byte[8], true)
                : new Segment.Tcp(1, 0, Transport.SYN, 8192, new byte[0], new byte[0]);
        byte[] packet = Header.plain(64, 1).packet(flow.client(), flow.service(), segment);
        return new Arrival(flow.clientSide(), flow.client().address().isV4(), packet);
    }

    private void play(Burst burst) {
        int fromKernel = 0;
        int fromVipline = 0;
        long beginNs = clock.nanoTime();
        for (int i = 0; i < burst.packets(); i++) {
            long dueNs = beginNs + burst.overNs() * i / burst.packets();
            while (clock.nanoTime() < dueNs) {
                LockSupport.parkNanos(dueNs - clock.nanoTime());
            }
            Arrival arrival = burst.packet().apply(i);
            fromVipline += vipline.pass(arrival, clock.nanoTime()).size();
            fromKernel += kernel.pass(arrival, 0).size();
            frames++;
        }
        String line = burst.name() + ": the kernel answers " + fromKernel + ", Vipline " + fromVipline;
        counts.add(line);
        if (Math.abs(fromKernel - fromVipline) > burst.tolerance()) {
            differences.add(Difference.ofCounts(line, burst.packet().apply(0).packet()));
        }
    }
}
