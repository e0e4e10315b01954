package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.AskedQuestions;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A rule set whose chains are indexed when they are first met. */
final class IndexedRuleset {
    final Ruleset ruleset;
    private final Map<String, Map<String, ChainIndex>> tables = new HashMap<>();
    private final Map<Hook, List<ChainIndex>> baseChains = new EnumMap<>(Hook.class);

    /** What rules ask that packets may not answer. */
    final AskedQuestions asked;

    /** Null until somebody asks. */
    private Boolean setsConnectionMark;

    private final int size;

    IndexedRuleset(Ruleset ruleset) {
        this.ruleset = ruleset;
        this.asked = new AskedQuestions(ruleset);
        this.size = ruleset.tables().stream()
                .flatMap(table -> ruleset.chains(table).stream())
                .mapToInt(chain -> chain.rules().size())
                .sum();
        for (Hook hook : Hook.values()) {
            List<Chain> chains = ruleset.baseChains(hook);
            baseChains.put(hook, chains.stream().map(this::index).toList());
        }
    }

    /** Whether some rule gives connections a mark. */
    boolean setsConnectionMark() {
        if (setsConnectionMark == null) {
            setsConnectionMark = ruleset.tables().stream()
                    .flatMap(table -> ruleset.chains(table).stream())
                    .flatMap(chain -> chain.rules().stream())
                    .anyMatch(rule -> rule.target() instanceof Target.ConnectionMark mark
                            && mark.operation() != Target.MarkOperation.RESTORE);
        }
        return setsConnectionMark;
    }

    /** Number of rules. */
    int size() {
        return size;
    }

    List<ChainIndex> baseChains(Hook hook) {
        return baseChains.get(hook);
    }

    /** @return null if there is no such chain */
    ChainIndex chain(String table, String name) {
        ChainIndex known =
                tables.computeIfAbsent(table, unseen -> new HashMap<>()).get(name);
        return known != null
                ? known
                : ruleset.chain(table, name).map(this::index).orElse(null);
    }

    /** @return null if the rule calls no chain, or one that is not there */
    ChainIndex called(IndexedRule rule, String table) {
        if (rule.called == null) {
            rule.called = switch (rule.rule.target()) {
                case Target.Jump(String name) -> chain(table, name);
                case Target.Goto(String name) -> chain(table, name);
                default -> null;
            };
        }
        return rule.called;
    }

    private ChainIndex index(Chain chain) {
        ChainIndex index = new ChainIndex(chain);
        tables.computeIfAbsent(chain.table(), unseen -> new HashMap<>()).put(chain.name(), index);
        return index;
    }
}
