package io.vipline.tools.explain;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Step;
import io.vipline.rules.chain.walk.Walk;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What happens to a packet, and why, in the shape of contract/cli.md.
 *
 * @param endpoints every reachable one; of a packet that is refused in the end, those that it had been translated to
 * @param path the rules that matched on any branch, in the order in which they are met
 * @param possible only if the verdict is UNKNOWN, as {@code because}
 * @param hints what would change the fate
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"packet", "verdict", "possible", "because", "service", "endpoints", "masquerade", "path", "hints"})
public record Explanation(
        String packet,
        String verdict,
        List<String> possible,
        String because,
        String service,
        List<Endpoint> endpoints,
        boolean masquerade,
        List<PathStep> path,
        List<String> hints) {
    private static final double NINE_DIGITS = 1e9;

    public record Endpoint(String address, double probability, boolean masquerade) {}

    /** A rule that matched. @param outcome what its target did */
    public record PathStep(String table, String chain, String rule, String origin, String outcome) {}

    private record RulePlace(String table, String chain, int index) {}

    public static Explanation of(String packet, Walk walk, List<String> hints) {
        boolean isUnknown = walk.kind() == Walk.Kind.UNKNOWN;
        return new Explanation(
                packet,
                walk.kind().name(),
                isUnknown ? walk.kinds().stream().map(Enum::name).toList() : null,
                isUnknown ? String.join("; ", walk.because()) : null,
                walk.outcomes().stream()
                        .map(Outcome::service)
                        .filter(service -> !service.isEmpty())
                        .findFirst()
                        .orElse(null),
                endpoints(walk),
                walk.outcomes().stream().anyMatch(Outcome::masquerades),
                path(walk),
                hints);
    }

    private static List<Endpoint> endpoints(Walk walk) {
        Map<String, Endpoint> byAddress = new LinkedHashMap<>();
        for (Outcome outcome : walk.outcomes()) {
            outcome.endpoint()
                    .ifPresent(endpoint -> byAddress.merge(
                            endpoint.toString(),
                            new Endpoint(endpoint.toString(), outcome.probability(), outcome.masquerades()),
                            (a, b) -> new Endpoint(
                                    a.address(), a.probability() + b.probability(), a.masquerade() || b.masquerade())));
        }
        return byAddress.values().stream()
                .map(e -> new Endpoint(e.address(), rounded(e.probability()), e.masquerade()))
                .toList();
    }

    private static double rounded(double probability) {
        return Math.round(probability * NINE_DIGITS) / NINE_DIGITS;
    }

    private static List<PathStep> path(Walk walk) {
        Set<RulePlace> seen = new LinkedHashSet<>();
        List<PathStep> path = new ArrayList<>();
        for (Outcome outcome : walk.outcomes()) {
            for (Step step : outcome.trail().steps()) {
                if (step instanceof Step.Matched matched
                        && seen.add(new RulePlace(
                                matched.chain().table(), matched.chain().name(), matched.index()))) {
                    path.add(pathStep(matched));
                }
            }
        }
        return path;
    }

    private static PathStep pathStep(Step.Matched matched) {
        return new PathStep(
                matched.chain().table(),
                matched.chain().name(),
                RulesetPrinter.rule(matched.chain().name(), matched.rule()),
                matched.rule().origin().toString(),
                matched.outcome());
    }
}
