package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Match;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Both ways of a term that nobody can decide, made one: where they come to the same verdict that is the verdict, elsewhere
 * it is undecided.
 */
final class Undecided {
    /** Pairs of nodes that one merge may look at; beyond, both ways are left for the lookup to walk. */
    private static final int MAX_PAIRS = 200;

    private record Pair(Node one, Node other) {}

    private final NodeFactory nodes;
    private final String because;
    /** Leads from a node to where it goes if what makes the term undecidable is so: an interface that is not known. */
    private final UnaryOperator<Node> given;

    private final Map<Pair, Node> done = new HashMap<>();
    private int begun;

    private Undecided(NodeFactory nodes, String because, UnaryOperator<Node> given) {
        this.nodes = nodes;
        this.because = because;
        this.given = given;
    }

    static Node between(Node one, Node other, String because, NodeFactory nodes) {
        return new Undecided(nodes, because, UnaryOperator.identity()).merge(one, other);
    }

    /** Of packets whose header has not the field. */
    static Node ofUnknown(Match.Field field, Node one, Node other, String because, NodeFactory nodes) {
        Predicate known = new Predicate.HeaderIsKnown(field);
        UnaryOperator<Node> given =
                node -> node instanceof Node.Test test && test.predicate.equals(known) ? test.otherwise : node;
        return new Undecided(nodes, because, given).merge(one, other);
    }

    /** Of packets whose interface, of arrival or departure as the name's, is not known. */
    static Node ofUnknown(InterfaceName name, Node one, Node other, String because, NodeFactory nodes) {
        UnaryOperator<Node> given =
                node -> node instanceof Node.InterfaceTest test && test.name.isOfArrival() == name.isOfArrival()
                        ? test.unknown
                        : node;
        return new Undecided(nodes, because, given).merge(one, other);
    }

    private Node merge(Node first, Node second) {
        Node one = resolved(first);
        Node other = resolved(second);
        if (one == other) {
            return one;
        }
        Pair pair = new Pair(one, other);
        Node made = done.get(pair);
        if (made == null) {
            made = ++begun > MAX_PAIRS ? nodes.either(one, other, because) : mergeDistinct(one, other);
            done.put(pair, made);
        }
        return made;
    }

    private Node resolved(Node node) {
        Node at = node;
        for (Node next = given.apply(at); next != at; next = given.apply(at)) {
            at = next;
        }
        return at;
    }

    private Node mergeDistinct(Node one, Node other) {
        return switch (one) {
            case Node.Leaf leaf
            when other instanceof Node.Leaf second ->
                leaf.keepsPart() || second.keepsPart()
                        ? nodes.either(one, other, because)
                        : leaf(leaf.verdict, second.verdict);
            case Node.Leaf _ -> mergeDistinct(other, one);
            case Node.Either _ -> nodes.either(one, other, because);
            case Node.Test test -> {
                boolean same = other instanceof Node.Test second && second.predicate.equals(test.predicate);
                Node.Test second = same ? (Node.Test) other : null;
                yield nodes.test(
                        test.predicate,
                        merge(test.then, same ? second.then : other),
                        merge(test.otherwise, same ? second.otherwise : other));
            }
            case Node.SourceTest test ->
                nodes.test(test.predicate(), merge(test.then, other), merge(test.otherwise, other));
            case Node.InterfaceTest test ->
                nodes.interfaceTest(
                        test.name, merge(test.then, other), merge(test.otherwise, other), merge(test.unknown, other));
            case Node.Choice choice -> nodes.choice(choice.bounds, mergeEach(choice, other));
            case Node.RecentRun run -> {
                Node[] branches = new Node[run.branches.length];
                for (int i = 0; i < branches.length; i++) {
                    branches[i] = merge(run.branches[i], other);
                }
                yield nodes.recentRun(run, branches, merge(run.otherwise, other));
            }
        };
    }

    /** Where a packet is dropped, or whether one that passes ends at the node, makes no difference to the packet. */
    private Node leaf(Verdict one, Verdict other) {
        if (one instanceof Verdict.Drop drop && other instanceof Verdict.Drop second && drop.isAs(second)) {
            return nodes.leaf(new Verdict.Drop(drop.cause(), drop.service(), false));
        }
        boolean passes = one instanceof Verdict.Pass(SourceTranslation source, boolean _)
                && other instanceof Verdict.Pass(SourceTranslation same, boolean _)
                && source.equals(same);
        return passes ? nodes.leaf(new Verdict.Pass(((Verdict.Pass) one).source(), false)) : nodes.undecided(because);
    }

    /** Two draws of the same shares are taken for one draw, which either way makes. */
    private Node[] mergeEach(Node.Choice choice, Node other) {
        boolean alike = other instanceof Node.Choice second
                && second.branches.length == choice.branches.length
                && java.util.Arrays.equals(second.bounds, choice.bounds);
        Node[] branches = new Node[choice.branches.length];
        for (int i = 0; i < branches.length; i++) {
            branches[i] = merge(choice.branches[i], alike ? ((Node.Choice) other).branches[i] : other);
        }
        return branches;
    }
}
