package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Makes nodes, each distinct one once, and leaves out those that decide nothing. */
final class NodeFactory {
    /** Shares that differ from equal ones by less than kube-proxy's rounding to ten decimals are equal. */
    private static final double EQUAL_SHARES = 1e-9;

    /** Walks that one lookup may make where much is unknown; beyond, nothing is decided. */
    private static final int MAX_WALKS = 2048;

    private static final int[] NO_LISTS = {};

    private record TestKey(Object question, Node then, Node otherwise, Node unknown) {}

    private record ChoiceKey(List<Integer> bounds, List<Node> branches) {}

    private final Registry registry;
    private final Map<Verdict, Node> plainLeaves = new HashMap<>();
    private final Map<Predicate, Predicate> predicates = new HashMap<>();
    private final Map<Object, Node> shared = new HashMap<>();
    /** Nodes that lead to endpoints: other classes rarely have the same, so they are forgotten with the class. */
    private final Map<Object, Node> ofClass = new HashMap<>();

    NodeFactory(Registry registry) {
        this.registry = registry;
    }

    void nextClass() {
        ofClass.clear();
    }

    Registry registry() {
        return registry;
    }

    Node leaf(Verdict verdict) {
        return plainLeaves.computeIfAbsent(verdict, Node.Leaf::new);
    }

    Node undecided(String because) {
        return leaf(new Verdict.Undecided(because));
    }

    /** @param packet translated */
    Node dnat(Symbolic packet, SourceTranslation source, boolean local) {
        EndpointRef ref = packet.translation();
        int[] recentSet = packet.recentSet().isEmpty()
                ? NO_LISTS
                : packet.recentSet().stream().mapToInt(Integer::intValue).toArray();
        Node known = ref.leaf(source, local, recentSet);
        if (known != null) {
            return known;
        }
        registry.number(ref);
        IpAddress to = ref.endpoint.address();
        int port = ref.endpoint.port();
        return ref.add(new Verdict.Dnat(to.high(), to.low(), port, source, ref.serviceId, ref.id, recentSet, local));
    }

    Node test(Predicate predicate, Node then, Node otherwise) {
        if (then == otherwise) {
            return then;
        }
        boolean translates = then.translates || otherwise.translates;
        TestKey key = new TestKey(predicate, then, otherwise, null);
        if (predicate instanceof Predicate.SourceIs source) {
            return share(translates, key, () -> new Node.SourceTest(source, then, otherwise));
        }
        Predicate once = predicates.computeIfAbsent(predicate, same -> same);
        return share(translates, key, () -> new Node.Test(once, then, otherwise));
    }

    Node interfaceTest(InterfaceName name, Node then, Node otherwise, Node unknown) {
        if (then == otherwise) {
            return then;
        }
        return share(
                then.translates || otherwise.translates,
                new TestKey(name, then, otherwise, unknown),
                () -> new Node.InterfaceTest(name, then, otherwise, unknown));
    }

    /** @param shares of each branch, adding up to 1 */
    Node choice(double[] shares, Node[] branches) {
        return choice(isUniform(shares) ? null : bounds(shares), branches);
    }

    /** @param bounds as in {@link Node.Choice} */
    Node choice(int[] bounds, Node[] branches) {
        if (Arrays.stream(branches).allMatch(branch -> branch == branches[0])) {
            return branches[0];
        }
        boolean translates = Arrays.stream(branches).anyMatch(branch -> branch.translates);
        List<Integer> shares =
                bounds == null ? List.of() : Arrays.stream(bounds).boxed().toList();
        return share(translates, new ChoiceKey(shares, List.of(branches)), () -> new Node.Choice(bounds, branches));
    }

    private static boolean isUniform(double[] shares) {
        return Arrays.stream(shares).allMatch(share -> Math.abs(share - 1.0 / shares.length) < EQUAL_SHARES);
    }

    private static int[] bounds(double[] shares) {
        int[] bounds = new int[shares.length - 1];
        double sum = 0;
        for (int i = 0; i < bounds.length; i++) {
            sum += shares[i];
            bounds[i] = (int) (long) Math.min(0xffff_ffffL, Math.rint(sum * 0x1p32));
        }
        return bounds;
    }

    Node recentRun(List<Term.Listed> lists, Node[] branches, Node otherwise) {
        int count = lists.size();
        int[] numbers = new int[count];
        int[] seconds = new int[count];
        boolean[] reap = new boolean[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = lists.get(i).list();
            seconds[i] = lists.get(i).seconds();
            reap[i] = lists.get(i).reap();
        }
        return recentRun(new Node.RecentRun(numbers, seconds, reap, branches, otherwise), branches, otherwise);
    }

    /** A run that asks the same and leads elsewhere. */
    Node recentRun(Node.RecentRun like, Node[] branches, Node otherwise) {
        return Arrays.stream(branches).allMatch(branch -> branch == otherwise)
                ? otherwise
                : new Node.RecentRun(like.lists, like.seconds, like.reap, branches, otherwise);
    }

    /** Both ways, told apart by nothing that is known. */
    Node either(Node one, Node other, String because) {
        if (one == other) {
            return one;
        }
        Node undecided = undecided(because);
        return one.walks + other.walks > MAX_WALKS
                ? undecided
                : share(
                        one.translates || other.translates,
                        new TestKey(because, one, other, null),
                        () -> new Node.Either(one, other, ((Node.Leaf) undecided).verdict));
    }

    private Node share(boolean leadsToEndpoints, Object key, Supplier<Node> make) {
        Map<Object, Node> known = leadsToEndpoints ? ofClass : shared;
        Node node = known.get(key);
        if (node == null) {
            node = make.get();
            known.put(key, node);
        }
        return node;
    }
}
