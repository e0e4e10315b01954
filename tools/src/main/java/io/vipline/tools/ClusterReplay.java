package io.vipline.tools;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.RewindableSource;
import io.vipline.dataplane.frame.capture.CaptureFormat;
import io.vipline.dataplane.frame.capture.CaptureWriter;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.underlay.Transit;
import io.vipline.dataplane.underlay.Underlay;
import io.vipline.dataplane.underlay.Underlay.Passage;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** A capture through all nodes of a cluster. Everything happens on one thread, in the capture's order. */
final class ClusterReplay {
    private final EmulatedCluster cluster;
    private final CaptureInput input;
    private final long seed;
    private final int gateway;
    private final Function<NodeAddresses, PipelineConfig> config;

    /** @param gateway the node where packets from outside enter that no node has the address of */
    ClusterReplay(
            EmulatedCluster cluster,
            String gateway,
            CaptureInput input,
            long seed,
            Function<NodeAddresses, PipelineConfig> config) {
        this.cluster = cluster;
        this.gateway = cluster.station(gateway);
        this.input = input;
        this.seed = seed;
        this.config = config;
    }

    /** What became of a frame of the capture, or an answer to it, at each station it came to. */
    record Way(long frame, String packet, List<Step> way) {}

    /** @param station null: no load balancer took it. @param packet as it leaves; null if it does not */
    record Step(String station, String fate, String packet, String next) {}

    /**
     * @param output null: nothing is written
     * @param trace gets each frame's way; null: nobody asks
     */
    ClusterReplaySummary run(Path output, Consumer<Way> trace) throws IOException {
        try (RewindableSource source = input.open()) {
            if (output == null) {
                return run(source, null, false, trace);
            }
            CaptureFormat format = CaptureFormat.ofFileName(
                    output.toString(),
                    input.isFinerThanMicroseconds(),
                    cluster.nodes().getFirst().addressNames());
            CaptureWriter writer = ReplaySession.isStdout(output)
                    ? CaptureWriter.to(
                            new FileOutputStream(FileDescriptor.out).getChannel(),
                            "stdout",
                            format,
                            source.interfaces())
                    : CaptureWriter.open(output, format, source.interfaces());
            ClusterReplaySummary summary;
            try (writer) {
                summary = run(source, writer, format instanceof CaptureFormat.Pcapng, trace);
            }
            return summary.written(writer.sha256());
        }
    }

    private ClusterReplaySummary run(
            RewindableSource source, CaptureWriter writer, boolean comments, Consumer<Way> trace) throws IOException {
        Steps steps = new Steps(writer, comments, trace);
        try (Underlay underlay = new Underlay(cluster.start(config), cluster.topology(), gateway, seed, steps)) {
            steps.underlay = underlay;
            FrameBatch batch = new FrameBatch();
            while (source.poll(batch, FrameBatch.CAPACITY) != FrameSource.END) {
                underlay.process(batch);
            }
            underlay.finish();
            steps.flush();
            return ClusterReplaySummary.of(underlay);
        }
    }

    /** Notes each step, and writes what leaves with its way as the comment. */
    private static final class Steps implements Underlay.Observer {
        private final CaptureWriter writer;
        private final boolean comments;
        private final Consumer<Way> trace;
        private final List<Step> way = new ArrayList<>();
        private Underlay underlay;
        private Transit frame;
        private String packet;

        Steps(CaptureWriter writer, boolean comments, Consumer<Way> trace) {
            this.writer = writer;
            this.comments = comments;
            this.trace = trace;
        }

        @Override
        public void entered(Transit entering, boolean unbalanced) {
            flush();
            frame = entering;
            packet = text(entering);
            if (unbalanced) {
                way.add(new Step(null, "dropped NO_HEALTHY_NODE", null, null));
            }
        }

        private String text(Transit transit) {
            return underlay.packetOf(transit).map(WayText::of).orElse("not IP");
        }

        void flush() {
            if (frame != null && trace != null) {
                trace.accept(new Way(frame.number() + 1, packet, List.copyOf(way)));
            }
            way.clear();
            frame = null;
        }

        @Override
        public void passed(Passage passage) {
            String station = passage.station().name();
            String end = WayText.end(passage);
            if (!end.isEmpty()) {
                way.add(new Step(station, end, null, null));
            }
            for (Underlay.Departure departure : passage.left()) {
                String next = departure.next() == null ? null : departure.next().name();
                way.add(new Step(
                        station, WayText.fate(passage.station(), departure.frame()), text(departure.frame()), next));
            }
        }

        @Override
        public void left(Transit leaving, NativeMemory memory, int record) {
            if (writer != null) {
                writer.write(memory, record, comments ? comment() : null);
            }
        }

        private String comment() {
            StringBuilder text = new StringBuilder();
            for (Step step : way) {
                text.append(text.isEmpty() ? "" : "; ")
                        .append(step.station)
                        .append(": ")
                        .append(step.fate);
            }
            return text.toString();
        }
    }

    /** For people: a line a frame, and one a step. */
    static String text(Way way) {
        StringBuilder text = new StringBuilder(String.format("frame %d  %s%n", way.frame, way.packet));
        for (Step step : way.way) {
            String station = step.station == null ? "(load balancer)" : step.station;
            text.append(String.format("  %-14s %s%n", station, step.fate));
            if (step.packet != null) {
                String where = step.next == null ? "" : "  -> " + step.next;
                text.append(String.format("  %-14s   %s%s%n", "", step.packet, where));
            }
        }
        return text.toString();
    }
}
