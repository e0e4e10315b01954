package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Knowledge;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.TupleMap;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What follows a translation. It is the same for all endpoints that no rule tells apart, so it is evaluated once for each
 * sort of endpoint, with every {@link Verdict.Pass} standing for the translation, which is put in afterwards.
 */
final class Continuations {
    /**
     * All that rules can tell of a destination.
     *
     * @param host null if no rule names it
     * @param answers to questions that have yes or no for an answer, a bit each
     * @param moreAnswers where 64 do not do; null if none of these is yes
     * @param port {@link PacketClass#OTHER} if no rule names it
     */
    private record Sort(IpAddress host, long answers, BitSet moreAnswers, String outInterface, int port) {
        boolean isNamed() {
            return host != null || port >= 0;
        }
    }

    private record Key(
            Hook hook,
            int baseIndex,
            Sort sort,
            int protocol,
            boolean fromNode,
            SymbolicMarks marks,
            boolean untracked,
            Optional<Boolean> moved,
            SourceTranslation source,
            Knowledge settled) {}

    private static final List<Set<String>> TYPES =
            List.of(Set.of("LOCAL"), Set.of("BROADCAST"), Set.of("MULTICAST"), Set.of("UNICAST"));

    private final NodeNetwork network;
    private final boolean everyDestination;
    private final NodeFactory nodes;
    private final Set<IpAddress> hosts;
    private final Set<Integer> portKeys;
    private final List<Cidr> ranges;
    private final List<PortRange> portRanges;
    private final Map<Key, Node> known = new HashMap<>();
    /** For sorts that rules tell from all others by an address or a port. */
    private final Map<Key, Node> knownOfNamed = new HashMap<>();

    Continuations(ClassKeys keys, NodeNetwork network, NodeFactory nodes) {
        this.network = network;
        this.everyDestination = keys.asksEveryDestination;
        this.nodes = nodes;
        this.hosts = keys.allHosts;
        this.portKeys = keys.portKeys;
        this.ranges = new ArrayList<>(keys.ranges);
        this.portRanges = new ArrayList<>(keys.portRanges);
    }

    /**
     * The rest of the way of a packet that has just been translated to a destination which is wholly known.
     *
     * @param evaluate called for an endpoint of a new sort
     */
    Node after(Course course, Function<Course, Node> evaluate) {
        Symbolic packet = course.packet;
        Key key = new Key(
                course.hook,
                course.baseIndex,
                sortOf(packet.host(), packet.protocol(), packet.port()),
                packet.protocol(),
                packet.fromNode(),
                packet.marks(),
                packet.untracked(),
                packet.moved(),
                packet.source(),
                packet.known());
        Map<Key, Node> sorts = key.sort().isNamed() ? knownOfNamed : known;
        Node rest = sorts.get(key);
        if (rest == null) {
            Course any = new Course(course);
            any.packet = packet.toAnyEndpoint();
            rest = evaluate.apply(any);
            sorts.put(key, rest);
        }
        return instantiate(rest, packet, new IdentityHashMap<>(2));
    }

    /** Rules with a single address or port changed. */
    void forgetNamed() {
        knownOfNamed.clear();
    }

    private Sort sortOf(IpAddress host, int protocol, int port) {
        long bits = 0;
        BitSet more = null;
        int count = ranges.size() + TYPES.size() + portRanges.size();
        for (int i = 0; i < count; i++) {
            if (holds(i, host, port)) {
                if (i < Long.SIZE) {
                    bits |= 1L << i;
                } else {
                    more = more == null ? new BitSet() : more;
                    more.set(i);
                }
            }
        }
        boolean named = everyDestination || hosts.contains(host);
        boolean namedPort = named || port < 0 || portKeys.contains(TupleMap.portKey(protocol, port));
        return new Sort(
                named ? host : null,
                bits,
                more,
                network.outInterface(host.high(), host.low()),
                namedPort ? port : PacketClass.OTHER);
    }

    /** The answer to one of all questions that rules may ask of a destination and that have yes or no for an answer. */
    private boolean holds(int question, IpAddress host, int port) {
        if (question < TYPES.size()) {
            return network.hasType(TYPES.get(question), host.high(), host.low());
        }
        int range = question - TYPES.size();
        return range < ranges.size()
                ? ranges.get(range).contains(host)
                : portRanges.get(range - ranges.size()).contains(port);
    }

    private Node instantiate(Node node, Symbolic packet, Map<Node, Node> done) {
        if (node instanceof Node.Leaf leaf) {
            return leaf.verdict instanceof Verdict.Pass(SourceTranslation source, boolean local)
                    ? nodes.dnat(packet, source, local)
                    : leaf;
        }
        Node made = done.get(node);
        if (made == null) {
            made = copy(node, packet, done);
            done.put(node, made);
        }
        return made;
    }

    private Node copy(Node node, Symbolic packet, Map<Node, Node> done) {
        return switch (node) {
            case Node.Leaf leaf -> leaf;
            case Node.Test test ->
                nodes.test(
                        instantiate(test.predicate, packet.translation().endpoint),
                        instantiate(test.then, packet, done),
                        instantiate(test.otherwise, packet, done));
            case Node.SourceTest test ->
                nodes.test(
                        test.predicate(),
                        instantiate(test.then, packet, done),
                        instantiate(test.otherwise, packet, done));
            case Node.InterfaceTest test ->
                nodes.interfaceTest(
                        test.name,
                        instantiate(test.then, packet, done),
                        instantiate(test.otherwise, packet, done),
                        instantiate(test.unknown, packet, done));
            case Node.Either either ->
                nodes.either(
                        instantiate(either.one, packet, done),
                        instantiate(either.other, packet, done),
                        ((Verdict.Undecided) either.undecided).because());
            case Node.Choice choice -> nodes.choice(choice.bounds, instantiate(choice.branches, packet, done));
            case Node.RecentRun run ->
                nodes.recentRun(run, instantiate(run.branches, packet, done), instantiate(run.otherwise, packet, done));
        };
    }

    private Node[] instantiate(Node[] branches, Symbolic packet, Map<Node, Node> done) {
        Node[] made = new Node[branches.length];
        for (int i = 0; i < made.length; i++) {
            made[i] = instantiate(branches[i], packet, done);
        }
        return made;
    }

    private static Predicate instantiate(Predicate predicate, IpPort endpoint) {
        return predicate instanceof Predicate.MovedToEndpoint
                ? new Predicate.Moved(endpoint.address(), endpoint.port())
                : predicate;
    }
}
