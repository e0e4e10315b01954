package io.vipline.tools.explain;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Step;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What happens to a packet, and why, in the shape of contract/cli.md. From {@code resolved} on it is more than the
 * contract asks for.
 *
 * @param packet as it was asked for
 * @param service null if the packet is of none
 * @param endpoints every reachable one; of a packet that is refused in the end, those that it had been translated to
 * @param path the rules that matched on any branch, in the order in which they are met
 * @param possible only if the verdict is UNKNOWN
 * @param because why the verdict is UNKNOWN, or which endpoints are reached, or whether the packet is masqueraded; null
 *     if all is known
 * @param masquerade null if what can't be told decides about it
 * @param resolved the packet with addresses in place of names
 * @param from whose the source is; null if nobody's in the cluster, as {@code to}
 * @param way hook by hook, rule within rule, with the rules that nearly matched
 * @param hints why it is so, and what would change it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"packet", "verdict", "possible", "because", "service", "endpoints", "masquerade", "path"})
public record Explanation(
        String packet,
        String verdict,
        List<String> possible,
        String because,
        @JsonInclude(JsonInclude.Include.ALWAYS) String service,
        List<Endpoint> endpoints,
        @JsonInclude Boolean masquerade,
        List<PathStep> path,
        String resolved,
        String from,
        String to,
        List<Waypoint> way,
        List<String> hints) {
    private static final double NINE_DIGITS = 1e9;

    /**
     * Where the packet may go.
     *
     * @param probability null if what can't be told decides whether it goes there
     * @param masquerade null if what can't be told decides about it
     * @param source what it leaves with if it is masqueraded; null if that is not known
     * @param because why it is masqueraded
     * @param is whose the address is
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Endpoint(
            String address,
            @JsonInclude Double probability,
            @JsonInclude Boolean masquerade,
            String source,
            String because,
            String is) {}

    /** A rule that matched. @param outcome what its target did */
    public record PathStep(String table, String chain, String rule, String origin, String outcome) {}

    private record RulePlace(String table, String chain, int index) {}

    /** What turns addresses into words: where the node is, and who is where. */
    public record Surroundings(NodeNetwork network, AddressBook addresses) {
        String ownerOrNull(IpAddress address) {
            return addresses.ownerOf(address).orElse(network.isLocal(address) ? "the node itself" : null);
        }
    }

    /** @param line the packet as it was asked for */
    public static Explanation of(String line, Walk walk, Surroundings surroundings, List<String> hints) {
        boolean isUnknown = walk.kind() == Walk.Kind.UNKNOWN;
        PacketDescription packet = walk.packet();
        Doubts doubts = Doubts.of(walk);
        List<Endpoint> endpoints = new ReachedEndpoints(walk, doubts, surroundings).all();
        return new Explanation(
                line,
                walk.kind().name(),
                isUnknown ? walk.kinds().stream().map(Enum::name).toList() : null,
                doubts.because(),
                walk.outcomes().stream()
                        .map(Outcome::service)
                        .filter(service -> !service.isEmpty())
                        .findFirst()
                        .orElse(null),
                endpoints,
                doubts.masquerade(walk, endpoints),
                path(walk),
                PacketText.of(packet),
                surroundings.ownerOrNull(packet.source()),
                surroundings.ownerOrNull(packet.destination()),
                Itinerary.of(walk),
                Stream.of(masqueradedInPassing(walk), granted(walk), hints.stream())
                        .flatMap(Function.identity())
                        .toList());
    }

    /** Of a packet of whose family no rules were given. */
    public static Explanation withoutRules(String line, PacketDescription packet) {
        return new Explanation(
                line,
                Walk.Kind.UNKNOWN.name(),
                Stream.of(Walk.Kind.values())
                        .filter(kind -> kind != Walk.Kind.UNKNOWN)
                        .map(Enum::name)
                        .toList(),
                "no dump of " + packet.source().family().text() + " rules was given: --rules takes several",
                null,
                List.of(),
                false,
                List.of(),
                PacketText.of(packet),
                null,
                null,
                List.of(),
                List.of());
    }

    /** What was taken for granted because nobody said otherwise. */
    private static Stream<String> granted(Walk walk) {
        return walk.outcomes().stream()
                .flatMap(outcome -> outcome.trail().steps().stream())
                .flatMap(step -> step instanceof Step.Granted(String what) ? Stream.of(what) : Stream.empty())
                .distinct()
                .map(what -> "taken for granted: " + what);
    }

    /** Why a packet is masqueraded that no Service has. */
    private static Stream<String> masqueradedInPassing(Walk walk) {
        return walk.outcomes().stream()
                .filter(outcome -> outcome.endpoint().isEmpty())
                .flatMap(outcome -> MasqueradeReason.of(outcome).stream())
                .distinct()
                .map(reason -> "masqueraded: " + reason);
    }

    static double rounded(double probability) {
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
                RuleText.whole(matched.chain(), matched.index()),
                matched.rule().origin().toString(),
                matched.outcome());
    }
}
