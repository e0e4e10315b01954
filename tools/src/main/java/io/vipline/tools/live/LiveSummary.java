package io.vipline.tools.live;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.frame.live.DeviceCounter;
import io.vipline.dataplane.frame.live.LiveDevice;
import io.vipline.dataplane.frame.live.LivePath;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a live run came to. Always {@code frames = forwarded + rejected + Σ dropped + Σ consumed}; counts that are 0 are
 * left out of the maps.
 *
 * @param withheld errors that the kernel's rate limit kept the node from sending
 * @param interfaces counters of each device, by its name
 * @param lost frames that the forwarder never saw, for want of room in the ring to it
 * @param undeliverable frames that were forwarded to a device that is gone
 */
public record LiveSummary(
        long frames,
        long bytes,
        long forwarded,
        long translated,
        long rejected,
        Map<String, Long> dropped,
        Map<String, Long> consumed,
        Map<String, Long> generated,
        Map<String, Long> withheld,
        long flows,
        Map<String, Map<String, Long>> interfaces,
        long lost,
        long undeliverable) {

    /** @throws IllegalStateException if the frames do not add up, which is a fault of ours */
    public static LiveSummary of(LivePath path, List<? extends LiveDevice> devices) {
        Counters counters = path.counters();
        if (!counters.isConserved()) {
            throw new IllegalStateException("frames do not add up: a fault of ours");
        }
        Map<String, Map<String, Long>> interfaces = new LinkedHashMap<>();
        for (LiveDevice device : devices) {
            Map<String, Long> counts = new LinkedHashMap<>();
            for (DeviceCounter counter : DeviceCounter.values()) {
                put(counts, counter, device.counters().get(counter));
            }
            interfaces.put(device.name(), counts);
        }
        LivePath.Losses losses = path.losses();
        return new LiveSummary(
                counters.frames,
                counters.bytes,
                counters.forwarded,
                counters.translated,
                counters.rejected,
                named(DropReason.values(), counters.dropped),
                named(ConsumedReason.values(), counters.consumed),
                named(GeneratedKind.values(), counters.generated),
                named(GeneratedKind.values(), counters.withheld),
                counters.flows,
                interfaces,
                losses.beforeForwarder(),
                losses.undeliverable());
    }

    private static Map<String, Long> named(Enum<?>[] names, long[] counts) {
        Map<String, Long> named = new LinkedHashMap<>();
        for (Enum<?> name : names) {
            put(named, name, counts[name.ordinal()]);
        }
        return named;
    }

    private static void put(Map<String, Long> counts, Enum<?> name, long count) {
        if (count != 0) {
            counts.put(name.name(), count);
        }
    }

    /** For people. */
    public void print(PrintWriter out) {
        row(out, "FRAMES", frames);
        row(out, "FORWARDED", forwarded);
        row(out, "TRANSLATED", translated);
        row(out, "REJECTED", rejected);
        row(out, "FLOWS", flows);
        rows(out, "DROPPED", dropped);
        rows(out, "CONSUMED", consumed);
        rows(out, "GENERATED", generated);
        rows(out, "WITHHELD", withheld);
        interfaces.forEach((name, counts) -> rows(out, name, counts));
        row(out, "LOST", lost);
        row(out, "UNDELIVERABLE", undeliverable);
    }

    private static void rows(PrintWriter out, String group, Map<String, Long> counts) {
        counts.forEach((name, count) -> row(out, group + " " + name, count));
    }

    private static void row(PrintWriter out, String name, long count) {
        out.printf("%-44s %15d%n", name, count);
    }
}
