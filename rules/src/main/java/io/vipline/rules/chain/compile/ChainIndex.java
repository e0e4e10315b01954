package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A chain whose rules are found by what they ask of the destination with a single value. Rules keep their order: what is
 * found for one destination is a merge of up to four lists in ascending order of ranks.
 */
final class ChainIndex {
    /** Below this, trying every rule is as fast. */
    private static final int MIN_INDEXED_RULES = 12;

    /** In {@link #reachedIn}: by a hook of another kind than NAT's. */
    static final int BY_FILTERS = 1 << ClassKeys.STATES.size();

    /** In {@link #reachedIn}: by this hook. */
    static int by(Hook hook) {
        return BY_FILTERS << 1 << hook.ordinal();
    }

    private static final IndexedRule[] NONE = {};
    private static final IpAddress ANY_HOST = IpAddress.v6(0, 0);

    final String table;
    final String name;
    /** Null for a user chain. */
    BaseChain base;

    /** Whether there is such a chain: a rule may call one that is not there. */
    boolean present;
    /** By rank; what is behind {@link #size} is null. */
    private IndexedRule[] rules = NONE;

    private int size;
    private Candidates all;
    /** Null in a short chain. */
    private TupleMap<IndexedRule[]> byTriple;

    private TupleMap<IndexedRule[]> byHost;
    private TupleMap<IndexedRule[]> byPort;
    private IndexedRule[] others;
    /** {@link TupleMap#portKey} of single ports that rules ask about while naming no address, and by how many rules. */
    private Map<Integer, Integer> portKeys = Map.of();

    /** Rules that call this chain, some of them {@link IndexedRule#removed} by now. */
    private List<IndexedRule> callers = List.of();

    private int removedCallers;
    /** Ways by which packets may come here, or once might: a bit for each state, {@link #BY_FILTERS}, {@link #by(Hook)}. */
    int reachedIn;
    /** The class that last came here. */
    long enteredBy = -1;

    ChainIndex(String table, String name) {
        this.table = table;
        this.name = name;
    }

    /** Whether packets come here by another hook than those of NAT. */
    boolean isReachedByFilters() {
        return (reachedIn & BY_FILTERS) != 0;
    }

    int size() {
        return size;
    }

    IndexedRule rule(int at) {
        return rules[at];
    }

    Set<Integer> portKeys() {
        return portKeys.keySet();
    }

    /** Rules that call this chain. */
    List<IndexedRule> callers() {
        if (removedCallers > 0) {
            callers.removeIf(rule -> rule.removed);
            removedCallers = 0;
        }
        return callers;
    }

    private void called(IndexedRule by) {
        callers = callers.isEmpty() ? new ArrayList<>(1) : callers;
        callers.add(by);
    }

    /** One of the callers is no more. */
    private void deserted() {
        if (++removedCallers * 2 > callers.size()) {
            callers();
        }
    }

    /** @param rule of another rank than all others */
    void add(IndexedRule rule) {
        int at = position(rule.rank);
        if (size == rules.length) {
            rules = Arrays.copyOf(rules, Math.max(2, size + (size >> 1) + 1));
        }
        System.arraycopy(rules, at, rules, at + 1, size - at);
        rules[at] = rule;
        size++;
        all = null;
        DestinationTerms.portKeys(rule, portKey -> {
            portKeys = portKeys.isEmpty() ? new HashMap<>(2) : portKeys;
            portKeys.merge(portKey, 1, Integer::sum);
        });
        if (byTriple != null) {
            list(rule, true);
        } else if (size >= MIN_INDEXED_RULES) {
            index();
        }
        if (rule.called != null) {
            rule.called.called(rule);
        }
    }

    /** Makes room for so many rules at once. */
    void reserve(int count) {
        rules = Arrays.copyOf(rules, Math.max(rules.length, count));
    }

    /** @return the rule of that rank, which is there no more */
    IndexedRule remove(long rank) {
        int at = position(rank);
        IndexedRule rule = rules[at];
        System.arraycopy(rules, at + 1, rules, at, size - at - 1);
        rules[--size] = null;
        all = null;
        DestinationTerms.portKeys(
                rule, portKey -> portKeys.computeIfPresent(portKey, (key, count) -> count == 1 ? null : count - 1));
        if (byTriple != null) {
            list(rule, false);
        }
        rule.removed = true;
        if (rule.called != null) {
            rule.called.deserted();
        }
        return rule;
    }

