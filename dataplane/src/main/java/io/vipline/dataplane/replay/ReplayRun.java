package io.vipline.dataplane.replay;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.ErrorLimit;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.icmp.IcmpLimits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * Takes a capture through the rules: with one thread everything happens on the caller's; with more, each forwarder has a
 * thread and the caller's puts their frames back into order. The outcome is the same for any number of threads.
 */
public final class ReplayRun implements AutoCloseable {
    private final ReplayPlan plan;
    private final InterfaceRegistry interfaces = new InterfaceRegistry();
    private final List<Forwarder> forwarders = new ArrayList<>();
    private final List<AutoCloseable> sinks = new ArrayList<>();
    private final List<WaitingRing> rings = new ArrayList<>();
    private final boolean consumes;
    private FrameConsumer consumer;

    /**
     * Opens the capture.
     *
     * @param consumes whether {@link #run} will be given a consumer; if not, each frame is finished into an area that is
     *     used over and over
     */
    public ReplayRun(ReplayPlan plan, boolean consumes) throws IOException {
        this.plan = plan;
        this.consumes = consumes;
        IcmpLimits limits = IcmpLimits.of(plan.config());
        for (int share = 0; share < plan.threads(); share++) {
            forwarders.add(new Forwarder(plan, share, sink(), interfaces, inOrder(limits, share)));
        }
    }

    /** The errors of all shares are limited together, in the order of the capture. */
    private ErrorLimit inOrder(IcmpLimits limits, int share) {
        if (plan.threads() == 1) {
            return limits;
        }
        CaptureOrder order = new CaptureOrder(forwarders, share);
        return about -> {
            order.await(about.number);
            return limits.allows(about);
        };
    }

    private FrameSink sink() {
        if (!consumes) {
            MemorySink sink = new MemorySink();
            sinks.add(sink);
            return sink;
        }
        if (plan.threads() == 1) {
            ConsumingSink sink = new ConsumingSink((memory, record) -> consumer.accept(memory, record));
            sinks.add(sink);
            return sink;
        }
        WaitingRing ring = new WaitingRing();
        sinks.add(ring);
        rings.add(ring);
        return ring;
    }

    /** The capture's interfaces, growing as they are met. Any thread. */
    public List<FrameInterface> interfaces() {
        return interfaces;
    }

    /** Bytes of the capture that the first forwarder has read in this round. Any thread. */
    public long consumedBytes() {
        return forwarders.getFirst().consumedBytes();
    }

    /** Ends the run early. Any thread. */
    public void stop() {
        forwarders.forEach(Forwarder::stop);
    }

    /**
     * Runs to the end.
     *
     * @param to takes the finished frames; empty if nobody wants them
     * @throws IOException if the capture cannot be opened again or rewound
     */
    public ReplayResult run(Optional<FrameConsumer> to) throws IOException {
        consumer = to.orElse(null);
        if (plan.threads() == 1) {
            forwarders.getFirst().run();
        } else {
            runThreads();
        }
        Counters counters = new Counters(plan.table());
        forwarders.forEach(forwarder -> counters.add(forwarder.counters()));
        long[] roundNs = new long[plan.repeat()];
        for (Forwarder forwarder : forwarders) {
            for (int round = 0; round < roundNs.length; round++) {
                roundNs[round] = Math.max(roundNs[round], forwarder.roundNs()[round]);
            }
        }
        Forwarder first = forwarders.getFirst();
        return new ReplayResult(counters, roundNs, first.roundFrames(), first.isStopped());
    }

    private void runThreads() throws IOException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (Forwarder forwarder : forwarders) {
            threads.add(Thread.ofPlatform().name("forwarder-" + threads.size()).start(() -> {
                try {
                    forwarder.run();
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                    rings.forEach(WaitingRing::abandon);
                    stop();
                }
            }));
        }
        try {
            drain(threads);
        } finally {
            rings.forEach(WaitingRing::abandon);
            join(threads);
        }
        Throwable cause = failure.get();
        if (cause instanceof IOException e) {
            throw e;
        } else if (cause != null) {
            throw new IllegalStateException("a forwarder failed", cause);
        }
    }

    private void drain(List<Thread> threads) {
        if (!consumes) {
            return;
        }
        List<LongSupplier> doneBefore = new ArrayList<>();
        forwarders.forEach(forwarder -> doneBefore.add(forwarder::doneBefore));
        OrderedMerge merge = new OrderedMerge(doneBefore, rings);
        while (!merge.isDone()) {
            if (merge.drain(consumer) == 0) {
                Thread.yield();
                if (threads.stream().noneMatch(Thread::isAlive)) {
                    merge.drain(consumer);
                    return;
                }
            }
        }
    }

    private static void join(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        forwarders.forEach(Forwarder::close);
        for (AutoCloseable sink : sinks) {
            try {
                sink.close();
            } catch (Exception e) {
                throw new IllegalStateException("closing a sink", e);
            }
        }
    }
}
