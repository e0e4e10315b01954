package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Match;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The lists of the {@code recent} match. Verdicts tell which lists take a source in only for packets that are translated,
 * so a list that rules of other hooks than NAT's fill, or that rules take sources out of, is not known here.
 */
final class RecentLists {
    private final Map<String, Integer> numbers = new LinkedHashMap<>();
    private final Set<String> unknown = new HashSet<>();

    /** Must see every rule before any of its terms is asked, and again once packets reach it by other hooks than NAT's. */
    void collect(IndexedRule rule) {
        for (Match match : rule.matches) {
            if (match instanceof Match.Recent recent) {
                collect(recent, !rule.chain.isReachedByFilters());
            }
        }
    }

    private void collect(Match.Recent recent, boolean onlyByNat) {
        numbers.putIfAbsent(recent.list(), numbers.size());
        boolean kept = switch (recent.operation()) {
            case SET -> onlyByNat;
            case RCHECK -> true;
            case UPDATE, REMOVE -> false;
        };
        if (!kept) {
            unknown.add(recent.list());
        }
    }

    int number(String list) {
        return numbers.get(list);
    }

    /** Number of lists that nobody can tell the content of. */
    int unknown() {
        return unknown.size();
    }

    int count() {
        return numbers.size();
    }

    Term ask(Match.Recent match, Symbolic packet) {
        if (match.operation() == Match.RecentOperation.SET) {
            return Term.fixed(!match.negated());
        }
        if (unknown.contains(match.list())) {
            return new Term.Undecidable("what the recent list " + match.list() + " holds is not known", match);
        }
        int number = number(match.list());
        return packet.recentSet().contains(number)
                ? Term.fixed(!match.negated())
                : new Term.Listed(number, match.seconds(), match.reap(), match.negated());
    }
}
