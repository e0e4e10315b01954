package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.DropCauses;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.table.ServiceId;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What targets do to what is known of a packet. */
final class SymbolicAction {
    /** Jumps within jumps: no kernel allows as many, so there is a loop. */
    private static final int MAX_DEPTH = 1000;

    private final IndexedRuleset rules;
    private final NodeNetwork network;
    private final RecentLists recentLists;
    private final NodeFactory nodes;
    private final Function<Course, Node> fromBoundary;
    private final List<ChainIndex> entered = new ArrayList<>();
    private long packetClass;

    SymbolicAction(
            IndexedRuleset rules,
            NodeNetwork network,
            RecentLists recentLists,
            NodeFactory nodes,
            Function<Course, Node> fromBoundary) {
        this.rules = rules;
        this.network = network;
        this.recentLists = recentLists;
        this.nodes = nodes;
        this.fromBoundary = fromBoundary;
    }

    /** Starts noting chains anew. */
    void nextClass() {
        packetClass++;
        entered.clear();
    }

    /** The chains that evaluation came to since {@link #nextClass}. */
    List<ChainIndex> entered() {
        return entered;
    }

    private void note(ChainIndex chain) {
        if (chain.enteredBy != packetClass) {
            chain.enteredBy = packetClass;
            entered.add(chain);
        }
    }

    void begin(Course course, ChainIndex chain) {
        note(chain);
        course.begin(chain);
    }

    /** @return the rest of the way, if this decided it; null if the course goes on */
    Node act(Course course, IndexedRule indexed) {
        Rule rule = indexed.rule;
        for (String list : indexed.fills) {
            course.packet = course.packet.rememberedIn(recentLists.number(list));
        }
        switch (rule.target()) {
            case Target.Continue(), Target.Ignored(String _) -> {}
            case Target.Accept() -> course.frame = null;
            case Target.Drop() -> {
                return drop(course, rule);
            }
            case Target.Reject(String with, String _) -> {
                return nodes.leaf(new Verdict.Reject(with, nodes.registry().service(rule.service())));
            }
            case Target.Return() -> course.rule = Long.MAX_VALUE;
            case Target.Jump(String name) -> {
                return enter(course, indexed, name, false);
            }
            case Target.Goto(String name) -> {
                return enter(course, indexed, name, true);
            }
            case Target.SetMark(int clear, int xor, String _) ->
                course.packet = course.packet.withMarks(course.packet.marks().set(clear, xor));
            case Target.ConnectionMark mark ->
                course.packet = course.packet.withMarks(course.packet.marks().act(mark));
            case Target.NoTrack(String _) -> course.packet = course.packet.notTracked();
            case Target.Opaque(String text, String because)
            when course.isNat() -> {
                return nodes.undecided(text + ": " + because);
            }
            // on the way where the packet ends with it
            case Target.Opaque _ -> {
                return drop(course, rule);
            }
            case Target.Dnat dnat -> {
                if (mapsDestination(course)) {
                    translate(course, endpoint(indexed, dnat));
                }
            }
            case Target.Redirect(int port, String _) -> {
                return redirect(course, rule.service(), port);
            }
            case Target.Masquerade(boolean randomFully, Optional<PortRange> ports, String _) ->
                source(course, new SourceTranslation.Masquerade(randomFully, first(ports), last(ports)));
            case Target.Snat(IpAddress address, Optional<PortRange> ports, boolean randomFully, String _) ->
                source(course, new SourceTranslation.To(address, randomFully, first(ports), last(ports)));
        }
        return null;
    }

    private Node drop(Course course, Rule rule) {
        ServiceId service = nodes.registry().service(rule.service());
        return nodes.leaf(new Verdict.Drop(DropCauses.of(rule), service, course.hook == Hook.PREROUTING));
    }

    private Node enter(Course course, IndexedRule rule, String name, boolean instead) {
        ChainIndex chain = rule.called;
        if (!chain.present) {
            return nodes.undecided("chain " + name + " is not among the rules");
        }
        if (course.frame.depth > MAX_DEPTH) {
            return nodes.undecided("chain " + name + " calls itself");
        }
        note(chain);
        if (instead) {
            course.replace(chain);
        } else {
            course.call(chain);
        }
        return null;
    }

    /** Elsewhere the kernel refuses DNAT and REDIRECT; they do nothing here. */
    private static boolean mapsDestination(Course course) {
        return course.isNat() && course.mapsDestination();
    }

    private EndpointRef endpoint(IndexedRule rule, Target.Dnat target) {
        if (rule.endpoint == null) {
            IpPort endpoint = new IpPort(target.address().orElse(Symbolic.UNCHANGED), target.port());
            rule.endpoint = nodes.registry().endpoint(rule.rule.service(), endpoint);
        }
        return rule.endpoint;
    }

    private void translate(Course course, EndpointRef to) {
        IpAddress address = to.endpoint.address();
        Optional<Boolean> toNode =
                address.equals(Symbolic.UNCHANGED) ? course.packet.toNode() : Optional.of(network.isLocal(address));
        course.packet = course.packet.translated(to, toNode, nodes.registry());
        course.frame = null;
    }

    private static void source(Course course, SourceTranslation translation) {
        if (course.isNat() && !course.mapsDestination() && course.hook != Hook.FORWARD) {
            course.packet = course.packet.from(translation);
            course.frame = null;
        }
    }

    /** {@code nf_nat_redirect_ipv4}: to loopback for what the node sends, else to the interface of arrival. */
    private Node redirect(Course course, String service, int port) {
        if (!mapsDestination(course)) {
            return null;
        }
        IpFamily family = course.packet.arrival().family();
        IpAddress like = family == IpFamily.IPV4 ? IpAddress.v4(0) : IpAddress.v6(0, 0);
        if (course.hook == Hook.OUTPUT) {
            translate(course, nodes.registry().endpoint(service, new IpPort(NodeNetwork.loopback(like), port)));
            return null;
        }
        Node unknown = nodes.undecided("REDIRECT goes to an address of the interface of arrival, not known");
        Node node = unknown;
        Set<String> names = new LinkedHashSet<>();
        for (LocalAddress local : network.addresses()) {
            boolean first = local.address().family() == family && names.add(local.interfaceName());
            if (first) {
                Course way = new Course(course);
                translate(way, nodes.registry().endpoint(service, new IpPort(local.address(), port)));
                node = nodes.interfaceTest(
                        new InterfaceName.Arrival(local.interfaceName()), fromBoundary.apply(way), node, unknown);
            }
        }
        return node;
    }

    private static int first(Optional<PortRange> ports) {
        return ports.map(PortRange::first).orElse(0);
    }

    private static int last(Optional<PortRange> ports) {
        return ports.map(PortRange::last).orElse(0);
    }
}
