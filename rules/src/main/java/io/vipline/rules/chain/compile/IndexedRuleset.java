package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.AskedQuestions;
import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Question;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The rules of one address family in a form that can be evaluated and changed, rule by rule. */
final class IndexedRuleset {
    final IpFamily family;
    private final Map<String, Map<String, ChainIndex>> tables = new LinkedHashMap<>();
    private final Map<Hook, List<ChainIndex>> baseChains = new EnumMap<>(Hook.class);
    private int size;

    private final Map<IndexedRule, List<Question>> asking = new HashMap<>();
    /** Null until somebody asks. */
    private AskedQuestions asked;

    IndexedRuleset(IpFamily family) {
        this.family = family;
        for (Hook hook : Hook.values()) {
            baseChains.put(hook, new ArrayList<>());
        }
    }

    /** Rules that ask what packets may not answer. */
    Map<IndexedRule, List<Question>> asking() {
        return asking;
    }

    /** What rules ask that packets may not answer, as of the last {@link #forgetAsked}. */
    AskedQuestions asked() {
        if (asked == null) {
            asked = new AskedQuestions(asTheyAre());
        }
        return asked;
    }

    void forgetAsked() {
        asked = null;
    }

    private Ruleset asTheyAre() {
        Ruleset.Builder builder = Ruleset.builder(family);
        for (Map<String, ChainIndex> table : tables.values()) {
            for (ChainIndex chain : table.values()) {
                if (chain.present) {
                    List<Rule> rules = new ArrayList<>(chain.size());
                    for (int i = 0; i < chain.size(); i++) {
                        rules.add(chain.rule(i).rule);
                    }
                    builder.put(new Chain(chain.table, chain.name, Optional.ofNullable(chain.base), rules));
                }
            }
        }
        return builder.build();
    }

    /** Number of rules. */
    int size() {
        return size;
    }

    /** In the order in which a packet meets them. */
    List<ChainIndex> baseChains(Hook hook) {
        return baseChains.get(hook);
    }

    /** The chain of that name, there or not. */
    ChainIndex chain(String table, String name) {
        return tables.computeIfAbsent(table, unseen -> new LinkedHashMap<>())
                .computeIfAbsent(name, unseen -> new ChainIndex(table, name));
    }

    /** Adds a chain that is not there, without its rules. @return the chain, empty */
    ChainIndex declare(Chain chain) {
        ChainIndex index = chain(chain.table(), chain.name());
        index.present = true;
        index.base = chain.base().orElse(null);
        if (index.base != null) {
            List<ChainIndex> chains = baseChains.get(index.base.hook());
            int at = chains.size();
            while (at > 0 && chains.get(at - 1).base.priority() > index.base.priority()) {
                at--;
            }
            chains.add(at, index);
        }
        return index;
    }

    /** Forgets a chain without rules. */
    void forget(ChainIndex chain) {
        chain.present = false;
        BaseChain base = chain.base;
        if (base != null) {
            baseChains.get(base.hook()).remove(chain);
            chain.base = null;
        }
        dropIfUnknown(chain);
    }

    /** What is neither there nor called need not be known. */
    private void dropIfUnknown(ChainIndex chain) {
        if (!chain.present && chain.callers().isEmpty()) {
            tables.get(chain.table).remove(chain.name);
        }
    }

    IndexedRule add(ChainIndex chain, Rule rule, long rank) {
        ChainIndex called = switch (rule.target()) {
            case Target.Jump(String name) -> chain(chain.table, name);
            case Target.Goto(String name) -> chain(chain.table, name);
            default -> null;
        };
        IndexedRule added = new IndexedRule(rule, chain, rank, called);
        chain.add(added);
        List<Question> questions = rule.matches().stream()
                .flatMap(match -> Question.of(match).stream())
                .toList();
        if (!questions.isEmpty()) {
            asking.put(added, questions);
        }
        size++;
        return added;
    }

    IndexedRule remove(ChainIndex chain, long rank) {
        IndexedRule removed = chain.remove(rank);
        size--;
        asking.remove(removed);
        if (removed.called != null) {
            dropIfUnknown(removed.called);
        }
        return removed;
    }
}
