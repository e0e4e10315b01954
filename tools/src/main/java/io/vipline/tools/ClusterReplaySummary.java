package io.vipline.tools;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.underlay.Fates;
import io.vipline.dataplane.underlay.Station;
import io.vipline.dataplane.underlay.Underlay;
import io.vipline.tools.ReplaySummary.ServiceCount;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What a replay through all nodes came to. The counts on top are of the capture's frames, each once, where its way ended:
 * {@code frames = forwarded + rejected + Σ dropped + Σ consumed}; those of a node are of all frames that came to it.
 *
 * @param generated frames that stations made
 * @param withheld errors that the kernel's rate limit kept them from sending
 * @param hops how often a frame went from one station to another
 * @param sha256 of the file written; null if none was
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record ClusterReplaySummary(
        long frames,
        long bytes,
        long forwarded,
        long rejected,
        Map<String, Long> dropped,
        Map<String, Long> consumed,
        Map<String, Long> generated,
        Map<String, Long> withheld,
        long flows,
        long hops,
        List<NodeCount> nodes,
        String sha256) {
    /** @param node its name, or that of the load balancer */
    record NodeCount(
            String node,
            long frames,
            long forwarded,
            long translated,
            long rejected,
            Map<String, Long> dropped,
            Map<String, Long> consumed,
            Map<String, Long> generated,
            Map<String, Long> withheld,
            long flows,
            List<ServiceCount> services) {}

    static ClusterReplaySummary of(Underlay underlay) {
        Fates total = underlay.total();
        List<NodeCount> nodes =
                underlay.stations().stream().map(ClusterReplaySummary::count).toList();
        boolean isConserved = total.isConserved()
                && underlay.stations().stream()
                        .allMatch(station -> station.counters().isConserved());
        if (!isConserved) {
            throw new IllegalStateException("frames do not add up: a fault of ours");
        }
        return new ClusterReplaySummary(
                total.frames(),
                underlay.bytes(),
                total.forwarded(),
                total.rejected(),
                ReplaySummary.named(DropReason.values(), total.dropped()),
                ReplaySummary.named(ConsumedReason.values(), total.consumed()),
                sum(nodes, NodeCount::generated),
                sum(nodes, NodeCount::withheld),
                nodes.stream().mapToLong(NodeCount::flows).sum(),
                underlay.hops(),
                nodes,
                null);
    }

    private static Map<String, Long> sum(List<NodeCount> nodes, Function<NodeCount, Map<String, Long>> counts) {
        Map<String, Long> sum = new TreeMap<>();
        nodes.forEach(node -> counts.apply(node).forEach((kind, count) -> sum.merge(kind, count, Long::sum)));
        return sum;
    }

    private static NodeCount count(Station station) {
        Counters counters = station.counters();
        return new NodeCount(
                station.name(),
                counters.frames,
                counters.forwarded,
                counters.translated,
                counters.rejected,
                ReplaySummary.named(DropReason.values(), counters.dropped),
                ReplaySummary.named(ConsumedReason.values(), counters.consumed),
                ReplaySummary.named(GeneratedKind.values(), counters.generated),
                ReplaySummary.named(GeneratedKind.values(), counters.withheld),
                counters.flows,
                ReplaySummary.services(counters, station.table()));
    }

    ClusterReplaySummary written(String sha256OfFile) {
        return new ClusterReplaySummary(
                frames,
                bytes,
                forwarded,
                rejected,
                dropped,
                consumed,
                generated,
                withheld,
                flows,
                hops,
                nodes,
                sha256OfFile);
    }

    /** For people. */
    void print(PrintWriter out) {
        row(out, "FRAMES", frames, "");
        row(out, "  forwarded", forwarded, hops + " times from one station to another");
        row(out, "  rejected", rejected, "");
        dropped.forEach((reason, count) -> row(
                out, "  dropped " + reason, count, DropReason.valueOf(reason).sentence()));
        consumed.forEach((reason, count) -> row(out, "  consumed " + reason, count, ""));
        generated.forEach((kind, count) -> row(out, "GENERATED " + kind, count, ""));
        withheld.forEach((kind, count) -> row(out, "WITHHELD " + kind, count, ""));
        row(out, "FLOWS", flows, "");
        out.printf(
                "%n%-20s %12s %12s %12s %12s %10s%n", "NODE", "FRAMES", "FORWARDED", "TRANSLATED", "REFUSED", "FLOWS");
        for (NodeCount node : nodes) {
            out.printf(
                    "%-20s %12d %12d %12d %12d %10d%n",
                    TerminalText.plain(node.node),
                    node.frames,
                    node.forwarded,
                    node.translated,
                    node.frames - node.forwarded,
                    node.flows);
        }
        if (sha256 != null) {
            out.println("sha256 " + sha256);
        }
    }

    private static void row(PrintWriter out, String title, long count, String remark) {
        out.println(String.format(Locale.ROOT, "%-34s %12d  %s", title, count, remark)
                .stripTrailing());
    }
}
