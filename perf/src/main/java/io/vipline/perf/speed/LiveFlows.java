package io.vipline.perf.speed;

import com.sun.management.ThreadMXBean;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.wire.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Many connections at once: opens them, then goes through them twice again. Prints the memory that the process has
 * resident then, MB, what of it came with the connections, bytes each; and bytes allocated on the heap for a frame of one
 * that is established.
 */
public final class LiveFlows {
    private static final int SERVICES = 1_000;

    private LiveFlows() {}

    /** @param args number of connections */
    public static void main(String[] args) throws IOException {
        long flows = Long.parseLong(args[0]) / FrameBatch.CAPACITY * FrameBatch.CAPACITY;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Node node = new Node(SERVICES)) {
            Clients clients = new Clients(SERVICES, Transport.ACK, 1);
            long before = residentBytes();
            round(node, clients, flows);
            long after = residentBytes();
            round(node, clients, flows);
            long allocated = -threads.getCurrentThreadAllocatedBytes();
            round(node, clients, flows);
            allocated += threads.getCurrentThreadAllocatedBytes();
            if (node.counters.flows != flows || node.counters.forwarded != 3 * flows) {
                throw new IllegalStateException(node.counters.flows + " flows instead of " + flows);
            }
            System.out.printf("%d %d %.2f%n", after >> 20, (after - before) / flows, (double) allocated / flows);
        }
    }

    private static void round(Node node, Clients clients, long flows) {
        for (long flow = 0; flow < flows; flow += FrameBatch.CAPACITY) {
            node.process(clients.frames(flow));
        }
    }

    private static long residentBytes() throws IOException {
        String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
        return Long.parseLong(pages) * 4096;
    }
}
