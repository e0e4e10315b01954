package io.vipline.tools.explain;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Target;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Step;
import io.vipline.rules.chain.walk.Walk;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lays the ways of all outcomes over each other: one tree, in which each place is once and knows who comes there. */
final class WayTree {
    /** What orders places of one parent: hooks by rank, base chains by priority, rules by number. */
    private record Key(int order, String name, Object what) {}

    private record OpenChain(String name, Place place) {}

    /** A place, and which of the outcomes come there. */
    static final class Place {
        /** The {@link Step} taken here; the {@link Chain} of a base chain; null at the root and above routing steps. */
        final Object what;

        final BitSet outcomes = new BitSet();
        private final Map<Key, Place> children = new LinkedHashMap<>();

        private Place(Object what) {
            this.what = what;
        }

        /** In the order in which a packet meets them. */
        List<Place> children() {
            return children.entrySet().stream()
                    .sorted(Comparator.comparingInt(entry -> entry.getKey().order()))
                    .map(Map.Entry::getValue)
                    .toList();
        }
    }

    private final Place root = new Place(null);
    private final Deque<OpenChain> open = new ArrayDeque<>();
    private Place hook;
    private int rank;
    private int outcome;

    private WayTree() {}

    /** @return its children are hooks and routing decisions, theirs base chains, theirs rules */
    static Place of(Walk walk) {
        WayTree tree = new WayTree();
        for (Outcome outcome : walk.outcomes()) {
            tree.rank = -1;
            tree.root.outcomes.set(tree.outcome);
            outcome.trail().steps().forEach(tree::add);
            tree.outcome++;
        }
        return tree.root;
    }

    private void add(Step step) {
        switch (step) {
            case Step.AtHook at -> {
                rank = rankAfter(at.hook());
                hook = child(root, new Key(rank, at.hook().name(), ""), step);
            }
            case Step.Routed _ -> child(child(root, new Key(rank + 1, "routing", ""), null), keyOf(0, "", step), step);
            case Step.Matched m -> {
                Place place = child(of(m.chain()), keyOf(2 * m.index(), "matched", m), step);
                switch (m.rule().target()) {
                    case Target.Jump(String to) -> open.push(new OpenChain(to, place));
                    case Target.Goto(String to) -> open.push(new OpenChain(to, place));
                    default -> {}
                }
            }
            case Step.Missed m -> child(of(m.chain()), new Key(2 * m.index(), "missed", ""), step);
            case Step.Assumed a -> child(of(a.chain()), new Key(2 * a.index() + 1, "assumed", ""), step);
            case Step.Granted _ -> {}
            case Step.Policy p -> child(of(p.chain()), new Key(Integer.MAX_VALUE, "policy", ""), step);
        }
    }

    /** Hooks come in this order; what the node sends to itself goes through PREROUTING and INPUT after POSTROUTING. */
    private int rankAfter(Hook at) {
        int natural = 10
                * switch (at) {
                    case OUTPUT -> 0;
                    case PREROUTING -> 1;
                    case FORWARD -> 2;
                    case INPUT -> 3;
                    case POSTROUTING -> 4;
                };
        return natural > rank ? natural : natural + 50;
    }

    private static Key keyOf(int order, String name, Step step) {
        Object what = switch (step) {
            // after NAT the same rule says the same of packets to different endpoints
            case Step.Matched m -> m.outcome();
            default -> step;
        };
        return new Key(order, name, what);
    }

    /** The place under which a rule of the chain belongs; chains that have been left are closed. */
    private Place of(Chain chain) {
        if (chain.base().isPresent()) {
            Key key = new Key(chain.base().get().priority(), chain.table() + " " + chain.name(), "");
            open.clear();
            open.push(new OpenChain(chain.name(), child(hook, key, chain)));
        }
        while (open.size() > 1 && !open.peek().name().equals(chain.name())) {
            open.pop();
        }
        return open.peek().place();
    }

    private Place child(Place parent, Key key, Object what) {
        Place child = parent.children.computeIfAbsent(key, k -> new Place(what));
        child.outcomes.set(outcome);
        return child;
    }
}
