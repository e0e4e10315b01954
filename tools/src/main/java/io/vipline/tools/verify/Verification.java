package io.vipline.tools.verify;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.table.Table;
import io.vipline.tools.compile.CompiledNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.concurrent.SystemEpochNanoClock;

/** A run of {@code vipline verify}: both worlds built, played in, compared and taken down. */
public final class Verification {
    private static final int SCRIPTS_AT_ONCE = 200;
    /** So many that a run is over in the time of a few timeouts, and so few that none is late. */
    private static final int SCRIPTS_THAT_WAIT = 2_000;
    /** As an overlay network has it, less than what comes in. A capture's way was wide enough. */
    private static final int MTU_BYTES = 1400;

    private Verification() {}

    /** What is made wrong on purpose, to see whether it is found. */
    public enum Fault {
        NONE,
        /** Some of Vipline's packets get a wrong transport checksum. */
        CHECKSUM,
        /** Some of Vipline's packets get another destination port. */
        PORT,
        /** One of the kernel's rules is missing. */
        RULE,
        /** Vipline's timeouts are a second longer. */
        TIMEOUT
    }

    /** What is sent, where there is no capture to play. */
    public enum Play {
        /** Conversations that take no time, many at once. */
        AT_ONCE,
        /** Conversations that wait for timeouts, each set to a few seconds. */
        OVER_TIME,
        /** More than a node answers or holds, compared by counts. */
        LIMITS
    }

    /**
     * What to do.
     *
     * @param table what Vipline goes by; {@code config}'s rules in text are loaded into the kernel
     * @param packets how many to send, where there is no capture to play
     */
    public record Plan(
            Cluster cluster,
            ProxyConfig config,
            Table table,
            Function<IpFamily, ChainWalker> walkers,
            Function<IpFamily, List<ServiceEndpoints>> services,
            Sysctls sysctls,
            long seed,
            long packets,
            Play play,
            Optional<CaptureFrames> capture,
            Fault fault) {}

    /** Reads a capture to play. @param notes takes what of it is left out */
    public static CaptureFrames capture(FrameSource source, Consumer<String> notes) {
        CaptureFrames frames = CaptureFrames.read(source);
        frames.notes().forEach(notes);
        return frames;
    }

    /**
     * What came of it.
     *
     * @param departed packets that left the kernel's node
     * @param unprompted those that left because time had passed, not because a packet had come
     * @param notes what else there is to say, a line each
     */
    public record Result(
            long frames,
            long departed,
            long unprompted,
            double seconds,
            List<String> notes,
            List<Difference> differences) {
        /** Prints the first differences, then the notes, and last a line with the numbers. */
        public void print(PrintWriter out, int shown) {
            for (int i = 0; i < Math.min(shown, differences.size()); i++) {
                differences.get(i).print(out, i + 1);
            }
            notes.forEach(out::println);
            out.println(frames + " frames, " + differences.size() + " differences");
        }
    }

