package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.walk.Outcome.Assumption;
import io.vipline.rules.chain.walk.Outcome.Fate;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.SourceTranslation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The branches still to follow, latest first, and the outcomes found. Where something unknown made two branches of one,
 * and they come to the same place with the same packet, the second is not followed again: what it would find is there
 * already, and its probability goes to that. So many unknown terms in a row cost their sum, not their product.
 */
final class Fork {
    /** With so many outcomes, branches that draws made are joined too, although that hides ways that differ. */
    private static final int MANY_OUTCOMES = 1000;

    /** A place that branches have come to, and what share of what comes here goes where. */
    static final class Junction {
        private final List<Way> ways = new ArrayList<>();
        private int arrivals;
        private double probability;
        /** What was assumed on some way that comes here. */
        private final Set<Assumption> assumed = new LinkedHashSet<>();
    }

    /**
     * @param outcome index of the outcome that it ends in, if {@code to} is null
     * @param assumed on this way
     */
    private record Way(Junction to, int outcome, double share, List<Assumption> assumed) {}

    private record JoinPoint(Branch.Frame frame, int rule) {}

    private final Deque<Branch> pending = new ArrayDeque<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final Junction start = new Junction();
    private final Map<Branch.Place, Junction> junctions = new HashMap<>();
    /** Rules ahead of which an unknown term made two branches. */
    private final Set<JoinPoint> joinPoints = new HashSet<>();

    Fork(Branch first) {
        first.since = start;
        pending.push(first);
    }

    void push(Branch branch) {
        pending.push(branch);
    }

    /** @return null if all have been followed */
    Branch next() {
        return pending.poll();
    }

    void end(Branch branch, Fate fate, String service) {
        WalkedPacket packet = branch.packet;
        Optional<IpPort> endpoint = packet.endpoint() == null
                ? Optional.empty()
                : Optional.of(new IpPort(packet.destination(), Math.max(0, packet.destinationPort())));
        boolean accepted = fate instanceof Fate.Accepted;
        branch.since.ways.add(new Way(null, outcomes.size(), branch.share, branch.assumedSinceJunction()));
        outcomes.add(new Outcome(
                fate,
                service,
                endpoint,
                packet.source() == null || !accepted ? SourceTranslation.NONE : packet.source(),
                branch.local,
                packet.recentSet(),
                0,
                branch.assumptions,
                Set.of(),
                branch.trail));
    }

    /** Says that branches which come back to the next rule may be one again. */
    void joinAt(Branch branch) {
        joinPoints.add(new JoinPoint(branch.frame, branch.rule));
    }

    boolean isJoinPoint(Branch branch) {
        return branch.frame != null
                && !joinPoints.isEmpty()
                && joinPoints.contains(new JoinPoint(branch.frame, branch.rule));
    }

    /**
     * Called where branches can become one again.
     *
     * @return whether another branch has been here with the same packet: then this one is done
     */
    boolean joins(Branch branch) {
        if (branch.assumptions.isEmpty() && outcomes.size() < MANY_OUTCOMES) {
            return false;
        }
        Junction junction = junctions.get(branch.place());
        boolean visited = junction != null;
        if (!visited) {
            junction = new Junction();
            junctions.put(branch.place(), junction);
        }
        branch.since.ways.add(new Way(junction, -1, branch.share, branch.assumedSinceJunction()));
        branch.passed(junction);
        return visited;
    }

    /** All that were found, their probabilities added up along every way that leads to them. */
    List<Outcome> outcomes() {
        junctions.values().forEach(junction -> junction.ways.forEach(Fork::countArrival));
        start.ways.forEach(Fork::countArrival);
        start.probability = 1;
        Deque<Junction> complete = new ArrayDeque<>(List.of(start));
        while (!complete.isEmpty()) {
            Junction junction = complete.remove();
            for (Way way : junction.ways) {
                double more = junction.probability * way.share;
                Set<Assumption> assumed = new LinkedHashSet<>(junction.assumed);
                assumed.addAll(way.assumed);
                if (way.to == null) {
                    outcomes.set(way.outcome, outcomes.get(way.outcome).and(more, assumed));
                    continue;
                }
                way.to.probability += more;
                way.to.assumed.addAll(assumed);
                if (--way.to.arrivals == 0) {
                    complete.add(way.to);
                }
            }
        }
        return outcomes;
    }

    private static void countArrival(Way way) {
        if (way.to != null) {
            way.to.arrivals++;
        }
    }
}
