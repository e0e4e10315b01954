package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.NodeNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Where the evaluation of a class stands and what is known of its packets there. */
final class Course {
    /** Connection tracking stands here among the base chains of PREROUTING and OUTPUT. */
    private static final int CONNTRACK_PRIORITY = -200;

    /** A chain being traversed. Equal only to itself. */
    static final class Frame {
        final ChainIndex chain;
        final ChainIndex.Candidates candidates;
        final Frame caller;
        final long resumeAt;
        final int depth;
        /** Places in this chain where ways part, latest last. */
        private List<Join> joins = List.of();

        Frame(ChainIndex chain, ChainIndex.Candidates candidates, Frame caller, long resumeAt) {
            this.chain = chain;
            this.candidates = candidates;
            this.caller = caller;
            this.resumeAt = resumeAt;
            this.depth = caller == null ? 0 : caller.depth + 1;
        }
    }

    /** A place in a chain that ways may come back to. */
    static final class Join {
        private final long rule;
        private final Symbolic packet;
        /** What follows from here on; null until it is made. */
        Supplier<Node> ahead;

        Join(long rule, Symbolic packet) {
            this.rule = rule;
            this.packet = packet;
        }
    }

    /** A place between two base chains. Places that are equal have the same way before them. */
    record Place(Hook hook, boolean looped, int baseIndex, Symbolic packet) {}

    /** What is known of an interface. */
    sealed interface Interface {
        /** @param name empty where a packet has none */
        record Named(String name) implements Interface {}

        record AskPacket() implements Interface {}

        record NoRoute() implements Interface {}

        Interface NOT_SET = new Named("");
        Interface LOOPBACK = new Named("lo");
    }

    Symbolic packet;
    Hook hook;
    /** Whether the packet, sent by the node to itself, is coming in again. */
    boolean looped;
    /** Index of the next base chain of the hook. */
    int baseIndex;
    /** The base chain that is being traversed, or was last. */
    ChainIndex base;

    Frame frame;
    /** Rank of the next rule. */
    long rule;

    Course(Symbolic packet, Hook hook) {
        this.packet = packet;
        this.hook = hook;
    }

    Course(Course other) {
        packet = other.packet;
        hook = other.hook;
        looped = other.looped;
        baseIndex = other.baseIndex;
        base = other.base;
        frame = other.frame;
        rule = other.rule;
    }

    Place place() {
        return new Place(hook, looped, baseIndex, packet);
    }

    /** Notes that ways part here. */
    Join join() {
        Join join = new Join(rule, packet);
        frame.joins = frame.joins.isEmpty() ? new ArrayList<>(4) : frame.joins;
        frame.joins.add(join);
        return join;
    }

    /** What follows from here on, if another way has come to this place with the same packet; null if none has. */
    Node ahead() {
        for (int i = frame.joins.size() - 1; i >= 0; i--) {
            Join join = frame.joins.get(i);
            if (join.rule == rule && join.ahead != null && join.packet.equals(packet)) {
                return join.ahead.get();
            }
            if (join.rule < rule) {
                return null;
            }
        }
        return null;
    }

    void begin(ChainIndex chain) {
        base = chain;
        frame = new Frame(chain, candidates(chain), null, 0);
        rule = 0;
    }

    void call(ChainIndex chain) {
        frame = new Frame(chain, candidates(chain), frame, rule);
        rule = 0;
    }

    /** A return from this chain goes where the present one's would. */
    void replace(ChainIndex chain) {
        frame = new Frame(chain, candidates(chain), frame.caller, frame.resumeAt);
        rule = 0;
    }

    private ChainIndex.Candidates candidates(ChainIndex chain) {
        // after a translation that left part of the destination open, no list of rules is sure to be complete
        return packet.isTranslated() && !packet.isExact()
                ? chain.all()
                : chain.candidates(packet.host(), packet.protocol(), packet.port());
    }

    void enter(Hook next) {
        hook = next;
        baseIndex = 0;
    }

    boolean isTracked() {
        return base.base.priority() >= CONNTRACK_PRIORITY;
    }

    /** Whether {@code ip_forward} has taken one from the TTL. */
    boolean isForwarded() {
        return hook == Hook.FORWARD || hook == Hook.POSTROUTING && !packet.fromNode();
    }

    boolean isNat() {
        return base.base.nat();
    }

    boolean mapsDestination() {
        return hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    }

    Interface inInterface() {
        return switch (hook) {
            case PREROUTING, INPUT, FORWARD -> looped ? Interface.LOOPBACK : new Interface.AskPacket();
            case OUTPUT, POSTROUTING -> Interface.NOT_SET;
        };
    }

    Interface outInterface(NodeNetwork network) {
        return switch (hook) {
            case PREROUTING, INPUT -> Interface.NOT_SET;
            case OUTPUT, FORWARD, POSTROUTING -> {
                if (packet.toNode().orElse(false)) {
                    yield Interface.LOOPBACK;
                }
                if (packet.host() == null) {
                    yield new Interface.AskPacket();
                }
                String name =
                        network.outInterface(packet.host().high(), packet.host().low());
                yield name == null ? new Interface.NoRoute() : new Interface.Named(name);
            }
        };
    }
}
