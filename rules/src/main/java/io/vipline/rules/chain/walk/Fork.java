package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.walk.Outcome.Fate;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.SourceTranslation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
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
    /** A place that one branch has come to, and what was found from there on. */
    private static final class Visited {
        final int firstOutcome;
        final int pending;
        double probability;
        int endOutcome = -1;
        final List<Exit> exits = new ArrayList<>();

        Visited(int firstOutcome, int pending, double probability) {
            this.firstOutcome = firstOutcome;
            this.pending = pending;
            this.probability = probability;
        }

        boolean holds(Visited other) {
            return other.firstOutcome >= firstOutcome && other.endOutcome <= endOutcome;
        }
    }

    /** What flows from one place into another that had been visited before. */
    private static final class Exit {
        final Visited to;
        double probability;

        Exit(Visited to, double probability) {
            this.to = to;
            this.probability = probability;
        }
    }

    private record JoinPoint(Branch.Frame frame, int rule) {}

    private final Deque<Branch> pending = new ArrayDeque<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final Map<Branch.Place, Visited> visited = new HashMap<>();
    /** Rules ahead of which an unknown term made two branches. */
    private final Set<JoinPoint> joinPoints = new HashSet<>();

    private final Deque<Visited> open = new ArrayDeque<>();
    private final List<Visited> closed = new ArrayList<>();

    void push(Branch branch) {
        pending.push(branch);
    }

    /** @return null if all have been followed */
    Branch next() {
        while (!open.isEmpty() && open.peek().pending >= pending.size()) {
            Visited done = open.pop();
            done.endOutcome = outcomes.size();
            closed.add(done);
        }
        return pending.poll();
    }

    void end(Branch branch, Fate fate, String service) {
        WalkedPacket packet = branch.packet;
        Optional<IpPort> endpoint = packet.endpoint() == null
                ? Optional.empty()
                : Optional.of(new IpPort(packet.destination(), Math.max(0, packet.destinationPort())));
        boolean accepted = fate instanceof Fate.Accepted;
        outcomes.add(new Outcome(
                fate,
                service,
                endpoint,
                packet.source() == null || !accepted ? SourceTranslation.NONE : packet.source(),
                branch.local,
                packet.recentSet(),
                branch.probability,
                branch.assumptions,
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
        if (branch.assumptions.isEmpty()) {
            return false;
        }
        Visited before = visited.get(branch.place());
        if (before == null) {
            Visited now = new Visited(outcomes.size(), pending.size(), branch.probability);
            visited.put(branch.place(), now);
            open.push(now);
            return false;
        }
        Exit exit = new Exit(before, branch.probability);
        open.forEach(place -> place.exits.add(exit));
        add(before, branch.probability);
        return true;
    }

    /** More probability arrives at a place: everything found from there on grows in proportion. */
    private void add(Visited place, double probability) {
        double factor = 1 + probability / place.probability;
        for (int i = place.firstOutcome; i < place.endOutcome; i++) {
            Outcome outcome = outcomes.get(i);
            outcomes.set(i, outcome.withProbability(outcome.probability() * factor));
        }
        for (Visited inner : closed) {
            if (place.holds(inner)) {
                inner.probability *= factor;
            }
        }
        for (Exit exit : place.exits) {
            double more = exit.probability * (factor - 1);
            exit.probability *= factor;
            if (!place.holds(exit.to)) {
                add(exit.to, more);
            }
        }
    }

    List<Outcome> outcomes() {
        return outcomes;
    }
}