    /**
     * Runs to the end.
     *
     * @param stopped whether to end early
     */
    public static Result run(Plan plan, BooleanSupplier stopped) {
        List<ServiceEndpoints> services = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            services.addAll(plan.services().apply(family));
        }
        NodeLayout layout = NodeLayout.of(
                plan.config(), services, plan.capture().isPresent() ? NodeLayout.LINK_MTU_BYTES : MTU_BYTES);
        SplittableRandom random = new SplittableRandom(plan.seed());
        Flows flows = new Flows(layout, services, plan.walkers(), random.split());
        if (plan.capture().isEmpty() && flows.isEmpty()) {
            throw new IllegalStateException("no Service has an address that can be called");
        }
        Dice dice = new Dice(random.split());
        Sysctls sysctls = plan.play() == Play.OVER_TIME ? ShortTimeouts.of(plan.sysctls(), dice) : plan.sysctls();
        long startNs = System.nanoTime();
        try (KernelNode kernel = new KernelNode(layout, sysctls);
                EmulatedNode vipline = emulated(plan, layout, sysctls, kernel.conntrackMax())) {
            load(plan, kernel);
            if (plan.play() == Play.LIMITS) {
                return limits(kernel, vipline, flows, stopped);
            }
            boolean isNftables = plan.config().mode() == ProxyConfig.Mode.NFTABLES;
            Judge judge = new Judge(kernel, vipline, new SystemEpochNanoClock(), isNftables);
            if (plan.capture().isPresent()) {
                new CaptureContest(judge, flows, plan.table())
                        .run(plan.capture().get(), stopped);
            } else {
                contest(plan.play(), judge, flows, sysctls, dice).run(plan.packets(), stopped);
            }
            if (plan.play() == Play.OVER_TIME && !stopped.getAsBoolean()) {
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(ShortTimeouts.LONGEST_SECONDS + 1));
                judge.compareLate(Header.anyFragment());
            }
            double seconds = (System.nanoTime() - startNs) / 1e9;
            return new Result(
                    judge.frames(), judge.departed(), judge.unprompted(), seconds, judge.notes(), judge.differences());
        }
    }

    private static Result limits(KernelNode kernel, EmulatedNode vipline, Flows flows, BooleanSupplier stopped) {
        long startNs = System.nanoTime();
        LimitContest errors = new LimitContest(kernel, vipline, new SystemEpochNanoClock());
        errors.run(flows, stopped);
        FullTable table = new FullTable(kernel, vipline, new SystemEpochNanoClock(), kernel.conntrackMax());
        table.run(stopped);
        List<String> counts = new ArrayList<>(errors.counts());
        counts.addAll(table.counts());
        List<Difference> differences = new ArrayList<>(errors.differences());
        differences.addAll(table.differences());
        double seconds = (System.nanoTime() - startNs) / 1e9;
        return new Result(errors.frames() + table.frames(), 0, 0, seconds, counts, differences);
    }

    private static EmulatedNode emulated(Plan plan, NodeLayout layout, Sysctls sysctls, int conntrackMax) {
        Sysctls own = plan.fault() == Fault.TIMEOUT ? ShortTimeouts.longer(sysctls) : sysctls;
        PipelineConfig config = EmulatedNode.config(layout, own, plan.seed());
        return new EmulatedNode(plan.table(), layout, config.withLimits(config.mtuBytes(), conntrackMax), plan.fault());
    }

    private static Contest contest(Play play, Judge judge, Flows flows, Sysctls sysctls, Dice dice) {
        return switch (play) {
            case AT_ONCE -> new Contest(judge, Stories.atOnce(flows, dice), dice, SCRIPTS_AT_ONCE);
            case OVER_TIME -> new Contest(judge, Stories.overTime(flows, sysctls, dice), dice, SCRIPTS_THAT_WAIT);
            case LIMITS -> throw new IllegalArgumentException("limits are no conversations");
        };
    }

    private static void load(Plan plan, KernelNode kernel) {
        boolean isNft = plan.config().mode() == ProxyConfig.Mode.NFTABLES;
        for (IpFamily family : IpFamily.values()) {
            StringWriter text = new StringWriter();
            PrintWriter printer = new PrintWriter(text);
            CompiledNode node = new CompiledNode(plan.cluster(), plan.config(), List.of(family));
            if (isNft) {
                node.printNft(printer);
            } else {
                node.printIptables(printer, true);
            }
            printer.flush();
            String rules = plan.fault() == Fault.RULE ? withoutOne(text.toString()) : text.toString();
            String restore = family == IpFamily.IPV4 ? "iptables-restore" : "ip6tables-restore";
            kernel.load(rules, isNft ? "nft -f -" : restore);
        }
    }

    /** Leaves the last rule out that translates a destination. */
    private static String withoutOne(String rules) {
        String[] lines = rules.split("\n");
        for (int i = lines.length - 1; i >= 0; i--) {
            if (lines[i].toLowerCase(Locale.ROOT).contains(" dnat ")) {
                lines[i] = "";
                break;
            }
        }
        return String.join("\n", lines) + "\n";
    }
}
