package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.live.SinkAgent.Offload;
import io.vipline.dataplane.route.InterfaceTable;
import io.vipline.dataplane.route.LinkRouter;
import io.vipline.dataplane.route.RouteTable;
import io.vipline.rules.table.TableRef;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.CompositeAgent;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.IdleStrategy;

/**
 * The node between its devices, running: source, forwarder and sink, on a thread each with rings between them, or all on
 * one. {@link #close} stops them in that order, so that what was taken in leaves.
 */
public final class LivePath implements AutoCloseable {
    /** How many threads there are. */
    public enum Threading {
        /** One does all. */
        SHARED,
        /** Source, forwarder and sink have their own. */
        DEDICATED
    }

    /**
     * What a path is made of.
     *
     * @param tables the rules in force, which may change while the path runs
     * @param interfaces one for each device, in the devices' order
     */
    public record Plan(
            TableRef tables,
            PipelineConfig pipeline,
            InterfaceTable interfaces,
            RouteTable routes,
            Offload offload,
            Threading threading) {}

    /** What was lost between the threads and the devices, beside what {@link Counters} and the devices count. */
    public record Losses(long beforeForwarder, long undeliverable) {}

    private final List<AgentRunner> runners = new ArrayList<>();
    private final DeviceIdleStrategy idle;
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final Counters counters;
    private final SinkAgent sink;
    private final SourceAgent source;

    /**
     * Starts the path.
     *
     * @param devices stay the caller's, who closes them after the path
     */
    public LivePath(Plan plan, List<? extends LiveDevice> devices, EpochNanoClock clock, DeviceListener listener) {
        counters = new Counters(plan.tables().get());
        FrameRing finished = new FrameRing();
        LinkRouter router = new LinkRouter(plan.interfaces(), plan.routes(), finished, counters);
        Pipeline pipeline = new Pipeline(plan.tables(), plan.pipeline(), finished, counters, router);
        sink = new SinkAgent(finished, devices, plan.offload(), listener);
        DeviceSource received = new DeviceSource(devices, clock, listener);
        idle = new DeviceIdleStrategy(devices);
        if (plan.threading() == Threading.SHARED) {
            source = null;
            start(new CompositeAgent(new ForwarderAgent(received, pipeline, router, clock), sink), idle);
        } else {
            FrameRing ring = new FrameRing();
            source = new SourceAgent(received, ring);
            RingSource arrived = new RingSource(ring, received.interfaces());
            start(source, idle);
            start(new ForwarderAgent(arrived, pipeline, router, clock), new BackoffIdleStrategy());
            start(sink, new BackoffIdleStrategy());
        }
    }

    private void start(Agent agent, IdleStrategy waiting) {
        AgentRunner runner = new AgentRunner(waiting, failure::completeExceptionally, null, new StopsOnFailure(agent));
        runners.add(runner);
        AgentRunner.startOnThread(
                runner,
                work -> Thread.ofPlatform()
                        .daemon()
                        .name("vl-" + agent.roleName())
                        .unstarted(work));
    }

    /** Completes exceptionally when one of the threads has stopped by itself; never otherwise. */
    public CompletableFuture<Void> failure() {
        return failure;
    }

    /** The counters; consistent once the path is closed. */
    public Counters counters() {
        return counters;
    }

    public Losses losses() {
        return new Losses(source == null ? 0 : source.lost(), sink.undeliverable());
    }

    /** Stops: no frames are taken in any more, those that are in leave. */
    @Override
    public void close() {
        runners.forEach(AgentRunner::close);
        idle.close();
    }
}
