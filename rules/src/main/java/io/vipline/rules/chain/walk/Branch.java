package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.walk.Outcome.Assumption;
import java.util.ArrayList;
import java.util.List;

/** One of the ways that are being followed: where it stands, what the packet has become, how it came here. */
final class Branch {
    /**
     * A chain that is being traversed.
     *
     * @param caller where a return goes; null in a base chain
     * @param resumeAt the caller's next rule
     * @param focused whether the packet came here because of its destination: then every rule is worth a mention
     */
    record Frame(Chain chain, Frame caller, int resumeAt, boolean focused) {
        /** Identity: joins are recognised by the very frame that was forked. */
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** Where two branches are one again if their packets are equal. */
    record Place(HookVisit visit, int baseIndex, Frame frame, int rule, WalkedPacket packet) {}

    WalkedPacket packet;
    HookVisit visit;
    /** Index of the next base chain of the hook. */
    int baseIndex;
    /** The base chain that is being traversed, or was last. */
    Chain base;

    /** Null between base chains. */
    Frame frame;

    int rule;
    /** Where branches were last one. */
    Fork.Junction since;
    /** Probability of this branch among those that left {@link #since}. */
    double share = 1;

    List<Assumption> assumptions = List.of();
    private int assumedBefore;
    Trail trail;
    boolean local;

    Branch(WalkedPacket packet, HookVisit visit) {
        this.packet = packet;
        this.visit = visit;
        this.trail = new Trail(null, new Step.AtHook(visit.hook()));
    }

    Branch(Branch other) {
        packet = other.packet;
        visit = other.visit;
        baseIndex = other.baseIndex;
        base = other.base;
        frame = other.frame;
        rule = other.rule;
        since = other.since;
        share = other.share;
        assumptions = other.assumptions;
        assumedBefore = other.assumedBefore;
        trail = other.trail;
        local = other.local;
    }

    void note(Step step) {
        trail = new Trail(trail, step);
    }

    void assume(Assumption assumption) {
        List<Assumption> all = new ArrayList<>(assumptions);
        all.add(assumption);
        assumptions = all;
    }

    List<Assumption> assumedSinceJunction() {
        return assumptions.subList(assumedBefore, assumptions.size());
    }

    /** From here on this branch stands for all that come here. */
    void passed(Fork.Junction junction) {
        since = junction;
        share = 1;
        assumedBefore = assumptions.size();
    }

    Place place() {
        return new Place(visit, baseIndex, frame, rule, packet);
    }

    /** Starts with a base chain. */
    void begin(Chain chain) {
        base = chain;
        frame = new Frame(chain, null, 0, false);
        rule = 0;
    }

    /** Goes into a chain from which a return comes back to the next rule. */
    void call(Chain chain, boolean focused) {
        frame = new Frame(chain, frame, rule, focused || frame.focused());
        rule = 0;
    }

    /** Goes into a chain in place of the present one: a return comes back where the present one's would. */
    void replace(Chain chain, boolean focused) {
        frame = new Frame(chain, frame.caller(), frame.resumeAt(), focused || frame.focused());
        rule = 0;
    }

    /** @return false if the chain has no caller */
    boolean returnToCaller() {
        Frame left = frame;
        frame = left.caller();
        rule = left.resumeAt();
        return frame != null;
    }

    void enter(HookVisit next) {
        visit = next;
        baseIndex = 0;
        note(new Step.AtHook(next.hook()));
    }
}
