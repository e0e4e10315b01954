package io.vipline.perf.speed;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.wire.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * The packet loop for minutes, beside a flight recording: every gap of over a millisecond, what of the JVM's doings falls
 * into it, and for how much of it the thread was not on a processor. A fourth of
 * the frames open connections, of which as many expire; the others belong to connections that stay.
 */
public final class Gaps {
    private static final long GAP_NS = 1_000_000;
    private static final int SERVICES = 1_000;
    private static final long STAYING = 100_000 / FrameBatch.CAPACITY * FrameBatch.CAPACITY;
    /** Batches of known connections for each of new ones. */
    private static final int KNOWN_BATCHES = 3;
    /** A SYN that nobody answers lives 120 s: so many frames later. */
    private static final long FRAMES_A_LIFE = 2_000_000;

    private static final List<String> PAUSES = List.of("jdk.GarbageCollection", "jdk.GCPhasePause");
    private static final String SAFEPOINT_BEGIN = "jdk.SafepointBegin";
    private static final String SAFEPOINT_END = "jdk.SafepointEnd";

    private static final int BATCHES_A_LOOK = 256;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Node node = new Node(SERVICES);
    private final long gapNs = TimeUnit.SECONDS.toNanos(120) / FRAMES_A_LIFE;
    private final Clients staying = new Clients(SERVICES, Transport.ACK, gapNs);
    private final Clients calling = new Clients(SERVICES, Transport.SYN, gapNs);
    private final List<Gap> gaps = new ArrayList<>();
    private long batches;

    /** @param offCpuNs since the last look, at most {@link #BATCHES_A_LOOK} batches before */
    private record Gap(Instant end, long lengthNs, long offCpuNs) {
        boolean overlaps(Instant from, Instant to) {
            return from.isBefore(end) && to.isAfter(end.minusNanos(lengthNs));
        }
    }

    private record Doing(String name, Instant from, Instant to) {}

    /** @param args minutes */
    public static void main(String[] args) throws IOException {
        Path file = Files.createTempFile("vipline-gaps", ".jfr");
        try (Recording recording = new Recording()) {
            PAUSES.forEach(event -> recording.enable(event).withoutThreshold());
            recording.enable(SAFEPOINT_BEGIN).withoutThreshold();
            recording.enable(SAFEPOINT_END).withoutThreshold();
            recording.start();
            Gaps run = new Gaps();
            run.loop(TimeUnit.SECONDS.toNanos((long) (Double.parseDouble(args[0]) * 60)));
            recording.stop();
            recording.dump(file);
            run.report(doings(file));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void loop(long lengthNs) {
        long beginNs = System.nanoTime();
        long lastNs = beginNs;
        long lookNs = beginNs;
        long lookCpuNs = THREADS.getCurrentThreadCpuTime();
        long known = 0;
        long opened = STAYING;
        while (lastNs - beginNs < lengthNs) {
            if (batches % (KNOWN_BATCHES + 1) < KNOWN_BATCHES) {
                node.process(staying.frames(known));
                known = (known + FrameBatch.CAPACITY) % STAYING;
            } else {
                node.process(calling.frames(opened));
                opened += FrameBatch.CAPACITY;
            }
            batches++;
            long nowNs = System.nanoTime();
            boolean isGap = nowNs - lastNs > GAP_NS;
            if (isGap || batches % BATCHES_A_LOOK == 0) {
                long cpuNs = THREADS.getCurrentThreadCpuTime();
                if (isGap) {
                    gaps.add(new Gap(Instant.now(), nowNs - lastNs, nowNs - lookNs - (cpuNs - lookCpuNs)));
                }
                lookCpuNs = cpuNs;
                nowNs = System.nanoTime();
                lookNs = nowNs;
            }
            lastNs = nowNs;
        }
    }

    private static List<Doing> doings(Path file) throws IOException {
        List<Doing> doings = new ArrayList<>();
        Instant safepoint = Instant.MIN;
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            String name = event.getEventType().getName();
            switch (name) {
                case SAFEPOINT_BEGIN -> safepoint = event.getStartTime();
                case SAFEPOINT_END -> doings.add(new Doing("safepoint", safepoint, event.getEndTime()));
                default -> doings.add(new Doing(name, event.getStartTime(), event.getEndTime()));
            }
        }
        return doings;
    }

    private void report(List<Doing> doings) {
        long frames = batches * FrameBatch.CAPACITY;
        System.out.printf("frames %d, flows opened %d, gaps over 1 ms %d%n", frames, node.counters.flows, gaps.size());
        System.out.printf("collections and safepoints recorded: %d%n", doings.size());
        int explained = 0;
        for (Gap gap : gaps) {
            List<String> within = doings.stream()
                    .filter(doing -> gap.overlaps(doing.from(), doing.to()))
                    .map(doing -> "%s of %.3f ms"
                            .formatted(
                                    doing.name(),
                                    Duration.between(doing.from(), doing.to()).toNanos() / 1e6))
                    .toList();
            explained += within.isEmpty() ? 0 : 1;
            System.out.printf(
                    "  %.2f ms, off the processor %.2f: %s%n",
                    gap.lengthNs() / 1e6, gap.offCpuNs() / 1e6, within.isEmpty() ? "-" : String.join(", ", within));
        }
        System.out.printf("gaps that coincide with a collection or a safepoint: %d%n", explained);
    }
}
