package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Question;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.TupleMap;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules of one address family and the classes made of them. When a rule comes or goes, the classes that could see it
 * follow from the single values that it and the rules leading to it ask of the destination; if these leave the
 * destination open, all classes are made anew.
 */
final class FamilyCompiler {
    private static final int STATES = ClassKeys.STATES.size();
    private static final int ALL_STATES = (1 << STATES) - 1;
    private static final int ONLY_NEW = 1;
    /** Rules leading to a changed one that are looked at; beyond, all classes are made anew. */
    private static final int MAX_CLIMB = 10_000;

    private record Arrival(ChainIndex chain, int ways) {}

    /** A question that rules ask where packets come to them by these ways. */
    private record AskedAt(Question question, String table, int ways) {}

    final IndexedRuleset rules;
    private final NodeNetwork network;
    private final RecentLists recentLists;
    private final ClassKeys[] keys = new ClassKeys[STATES];
    private final int[] compiledDistinctions = new int[STATES];
    private final ClassTable[] tables = new ClassTable[STATES];
    /** Null until all classes were made once. */
    private ClassTableBuilder[] classes;

    private Map<AskedAt, Integer> compiledQuestions = Map.of();

    private Translations translations;
    private boolean everythingChanged = true;

    FamilyCompiler(IpFamily family, NodeNetwork network, RecentLists recentLists) {
        this.rules = new IndexedRuleset(family);
        this.network = network;
        this.recentLists = recentLists;
        for (int state = 0; state < STATES; state++) {
            keys[state] = new ClassKeys();
        }
    }

    /** Adds an empty chain. */
    ChainIndex declare(Chain chain) {
        ChainIndex declared = rules.declare(chain);
        touchCallers(declared);
        if (declared.base != null) {
            everythingChanged = true;
            int states = declared.base.nat() ? ONLY_NEW : ALL_STATES | ChainIndex.BY_FILTERS;
            follow(declared, states | ChainIndex.by(declared.base.hook()));
        }
        return declared;
    }

    /** Forgets a chain and its rules. */
    void forget(ChainIndex chain) {
        touchCallers(chain);
        everythingChanged |= chain.base != null;
        while (chain.size() > 0) {
            remove(chain, chain.rule(chain.size() - 1).rank);
        }
        rules.forget(chain);
    }

    void add(ChainIndex chain, Rule rule, long rank) {
        boolean asksFirst = chain.portKeys().isEmpty();
        IndexedRule added = rules.add(chain, rule, rank);
        collectLists(added);
        name(added, chain.reachedIn);
        touch(added, asksFirst && !chain.portKeys().isEmpty());
    }

    private void collectLists(IndexedRule rule) {
        int unknownLists = recentLists.unknown();
        recentLists.collect(rule);
        everythingChanged |= recentLists.unknown() > unknownLists;
    }

    void remove(ChainIndex chain, long rank) {
        IndexedRule removed = rules.remove(chain, rank);
        touch(removed, false);
        for (int state = 0; state < STATES; state++) {
            if (has(chain.reachedIn & removed.states, state)) {
                keys[state].remove(removed);
            }
        }
    }

    private static boolean has(int states, int state) {
        return (states >> state & 1) != 0;
    }

    /** Notes what a rule names for packets of these ways, and where it leads them. */
    private void name(IndexedRule rule, int ways) {
        count(rule, ways);
        if (rule.called != null) {
            follow(rule.called, rule.states & ways);
        }
    }

    private void count(IndexedRule rule, int ways) {
        for (int state = 0; state < STATES; state++) {
            if (has(rule.states & ways, state)) {
                keys[state].add(rule);
            }
        }
    }

    /** Where packets could not come before by these ways, rules begin to count. */
    private void follow(ChainIndex chain, int ways) {
        if ((ways & ~chain.reachedIn) == 0) {
            return;
        }
        Deque<Arrival> open = new ArrayDeque<>(List.of(new Arrival(chain, ways)));
        while (!open.isEmpty()) {
            Arrival arrival = open.remove();
            ChainIndex reached = arrival.chain();
            int fresh = arrival.ways() & ~reached.reachedIn;
            reached.reachedIn |= fresh;
            for (int i = 0; i < reached.size() && fresh != 0; i++) {
                IndexedRule rule = reached.rule(i);
                count(rule, fresh);
                collectLists(rule);
                if (rule.called != null) {
                    open.add(new Arrival(rule.called, rule.states & fresh));
                }
            }
        }
    }

