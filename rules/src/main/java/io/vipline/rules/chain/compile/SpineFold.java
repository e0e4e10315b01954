package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Question;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes nodes of a chain's open questions, from the last to the first. Runs of draws become one choice, runs of checks of
 * {@code recent} lists one node, so that thousands of endpoints cost one draw.
 */
final class SpineFold {
    /**
     * A rule that matches if all open terms hold.
     *
     * @param then where a match begins: ahead of the rule's target
     * @param place where the way goes on without a match: told what follows there once that is made
     */
    record Item(List<Term> open, Course then, IndexedRule rule, Course.Join place) {
        boolean isDraw() {
            return open.size() == 1 && open.getFirst() instanceof Term.Draw;
        }

        boolean isListed() {
            return open.size() == 1 && open.getFirst() instanceof Term.Listed listed && !listed.negated();
        }
    }

    private static final Set<String> LOCAL = Set.of("LOCAL");

    private final NodeNetwork network;
    private final NodeFactory nodes;
    private final Function<Item, Node> completed;

    SpineFold(NodeNetwork network, NodeFactory nodes, Function<Item, Node> completed) {
        this.network = network;
        this.nodes = nodes;
        this.completed = completed;
    }

    Node fold(List<Item> spine, Node end) {
        Node node = end;
        int last = spine.size() - 1;
        while (last >= 0) {
            Item item = spine.get(last);
            int first = last;
            while (first > 0
                    && (item.isDraw() && spine.get(first - 1).isDraw()
                            || item.isListed() && spine.get(first - 1).isListed())) {
                first--;
            }
            node = item.isDraw() || item.isListed()
                    ? foldRun(spine.subList(first, last + 1), node)
                    : foldOne(item, node);
            last = first - 1;
        }
        return node;
    }

    private Node foldRun(List<Item> run, Node end) {
        List<Node> branches = new ArrayList<>(run.size()); // last first
        for (int i = run.size() - 1; i >= 0; i--) {
            int from = i + 1;
            run.get(i).place().ahead =
                    () -> node(run.subList(from, run.size()), branches.subList(0, run.size() - from), end);
            branches.add(completed.apply(run.get(i)));
        }
        return node(run, branches, end);
    }

    /** @param lastFirst the branches of the items, in reverse */
    private Node node(List<Item> run, List<Node> lastFirst, Node end) {
        if (run.isEmpty()) {
            return end;
        }
        List<Node> branches = new ArrayList<>(lastFirst);
        Collections.reverse(branches);
        if (run.getFirst().isListed()) {
            List<Term.Listed> lists = run.stream()
                    .map(item -> (Term.Listed) item.open().getFirst())
                    .toList();
            return nodes.recentRun(lists, branches.toArray(Node[]::new), end);
        }
        double[] shares = new double[run.size() + 1];
        double left = 1;
        for (int i = 0; i < run.size(); i++) {
            double probability = ((Term.Draw) run.get(i).open().getFirst()).probability();
            shares[i] = left * probability;
            left *= 1 - probability;
        }
        shares[run.size()] = left;
        branches.add(end);
        return nodes.choice(shares, branches.toArray(Node[]::new));
    }

    private Node foldOne(Item item, Node otherwise) {
        item.place().ahead = () -> otherwise;
        Node node = completed.apply(item);
        for (Term term : item.open().reversed()) {
            node = combine(term, node, otherwise);
        }
        return node;
    }

    private Node combine(Term term, Node then, Node otherwise) {
        return switch (term) {
            case Term.Fixed(boolean holds) -> holds ? then : otherwise;
            case Term.Asks(Predicate predicate, boolean negated) ->
                nodes.test(predicate, negated ? otherwise : then, negated ? then : otherwise);
            case Term.AsksInterface(InterfaceName name, Match match, String because) -> {
                boolean negated = Question.isNegated(match);
                yield nodes.interfaceTest(
                        name,
                        negated ? otherwise : then,
                        negated ? then : otherwise,
                        Undecided.ofUnknown(name, then, otherwise, because, nodes));
            }
            case Term.AsksDestinationType(Set<String> types, boolean negated, String because) -> {
                Predicate asked = types.equals(LOCAL)
                        ? new Predicate.DestinationLocal(network)
                        : new Predicate.DestinationType(network, types);
                Node known = nodes.test(asked, negated ? otherwise : then, negated ? then : otherwise);
                yield network.isComplete()
                        ? known
                        : nodes.test(
                                new Predicate.DestinationMayHaveType(network, types),
                                Undecided.between(then, otherwise, because, nodes),
                                known);
            }
            case Term.AsksHalf(Predicate predicate, boolean negated, String because) ->
                nodes.test(predicate, Undecided.between(then, otherwise, because, nodes), negated ? then : otherwise);
            case Term.AsksHeader(Predicate.Header predicate, Match match, String because) -> {
                boolean negated = Question.isNegated(match);
                yield nodes.test(
                        new Predicate.HeaderIsKnown(predicate.field()),
                        nodes.test(predicate, negated ? otherwise : then, negated ? then : otherwise),
                        Undecided.ofUnknown(predicate.field(), then, otherwise, because, nodes));
            }
            case Term.Draw(double probability) ->
                nodes.choice(new double[] {probability, 1 - probability}, new Node[] {then, otherwise});
            case Term.Listed listed ->
                listed.negated()
                        ? nodes.recentRun(List.of(listed), new Node[] {otherwise}, then)
                        : nodes.recentRun(List.of(listed), new Node[] {then}, otherwise);
            case Term.Undecidable(String because, Match _) -> Undecided.between(then, otherwise, because, nodes);
        };
    }
}
