package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A chain whose rules are found by what they ask of the destination with a single value. Rules keep their order: what is
 * found for one destination is a merge of up to four ascending lists of rule numbers.
 */
final class ChainIndex {
    /** Below this, trying every rule is as fast. */
    private static final int MIN_INDEXED_RULES = 12;

    private static final int[] NONE = {};
    private static final IpAddress ANY_HOST = IpAddress.v6(0, 0);

    final Chain chain;
    final IndexedRule[] rules;
    /** Null in a short chain. */
    private TupleMap<int[]> byTriple;

    private TupleMap<int[]> byHost;
    private TupleMap<int[]> byPort;
    private int[] others;
    /** {@link TupleMap#portKey} of the single ports that rules ask about while naming no address. */
    final int[] portKeys;
    /** The class that last came here. */
    long enteredBy = -1;

    ChainIndex(Chain chain) {
        this.chain = chain;
        this.rules = chain.rules().stream().map(IndexedRule::new).toArray(IndexedRule[]::new);
        portKeys = askedPorts();
        if (rules.length >= MIN_INDEXED_RULES) {
            index();
        }
    }

    private int[] askedPorts() {
        IntStream.Builder asked = IntStream.builder();
        for (IndexedRule rule : rules) {
            DestinationTerms.portKeys(rule, asked);
        }
        int[] keys = asked.build().distinct().toArray();
        return keys.length == 0 ? NONE : keys;
    }

    private void index() {
        byTriple = new TupleMap<>();
        byHost = new TupleMap<>();
        byPort = new TupleMap<>();
        int[] rest = new int[rules.length];
        int restCount = 0;
        for (int i = 0; i < rules.length; i++) {
            ExactTerms terms = rules[i].exact;
            if (terms.isTriple()) {
                append(byTriple, terms.host(), TupleMap.portKey(terms.protocol(), terms.port()), i);
            } else if (terms.host() != null) {
                append(byHost, terms.host(), 0, i);
            } else if (terms.hasPort()) {
                append(byPort, ANY_HOST, TupleMap.portKey(terms.protocol(), terms.port()), i);
            } else {
                rest[restCount++] = i;
            }
        }
        others = Arrays.copyOf(rest, restCount);
    }

    private static void append(TupleMap<int[]> map, IpAddress host, int portKey, int rule) {
        int[] present = map.get(host.high(), host.low(), portKey);
        int[] longer = present == null ? new int[1] : Arrays.copyOf(present, present.length + 1);
        longer[longer.length - 1] = rule;
        map.put(host.high(), host.low(), portKey, longer);
    }

    /** Every rule of the chain. */
    Candidates all() {
        return new Candidates(rules.length, NONE, NONE, NONE, NONE);
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
        int[] triple = host == null || port < 0 ? NONE : get(byTriple, host, portKey);
        int[] ofHost = host == null ? NONE : get(byHost, host, 0);
        int[] ofPort = port < 0 ? NONE : get(byPort, ANY_HOST, portKey);
        return new Candidates(0, triple, ofHost, ofPort, others);
    }

    private static int[] get(TupleMap<int[]> map, IpAddress host, int portKey) {
        int[] found = map.get(host.high(), host.low(), portKey);
        return found == null ? NONE : found;
    }

    /**
     * Rule numbers in ascending order.
     *
     * @param all if above zero: every number below it, and the lists are empty
     */
    record Candidates(int all, int[] first, int[] second, int[] third, int[] fourth) {
        /** The first number that is not below {@code from}, or -1. */
        int next(int from) {
            if (all > 0) {
                return from < all ? from : -1;
            }
            int best = Math.min(
                    Math.min(next(first, from), next(second, from)), Math.min(next(third, from), next(fourth, from)));
            return best == Integer.MAX_VALUE ? -1 : best;
        }

        private static int next(int[] list, int from) {
            if (list.length == 0 || list[list.length - 1] < from) {
                return Integer.MAX_VALUE;
            }
            int at = Arrays.binarySearch(list, from);
            return at >= 0 ? from : list[-at - 1];
        }
    }
}