    private int position(long rank) {
        return Candidates.firstFrom(rules, size, rank);
    }

    private void index() {
        byTriple = new TupleMap<>();
        byHost = new TupleMap<>();
        byPort = new TupleMap<>();
        others = NONE;
        for (int i = 0; i < size; i++) {
            list(rules[i], true);
        }
    }

    /** Puts a rule into the list that it is found by, or takes it out. */
    private void list(IndexedRule rule, boolean in) {
        var exact = rule.exact;
        if (exact.isTriple()) {
            list(byTriple, exact.host(), TupleMap.portKey(exact.protocol(), exact.port()), rule, in);
        } else if (exact.host() != null) {
            list(byHost, exact.host(), 0, rule, in);
        } else if (exact.hasPort()) {
            list(byPort, ANY_HOST, TupleMap.portKey(exact.protocol(), exact.port()), rule, in);
        } else {
            others = in ? with(others, rule) : without(others, rule);
        }
    }

    private static void list(TupleMap<IndexedRule[]> map, IpAddress host, int portKey, IndexedRule rule, boolean in) {
        IndexedRule[] present = get(map, host, portKey);
        IndexedRule[] now = in ? with(present, rule) : without(present, rule);
        if (now.length == 0) {
            map.remove(host.high(), host.low(), portKey);
        } else {
            map.put(host.high(), host.low(), portKey, now);
        }
    }

    private static IndexedRule[] with(IndexedRule[] list, IndexedRule rule) {
        int at = Candidates.firstFrom(list, list.length, rule.rank);
        IndexedRule[] longer = Arrays.copyOf(list, list.length + 1);
        System.arraycopy(list, at, longer, at + 1, list.length - at);
        longer[at] = rule;
        return longer;
    }

    private static IndexedRule[] without(IndexedRule[] list, IndexedRule rule) {
        int at = Candidates.firstFrom(list, list.length, rule.rank);
        IndexedRule[] shorter = Arrays.copyOf(list, list.length - 1);
        System.arraycopy(list, at + 1, shorter, at, shorter.length - at);
        return shorter;
    }

    /** Every rule of the chain. */
    Candidates all() {
        if (all == null) {
            all = new Candidates(rules.length == size ? rules : Arrays.copyOf(rules, size), NONE, NONE, NONE);
        }
        return all;
    }

    /**
     * The rules that can match a packet.
     *
     * @param host null if it is none that a rule names
     * @param port below zero if it is none that a rule names
     */
    Candidates candidates(IpAddress host, int protocol, int port) {
        if (byTriple == null) {
            return all();
        }
        int portKey = TupleMap.portKey(protocol, port);
        return new Candidates(
                host == null || port < 0 ? NONE : get(byTriple, host, portKey),
                host == null ? NONE : get(byHost, host, 0),
                port < 0 ? NONE : get(byPort, ANY_HOST, portKey),
                others);
    }

    private static IndexedRule[] get(TupleMap<IndexedRule[]> map, IpAddress host, int portKey) {
        IndexedRule[] found = map.get(host.high(), host.low(), portKey);
        return found == null ? NONE : found;
    }

    /** Up to four lists of rules, each in ascending order of ranks. */
    record Candidates(IndexedRule[] first, IndexedRule[] second, IndexedRule[] third, IndexedRule[] fourth) {
        /** The first rule whose rank is not below {@code from}, or null. */
        IndexedRule next(long from) {
            return earlier(
                    earlier(next(first, from), next(second, from)), earlier(next(third, from), next(fourth, from)));
        }

        private static IndexedRule earlier(IndexedRule one, IndexedRule other) {
            return one == null || other != null && other.rank < one.rank ? other : one;
        }

        private static IndexedRule next(IndexedRule[] list, long from) {
            int at = firstFrom(list, list.length, from);
            return at == list.length ? null : list[at];
        }

        static int firstFrom(IndexedRule[] list, int length, long from) {
            int low = 0;
            int high = length;
            while (low < high) {
                int middle = low + high >>> 1;
                if (list[middle].rank < from) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }
}
