package io.vipline.tools.explain;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Step;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.tools.explain.Waypoint.Kind;
import io.vipline.tools.explain.Waypoint.Passing;
import io.vipline.tools.explain.Waypoint.RuleAt;
import java.util.BitSet;
import java.util.List;

/** Puts the places of a {@link WayTree} into words. */
final class Itinerary {
    private final Walk walk;
    /** Where each outcome goes in the end. */
    private final List<String> labels;
    /** Something unknown decides: then shares of a draw say nothing. */
    private final boolean unknown;

    private Itinerary(Walk walk) {
        this.walk = walk;
        labels = walk.outcomes().stream().map(Itinerary::label).toList();
        unknown = walk.outcomes().stream()
                .anyMatch(outcome -> !outcome.assumptions().isEmpty());
    }

    /** Hooks, and the routing decisions between them. */
    static List<Waypoint> of(Walk walk) {
        WayTree.Place root = WayTree.of(walk);
        return new Itinerary(walk).within(root);
    }

    private static String label(Outcome outcome) {
        return Walk.kindOf(outcome) == Walk.Kind.DNAT
                ? outcome.endpoint().orElseThrow().toString()
                : Walk.kindOf(outcome).name();
    }

    private List<Waypoint> within(WayTree.Place place) {
        return place.children().stream().map(child -> waypoint(child, place)).toList();
    }

    private Waypoint waypoint(WayTree.Place place, WayTree.Place parent) {
        Passing passing = passing(place.outcomes, parent.outcomes);
        List<Waypoint> then = within(place);
        return switch (place.what) {
            case null -> new Waypoint(Kind.ROUTING, "ROUTING", null, null, null, null, passing, then);
            case Step.AtHook(var hook) -> new Waypoint(Kind.HOOK, hook.name(), null, null, null, null, passing, then);
            case Step.Routed routed ->
                new Waypoint(Kind.ROUTING, null, null, decision(routed), null, null, passing, then);
            case Chain chain -> new Waypoint(Kind.CHAIN, null, RuleAt.of(chain), null, null, null, passing, then);
            case Step.Matched m ->
                new Waypoint(Kind.MATCHED, null, at(m), m.outcome(), assumed(m), null, passing, then);
            case Step.Missed m -> {
                String term = RuleText.term(m.chain(), m.failed());
                RuleAt at = RuleAt.of(m.chain(), m.index());
                yield new Waypoint(Kind.MISSED, null, at, null, term, m.because(), passing, then);
            }
            case Step.Assumed a -> {
                RuleAt at = RuleAt.of(a.chain(), a.index());
                yield new Waypoint(Kind.ASSUMED, null, at, null, a.condition(), null, passing, then);
            }
            case Step.Policy p ->
                new Waypoint(Kind.POLICY, null, null, p.accepts() ? "ACCEPT" : "DROP", null, null, passing, then);
            default -> throw new IllegalStateException("no place is " + place.what);
        };
    }

    private static RuleAt at(Step.Matched matched) {
        return RuleAt.of(matched.chain(), matched.index());
    }

    /** The term that was taken to hold, if it is one of this very rule. */
    private static String assumed(Step.Matched matched) {
        boolean here = matched.rule().matches().stream()
                .anyMatch(match -> RulesetPrinter.term(match).equals(matched.condition()));
        return here ? matched.condition() : null;
    }

    private static String decision(Step.Routed routed) {
        String by = routed.outInterface().map(name -> ": by " + name).orElse("");
        return routed.destination() + (routed.local() ? " is the node's own" : " is elsewhere" + by);
    }

    private Passing passing(BitSet these, BitSet all) {
        List<String> here = labels(these);
        if (these.cardinality() == all.cardinality()) {
            return new Passing(null, List.of());
        }
        double share = these.stream()
                .mapToDouble(index -> walk.outcomes().get(index).probability())
                .sum();
        return new Passing(unknown ? null : Explanation.rounded(share), here.equals(labels(all)) ? List.of() : here);
    }

    private List<String> labels(BitSet outcomes) {
        return outcomes.stream().mapToObj(labels::get).distinct().toList();
    }
}
