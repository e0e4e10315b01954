package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.TupleMap;
import io.vipline.rules.table.Verdict;
import java.util.HashSet;
import java.util.Set;

/** Destinations that packets of some class are translated to, with the number of verdicts that say so. */
final class ReachedEndpoints {
    private TupleMap<Integer> tuples = new TupleMap<>();

    /** What a table may keep; later changes are made to another version. */
    TupleMap<Integer> snapshot() {
        TupleMap<Integer> present = tuples;
        tuples = tuples.next();
        return present;
    }

    int size() {
        return tuples.size();
    }

    /**
     * Counts the endpoints that a class leads to.
     *
     * @param protocol of the class, {@link PacketClass#OTHER} for several
     * @param by 1 for a new class, -1 for one that is no more
     */
    void count(Node start, int protocol, int by) {
        if (start.translates && protocol != PacketClass.OTHER) {
            count(start, protocol, by, new HashSet<>());
        }
    }

    private void count(Node node, int protocol, int by, Set<Node> seen) {
        if (!node.translates || !seen.add(node)) {
            return;
        }
        switch (node) {
            case Node.Leaf leaf -> count(((Verdict.Dnat) leaf.verdict).endpoint(), protocol, by);
            case Node.Test test -> {
                count(test.then, protocol, by, seen);
                count(test.otherwise, protocol, by, seen);
            }
            case Node.SourceTest test -> {
                count(test.then, protocol, by, seen);
                count(test.otherwise, protocol, by, seen);
            }
            case Node.InterfaceTest test -> {
                count(test.then, protocol, by, seen);
                count(test.otherwise, protocol, by, seen);
                count(test.unknown, protocol, by, seen);
            }
            case Node.Either either -> {
                count(either.one, protocol, by, seen);
                count(either.other, protocol, by, seen);
            }
            case Node.Choice choice -> count(choice.branches, protocol, by, seen);
            case Node.RecentRun run -> {
                count(run.branches, protocol, by, seen);
                count(run.otherwise, protocol, by, seen);
            }
        }
    }

    private void count(Node[] nodes, int protocol, int by, Set<Node> seen) {
        for (Node node : nodes) {
            count(node, protocol, by, seen);
        }
    }

    private void count(IpPort endpoint, int protocol, int by) {
        IpAddress host = endpoint.address();
        boolean hasPort = DestinationTerms.hasPorts(protocol);
        if (host.equals(Symbolic.UNCHANGED) || hasPort && endpoint.port() == 0) {
            return; // no destination in particular
        }
        int port = hasPort ? endpoint.port() : PacketClass.NONE;
        count(tuples, host, TupleMap.portKey(protocol, port), by);
    }

    private static void count(TupleMap<Integer> counts, IpAddress host, int portKey, int by) {
        Integer before = counts.get(host.high(), host.low(), portKey);
        int now = (before == null ? 0 : before) + by;
        if (now == 0) {
            counts.remove(host.high(), host.low(), portKey);
        } else {
            counts.put(host.high(), host.low(), portKey, now);
        }
    }
}
