package io.vipline.tools.explain;

import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Outcome.Assumption;
import io.vipline.rules.chain.walk.Walk;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What the verdict alone does not show to be open: whether a packet whose way can't be fully told is masqueraded. */
final class Doubts {
    private Doubts() {}

    /** Terms whose answer decides about the masquerade, whatever the verdict is. */
    static Stream<String> of(Walk walk) {
        Map<Assumption, Set<Boolean>> masquerades = new LinkedHashMap<>();
        boolean interfaceUnknown = false;
        for (Outcome outcome : walk.outcomes()) {
            for (Assumption assumption : outcome.assumptions()) {
                masquerades.computeIfAbsent(assumption, key -> new HashSet<>()).add(outcome.masquerades());
                interfaceUnknown |= assumption.because().contains("interface by which the packet arrives");
            }
        }
        Stream<String> doubts = masquerades.entrySet().stream()
                .filter(entry -> entry.getKey().holds() && entry.getValue().equals(Set.of(true)))
                .map(Map.Entry::getKey)
                .filter(held -> masquerades
                        .getOrDefault(new Assumption(held.term(), held.because(), false), Set.of())
                        .contains(false))
                .map(held -> "masqueraded only if " + held.term() + ", and " + held.because());
        return interfaceUnknown
                ? Stream.concat(doubts, Stream.of("'in NAME' ahead of the packet says by which interface it arrives"))
                : doubts;
    }
}
