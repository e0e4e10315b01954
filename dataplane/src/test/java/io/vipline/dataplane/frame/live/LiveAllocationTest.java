package io.vipline.dataplane.frame.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.vipline.dataplane.FrameText;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.live.SinkAgent.Offload;
import io.vipline.dataplane.memory.NativeMemory;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.Test;

/** Frames round and round through a veth pair: out of a ring by one socket, in by the other, into the ring again. */
class LiveAllocationTest {
    private static final int TURNS = 3_000;
    private static final int MOST_BYTES_A_TURN = 4;
    /** Until the compiler has the whole loop, calls box what they return, longer on a busy machine. */
    private static final int MOST_ROUNDS = 400;

    @Test
    void receivingAndSendingAllocatesNothing() {
        assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the ip command");
        try (NetworkNamespaces bed = new NetworkNamespaces()) {
            bed.add("node");
            bed.sysctl("node", "net/ipv6/conf/default/disable_ipv6", "1");
            bed.ip("node", "link add v0 type veth peer name v1", "link set v0 up", "link set v1 up");
            try (PacketSocket one = open(bed, "v0");
                    PacketSocket other = open(bed, "v1")) {
                long leastBytes = Long.MAX_VALUE;
                Circle circle = new Circle(one, other);
                for (int round = 0; round < MOST_ROUNDS && leastBytes / TURNS >= MOST_BYTES_A_TURN; round++) {
                    leastBytes = Math.min(leastBytes, circle.allocatedBytes());
                }
                assertThat(circle.frames).isGreaterThan(TURNS);
                assertThat(leastBytes / TURNS).as("bytes allocated a turn").isLessThan(MOST_BYTES_A_TURN);
            }
        }
    }

    private static PacketSocket open(NetworkNamespaces bed, String name) {
        return NetworkNamespace.call(bed.name("node"), () -> PacketSocket.open(name, true));
    }

    private static final class Circle {
        private final FrameRing ring = new FrameRing();
        private final SinkAgent sink;
        private final SourceAgent source;
        private final byte[] frame = FrameText.frame("udp 10.0.0.1:1 > 10.0.0.2:2 \"round and round\"");
        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private long frames;

        Circle(PacketSocket one, PacketSocket other) {
            DeviceListener listener = (device, cause) -> {
                throw cause;
            };
            sink = new SinkAgent(ring, List.of(one), Offload.FINISH, listener);
            source = new SourceAgent(new DeviceSource(List.of(other), new SystemEpochNanoClock(), listener), ring);
        }

        long allocatedBytes() {
            seed();
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int turn = 0; turn < TURNS; turn++) {
                sink.doWork();
                frames += source.doWork();
            }
            return threads.getCurrentThreadAllocatedBytes() - before;
        }

        private void seed() {
            FrameBatch batch = new FrameBatch();
            batch.memory.wrap(NativeMemory.copyOf(frame));
            batch.add(0, frame.length, frame.length, 0, 0, LinkType.ETHERNET);
            SourceAgent.copy(batch, 0, 0, ring);
        }
    }
}
