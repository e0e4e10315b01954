package io.vipline.tools.explain;

import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Walk;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a packet's fate can't be told from what was given: the terms that nobody can decide, as far as the verdict, the
 * endpoints or the masquerade depend on them.
 *
 * @param because null if all is known
 * @param isAnyEndpointOpen whether such terms decide to which endpoints the packet goes
 * @param isMasqueradeOpen whether such terms decide for some packet whether it is masqueraded
 */
record Doubts(String because, boolean isAnyEndpointOpen, boolean isMasqueradeOpen) {
    private record Way(Object endpoint, Object source) {}

    static Doubts of(Walk walk) {
        Set<String> reasons = new LinkedHashSet<>();
        boolean isUnknown = walk.kind() == Walk.Kind.UNKNOWN;
        if (isUnknown) {
            reasons.addAll(walk.because());
        }
        List<String> ofEndpoints = walk.undecided(Outcome::endpoint);
        List<String> ofSources = walk.undecided(outcome -> new Way(outcome.endpoint(), outcome.source()));
        reasons.addAll(ofEndpoints);
        reasons.addAll(ofSources);
        return new Doubts(
                reasons.isEmpty() ? null : String.join("; ", reasons),
                !ofEndpoints.isEmpty() || isUnknown && hasAssumptions(walk.outcomes()),
                !ofSources.isEmpty());
    }

    /** Whether the packet is masqueraded on these ways: null if that depends on what can't be told. */
    Boolean masquerade(List<Outcome> ways) {
        List<Outcome> leaving = ways.stream()
                .filter(way -> way.fate() instanceof Outcome.Fate.Accepted)
                .toList();
        boolean some = leaving.stream().anyMatch(Outcome::masquerades);
        boolean all = leaving.stream().allMatch(Outcome::masquerades);
        return some && !all && isMasqueradeOpen && hasAssumptions(leaving) ? null : (Boolean) some;
    }

    /** Whether the packet is masqueraded on its way to some endpoint, or in passing. */
    Boolean masquerade(Walk walk, List<Explanation.Endpoint> endpoints) {
        if (endpoints.isEmpty()) {
            return masquerade(walk.outcomes());
        }
        boolean some = endpoints.stream().anyMatch(endpoint -> Boolean.TRUE.equals(endpoint.masquerade()));
        boolean open = endpoints.stream().anyMatch(endpoint -> endpoint.masquerade() == null);
        return open && !some ? null : (Boolean) some;
    }

    private static boolean hasAssumptions(List<Outcome> ways) {
        return ways.stream().anyMatch(outcome -> !outcome.assumptions().isEmpty());
    }
}
