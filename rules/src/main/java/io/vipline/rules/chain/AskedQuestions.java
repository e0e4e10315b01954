package io.vipline.rules.chain;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which questions the rules of a rule set ask, and from where on: an answer need be kept only as long as somebody asks.
 * Looks at the rules when first asked. Safe to share between threads.
 */
public final class AskedQuestions {
    private final Ruleset ruleset;
    private final Map<Question, Integer> timesAsked = new HashMap<>();
    private final Map<Question.Kind, Integer> timesByKind = new EnumMap<>(Question.Kind.class);
    private final Map<Hook, List<Set<Question>>> ahead = new EnumMap<>(Hook.class);
    private boolean counted;

    public AskedQuestions(Ruleset ruleset) {
        this.ruleset = ruleset;
    }

    private void countAll() {
        if (counted) {
            return;
        }
        counted = true;
        for (String table : ruleset.tables()) {
            for (Chain chain : ruleset.chains(table)) {
                for (Rule rule : chain.rules()) {
                    rule.matches().forEach(this::count);
                }
            }
        }
    }

    private void count(Match match) {
        Question.of(match).ifPresent(question -> {
            timesAsked.merge(question, 1, Integer::sum);
            timesByKind.merge(question.kind(), 1, Integer::sum);
        });
    }

    /** Whether another term may ask it, or one that its answer decides. */
    public synchronized boolean isAskedAgain(Question question) {
        countAll();
        Integer times =
                question.kind() == Question.Kind.TERM ? timesAsked.get(question) : timesByKind.get(question.kind());
        return times != null && times > 1;
    }

    /** What may be asked from this base chain of the hook on, the chains that it calls and later hooks included. */
    public synchronized Set<Question> from(Hook hook, int baseIndex) {
        List<Set<Question>> ofHook = ahead.computeIfAbsent(hook, this::ofHook);
        return ofHook.get(Math.min(baseIndex, ofHook.size() - 1));
    }

    /** For each base chain what is asked from there on; last, what only later hooks ask. */
    private List<Set<Question>> ofHook(Hook hook) {
        Set<Question> asked = new HashSet<>();
        for (Hook later : after(hook)) {
            ruleset.baseChains(later).forEach(chain -> collect(chain, asked));
        }
        List<Set<Question>> lastFirst = new ArrayList<>(List.of(Set.copyOf(asked)));
        for (Chain chain : ruleset.baseChains(hook).reversed()) {
            collect(chain, asked);
            lastFirst.add(Set.copyOf(asked));
        }
        return lastFirst.reversed();
    }

    private static List<Hook> after(Hook hook) {
        return switch (hook) {
            case PREROUTING -> List.of(Hook.INPUT, Hook.FORWARD, Hook.POSTROUTING);
            // what the node sends to itself comes in again
            case OUTPUT -> List.of(Hook.POSTROUTING, Hook.PREROUTING, Hook.INPUT);
            case POSTROUTING -> List.of(Hook.PREROUTING, Hook.INPUT);
            case FORWARD -> List.of(Hook.POSTROUTING);
            case INPUT -> List.of();
        };
    }

    private void collect(Chain base, Set<Question> asked) {
        Set<String> seen = new HashSet<>();
        Deque<Chain> open = new ArrayDeque<>(List.of(base));
        while (!open.isEmpty()) {
            for (Rule rule : open.remove().rules()) {
                rule.matches().forEach(match -> Question.of(match).ifPresent(asked::add));
                String next = switch (rule.target()) {
                    case Target.Jump(String name) -> name;
                    case Target.Goto(String name) -> name;
                    default -> null;
                };
                if (next != null && seen.add(next)) {
                    ruleset.chain(base.table(), next).ifPresent(open::add);
                }
            }
        }
    }
}
