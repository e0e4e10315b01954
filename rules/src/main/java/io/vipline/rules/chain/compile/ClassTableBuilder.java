package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.TupleMap;
import java.util.Arrays;

/** Evaluates every class of one address family and state. */
final class ClassTableBuilder {
    private final IpFamily family;
    private final CtState state;
    private final ClassKeys keys;
    private final Evaluator evaluator;
    private final TupleMap<Node> exact = new TupleMap<>();
    private final TupleMap<Node> byHost = new TupleMap<>();
    private final TupleMap<Node> byPort = new TupleMap<>();
    private final Node[] byProtocol = new Node[ClassTable.OTHER_PROTOCOL + 1];

    ClassTableBuilder(
            IndexedRuleset rules, NodeNetwork network, CtState state, RecentLists recentLists, NodeFactory nodes) {
        this.family = rules.ruleset.family();
        this.state = state;
        this.keys = ClassKeys.of(rules, state);
        this.evaluator = new Evaluator(rules, network, keys, recentLists, nodes);
    }

    ClassTable build() {
        for (ClassKeys.Triple triple : keys.triples) {
            putExact(triple.host(), triple.protocol(), triple.port());
        }
        for (int portKey : keys.portKeys) {
            int protocol = ClassKeys.protocolOf(portKey);
            byPort.put(0, 0, portKey, evaluate(protocol, null, ClassKeys.portOf(portKey)));
        }
        for (int protocol : keys.protocols) {
            byProtocol[protocol] = evaluate(protocol, null, ClassKeys.otherPort(protocol));
        }
        byProtocol[ClassTable.OTHER_PROTOCOL] = evaluate(PacketClass.OTHER, null, PacketClass.NONE);
        keys.hosts.stream().filter(host -> host.family() == family).forEach(this::putHost);
        return new ClassTable(exact, byHost, byPort, byProtocol, protocolClasses());
    }

    private Node evaluate(int protocol, IpAddress host, int port) {
        return evaluator.evaluate(new PacketClass(family, state, protocol, host, port));
    }

    private void putExact(IpAddress host, int protocol, int port) {
        int portKey = TupleMap.portKey(protocol, port);
        if (host.family() == family && exact.get(host.high(), host.low(), portKey) == null) {
            exact.put(host.high(), host.low(), portKey, evaluate(protocol, host, port));
        }
    }

    /**
     * All destinations with this address that have no entry of their own. If the way of the address leads through chains
     * that ask for single ports, the address gets an entry for each of these.
     */
    private void putHost(IpAddress host) {
        for (int protocol : keys.protocols) {
            evaluator.clearEntered();
            putHost(host, protocol, evaluate(protocol, host, ClassKeys.otherPort(protocol)));
            if (DestinationTerms.hasPorts(protocol)) {
                evaluator.askedPorts().forEach(portKey -> {
                    if (ClassKeys.protocolOf(portKey) == protocol) {
                        putExact(host, protocol, ClassKeys.portOf(portKey));
                    }
                });
            }
        }
        putHost(host, ClassTable.OTHER_PROTOCOL, evaluate(PacketClass.OTHER, host, PacketClass.NONE));
    }

    private void putHost(IpAddress host, int protocolClass, Node node) {
        byHost.put(host.high(), host.low(), TupleMap.portKey(protocolClass, 0), node);
    }

    private int[] protocolClasses() {
        int[] classes = new int[256];
        Arrays.fill(classes, ClassTable.OTHER_PROTOCOL);
        keys.protocols.forEach(protocol -> classes[protocol] = protocol);
        return classes;
    }
}