    /** @param asksFirst whether its chain asked for no single port before */
    private void touch(IndexedRule rule, boolean asksFirst) {
        if (!everythingChanged) {
            climb(rule.chain, rule.exact, rule.states & rule.chain.reachedIn, asksFirst, 0);
        }
    }

    private void touchCallers(ChainIndex chain) {
        if (!everythingChanged && chain.reachedIn != 0) {
            climb(chain, ExactTerms.NONE, chain.reachedIn, false, 0);
        }
    }

    /**
     * Finds the classes that may come to a chain with such a destination.
     *
     * @return rules looked at by now
     */
    private int climb(ChainIndex chain, ExactTerms to, int states, boolean asksFirst, int lookedAt) {
        if (everythingChanged || (states & ALL_STATES) == 0) {
            return lookedAt;
        }
        if (to.isTriple() || chain.base != null) {
            touch(to, states, asksFirst);
            return lookedAt;
        }
        int count = lookedAt;
        for (IndexedRule caller : chain.callers()) {
            everythingChanged |= ++count > MAX_CLIMB;
            ExactTerms both = to.and(caller.exact);
            if (both != null) {
                count = climb(caller.chain, both, states & caller.states & caller.chain.reachedIn, asksFirst, count);
            }
        }
        return count;
    }

    private void touch(ExactTerms to, int states, boolean asksFirst) {
        boolean open = to.host() == null && !to.hasPort();
        // what is translated to such a destination comes from classes that nothing else leads to
        if (open
                || translations.mayHold(
                        to.host(), to.protocol(), to.isTriple() || to.host() == null ? to.port() : -1)) {
            everythingChanged = true;
            return;
        }
        for (int state = 0; state < STATES; state++) {
            if (!has(states, state)) {
                continue;
            }
            if (to.isTriple()) {
                classes[state].touch(new ClassKeys.Triple(to.host(), to.protocol(), to.port()));
            } else if (to.host() != null) {
                classes[state].touch(to.host());
            } else {
                // it is not known which addresses ask for ports in a chain that never did
                everythingChanged |= asksFirst && !keys[state].hosts.isEmpty();
                classes[state].touchPort(TupleMap.portKey(to.protocol(), to.port()));
            }
        }
    }

    /** Whether {@link #refresh} would do. */
    boolean canRefresh() {
        for (int state = 0; state < STATES; state++) {
            everythingChanged |= keys[state].distinctions() != compiledDistinctions[state];
        }
        everythingChanged |= !everythingChanged && !questions().equals(compiledQuestions);
        return !everythingChanged;
    }

    /** How often questions are asked, as far as that matters: once or again. */
    private Map<AskedAt, Integer> questions() {
        Map<AskedAt, Integer> asked = new HashMap<>();
        rules.asking().forEach((rule, questions) -> {
            for (Question question : questions) {
                AskedAt at = new AskedAt(question, rule.chain.table, rule.chain.reachedIn);
                asked.merge(at, 1, (one, more) -> 2);
            }
        });
        return asked;
    }

    /**
     * Makes every class.
     *
     * @param changes whether there will be any
     */
    void compile(NodeFactory nodes, ReachedEndpoints reached, boolean changes) {
        translations = changes ? new Translations() : null;
        rules.forgetAsked();
        compiledQuestions = questions();
        classes = new ClassTableBuilder[STATES];
        for (int state = 0; state < STATES; state++) {
            Evaluator evaluator = new Evaluator(rules, network, keys[state], recentLists, nodes, translations);
            classes[state] = new ClassTableBuilder(rules.family, state, keys[state], evaluator, reached);
            tables[state] = classes[state].build();
            compiledDistinctions[state] = keys[state].distinctions();
        }
        everythingChanged = false;
    }

    /** Makes the classes anew that changes touched. */
    void refresh() {
        for (int state = 0; state < STATES; state++) {
            if (classes[state].isTouched()) {
                tables[state] = classes[state].refresh();
            }
        }
    }

    /** The classes of a state, as of the last {@link #compile} or {@link #refresh}. */
    ClassTable table(int state) {
        return tables[state];
    }

    boolean onlyPasses(int state) {
        return classes[state].onlyPasses();
    }
}
