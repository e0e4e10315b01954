package io.vipline.tools;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.replay.ReplayResult;
import io.vipline.rules.table.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a replay came to, in the shape of contract/cli.md. Always {@code frames = forwarded + rejected + Σ dropped + Σ
 * consumed}.
 *
 * @param withheld errors that the kernel's rate limit kept the node from sending
 * @param evicted flows that a full connection table gave up for new ones
 * @param inexactClientReplies answers captured at the client that could not come out as captured, by cause
 * @param chiSquares of each Service's flows over its endpoints against an even spread
 * @param sha256 of the file written; null if none was
 */
@JsonPropertyOrder({"frames", "bytes", "forwarded", "translated", "rejected", "dropped", "consumed", "generated"})
@JsonInclude(JsonInclude.Include.ALWAYS)
record ReplaySummary(
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
        long evicted,
        List<ServiceCount> services,
        Map<String, Long> inexactClientReplies,
        double nanosPerFrame,
        double[] rounds,
        double steadyNanosPerFrame,
        long framesPerSecond,
        String sha256) {
    /** @param chiSquare of the flows over the endpoints; its degrees of freedom are one less than the endpoints */
    record ServiceCount(
            String service, long packets, long flows, double chiSquare, double pValue, List<EndpointCount> endpoints) {}

    record EndpointCount(String address, long packets, long flows) {}

    static ReplaySummary of(ReplayResult result, Table table, String sha256) {
        Counters counters = result.counters();
        if (!counters.isConserved()) {
            throw new IllegalStateException("frames do not add up: a fault of ours");
        }
        double nanos = result.nanosPerFrame();
        return new ReplaySummary(
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
                counters.evicted,
                services(counters, table),
                inexact(counters),
                rounded(nanos),
                roundedAll(result.rounds()),
                rounded(result.steadyNanosPerFrame()),
                nanos == 0 ? 0 : Math.round(1e9 / nanos),
                sha256);
    }

    static Map<String, Long> named(Enum<?>[] names, long[] counts) {
        Map<String, Long> named = new LinkedHashMap<>();
        for (Enum<?> name : names) {
            if (counts[name.ordinal()] > 0) {
                named.put(name.name(), counts[name.ordinal()]);
            }
        }
        return named;
    }

    private static Map<String, Long> inexact(Counters counters) {
        Map<String, Long> inexact = new LinkedHashMap<>();
        if (counters.clientRepliesWithTtl255 > 0) {
            inexact.put("TTL_255", counters.clientRepliesWithTtl255);
        }
        if (counters.clientRepliesWithOtherZero > 0) {
            inexact.put("OTHER_ZERO_CHECKSUM", counters.clientRepliesWithOtherZero);
        }
        return inexact;
    }

    static List<ServiceCount> services(Counters counters, Table table) {
        Map<String, List<EndpointCount>> byService = new TreeMap<>();
        for (int id = 0; id < table.endpoints(); id++) {
            String service = table.serviceOf(id).name();
            EndpointCount count = new EndpointCount(
                    table.endpoint(id).toString(), counters.endpointPackets[id], counters.endpointFlows[id]);
            byService.computeIfAbsent(service, name -> new ArrayList<>()).add(count);
        }
        List<ServiceCount> services = new ArrayList<>();
        byService.forEach((service, endpoints) -> {
            long packets = endpoints.stream().mapToLong(EndpointCount::packets).sum();
            if (packets > 0) {
                services.add(count(service, packets, endpoints));
            }
        });
        return services;
    }

    private static ServiceCount count(String service, long packets, List<EndpointCount> endpoints) {
        endpoints.sort(Comparator.comparing(EndpointCount::address));
        long[] flows = endpoints.stream().mapToLong(EndpointCount::flows).toArray();
        double chiSquare = Spread.chiSquare(flows);
        double pValue = Spread.pValue(chiSquare, flows.length - 1);
        long all = endpoints.stream().mapToLong(EndpointCount::flows).sum();
        return new ServiceCount(service, packets, all, rounded(chiSquare), rounded(pValue), endpoints);
    }

    private static double[] roundedAll(double[] values) {
        double[] rounded = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = rounded(values[i]);
        }
        return rounded;
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
