package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;
import java.util.ArrayDeque;
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

    /** Must see every rule set before any term is asked. */
    void collect(Ruleset ruleset) {
        for (String table : ruleset.tables()) {
            Set<String> filtering = reachedByFilters(ruleset, table);
            for (Chain chain : ruleset.chains(table)) {
                for (Rule rule : chain.rules()) {
                    for (Match match : rule.matches()) {
                        if (match instanceof Match.Recent recent) {
                            collect(recent, !filtering.contains(chain.name()));
                        }
                    }
                }
            }
        }
    }

    /** The chains of a table that packets reach by another hook than those of NAT. */
    private static Set<String> reachedByFilters(Ruleset ruleset, String table) {
        Set<String> reached = new HashSet<>();
        ArrayDeque<Chain> open = new ArrayDeque<>();
        for (Chain chain : ruleset.chains(table)) {
            if (chain.base().isPresent() && !chain.base().get().nat() && reached.add(chain.name())) {
                open.add(chain);
            }
        }
        while (!open.isEmpty()) {
            for (Rule rule : open.poll().rules()) {
                String next = switch (rule.target()) {
                    case Target.Jump(String name) -> name;
                    case Target.Goto(String name) -> name;
                    default -> "";
                };
                if (!next.isEmpty() && reached.add(next)) {
                    ruleset.chain(table, next).ifPresent(open::add);
                }
            }
        }
        return reached;
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
