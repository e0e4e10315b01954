package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.TupleMap;
import io.vipline.rules.table.Verdict;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where lists of the {@code recent} match have a say: the decisions that ask or fill one, the endpoints that these lead
 * to, the decisions that lead to one of the same endpoints, and so on. Outside of this no connection depends on a list,
 * and no packet that an endpoint sends could belong to one that does.
 */
final class RecentReach {
    /** Protocols are not told apart: nothing is lost by reaching too far. */
    private static final int ANY_PROTOCOL = 0;

    private final Set<Node> decisions = new HashSet<>();
    private final TupleMap<Boolean> endpoints = new TupleMap<>();
    private final Map<IpPort, List<Node>> leadingTo = new HashMap<>();
    private final Map<Node, List<IpPort>> reachedBy = new HashMap<>();
    private final ArrayDeque<Node> open = new ArrayDeque<>();
    private boolean everywhere;

    /** @param starts where decisions on NEW packets begin */
    RecentReach(Collection<Node> starts) {
        for (Node start : starts) {
            if (!reachedBy.containsKey(start)) {
                explore(start);
            }
        }
        while (!open.isEmpty()) {
            for (IpPort endpoint : reachedBy.get(open.poll())) {
                reach(endpoint);
            }
        }
        leadingTo.clear();
        reachedBy.clear();
    }

    boolean holds(Node decision) {
        return everywhere || decisions.contains(decision);
    }

    boolean holdsEndpoint(long high, long low, int port) {
        return everywhere || endpoints.get(high, low, TupleMap.portKey(ANY_PROTOCOL, port)) != null;
    }

    private void take(Node start) {
        if (decisions.add(start)) {
            open.add(start);
        }
    }

    private void reach(IpPort endpoint) {
        // an endpoint that keeps the packet's own port cannot be recognised by its port
        everywhere |= endpoint.port() == 0;
        int key = TupleMap.portKey(ANY_PROTOCOL, endpoint.port());
        endpoints.put(endpoint.address().high(), endpoint.address().low(), key, true);
        leadingTo.get(endpoint).forEach(this::take);
    }

    private void explore(Node start) {
        List<IpPort> reached = new ArrayList<>();
        reachedBy.put(start, reached);
        Set<Node> seen = new HashSet<>();
        ArrayDeque<Node> toVisit = new ArrayDeque<>(List.of(start));
        while (!toVisit.isEmpty()) {
            Node node = toVisit.poll();
            if (!seen.add(node)) {
                continue;
            }
            switch (node) {
                case Node.Leaf leaf -> {
                    if (leaf.verdict instanceof Verdict.Dnat dnat) {
                        reached.add(dnat.endpoint());
                        leadingTo
                                .computeIfAbsent(dnat.endpoint(), unseen -> new ArrayList<>())
                                .add(start);
                        if (dnat.recentSet().length > 0) {
                            take(start);
                        }
                    }
                }
                case Node.Test test -> toVisit.addAll(List.of(test.then, test.otherwise));
                case Node.SourceTest test -> toVisit.addAll(List.of(test.then, test.otherwise));
                case Node.InterfaceTest test -> toVisit.addAll(List.of(test.then, test.otherwise, test.unknown));
                case Node.Either either -> toVisit.addAll(List.of(either.one, either.other));
                case Node.Choice choice -> toVisit.addAll(List.of(choice.branches));
                case Node.RecentRun run -> {
                    take(start);
                    toVisit.addAll(List.of(run.branches));
                    toVisit.add(run.otherwise);
                }
            }
        }
    }
}
