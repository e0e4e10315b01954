package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.walk.Outcome.Assumption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Every way that a packet can take, in the order of the rules; probabilities add up to 1.
 *
 * @param outcomes never empty
 */
public record Walk(PacketDescription packet, List<Outcome> outcomes) {
    /** What a packet suffers, in the words of contract/cli.md. */
    public enum Kind {
        DNAT,
        ACCEPT,
        REJECT,
        DROP,
        UNKNOWN
    }

    public Walk {
        outcomes = List.copyOf(outcomes);
    }

    public static Kind kindOf(Outcome outcome) {
        return switch (outcome.fate()) {
            case Outcome.Fate.Accepted accepted -> outcome.endpoint().isPresent() ? Kind.DNAT : Kind.ACCEPT;
            case Outcome.Fate.Dropped dropped -> Kind.DROP;
            case Outcome.Fate.Rejected rejected -> Kind.REJECT;
            case Outcome.Fate.Unknown unknown -> Kind.UNKNOWN;
        };
    }

    /** The kinds of all outcomes, in the order of {@link Kind}. */
    public Set<Kind> kinds() {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        outcomes.forEach(outcome -> kinds.add(kindOf(outcome)));
        return kinds;
    }

    /** The one kind that every branch comes to, or UNKNOWN. */
    public Kind kind() {
        Set<Kind> kinds = kinds();
        return kinds.size() == 1 ? kinds.iterator().next() : Kind.UNKNOWN;
    }

    /** Why the kind is not one: the undecided terms whose answer changes it, and targets of unknown effect. */
    public List<String> because() {
        Set<String> reasons = new LinkedHashSet<>();
        for (Outcome outcome : outcomes) {
            if (outcome.fate() instanceof Outcome.Fate.Unknown unknown) {
                reasons.add(unknown.because());
            }
        }
        reasons.addAll(undecided(Walk::kindOf));
        if (reasons.isEmpty() && kinds().size() > 1) {
            outcomes.forEach(
                    outcome -> outcome.assumptions().forEach(assumption -> reasons.add(assumption.toString())));
        }
        if (reasons.isEmpty() && kinds().size() > 1) {
            reasons.add("a random draw decides");
        }
        return new ArrayList<>(reasons);
    }

    /**
     * The undecided terms whose answer changes something, each with why it is not known.
     *
     * @param aspect what of an outcome is looked at
     */
    public List<String> undecided(Function<Outcome, Object> aspect) {
        Map<String, Map<Boolean, Set<Object>>> byTerm = new LinkedHashMap<>();
        for (Outcome outcome : outcomes) {
            for (Assumption assumption : outcome.assumedOnSomeWay()) {
                byTerm.computeIfAbsent(assumption.toString(), term -> new LinkedHashMap<>())
                        .computeIfAbsent(assumption.holds(), holds -> new HashSet<>())
                        .add(aspect.apply(outcome));
            }
        }
        return byTerm.entrySet().stream()
                .filter(term -> term.getValue().size() == 2)
                .filter(term ->
                        !term.getValue().get(true).equals(term.getValue().get(false)))
                .map(Map.Entry::getKey)
                .toList();
    }
}
