package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.TupleMap;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Evaluates the classes of one address family and state: all of them once, then those that a change of the rules
 * touches. A class is also there when its rules are gone, if an address or a port of it is still named: then it is one
 * more than needed, and right.
 */
final class ClassTableBuilder {
    private final IpFamily family;
    private final int state;
    private final ClassKeys keys;
    private final Evaluator evaluator;
    private final ReachedEndpoints reached;
    private TupleMap<Node> exact = new TupleMap<>();
    private TupleMap<Node> byHost = new TupleMap<>();
    private TupleMap<Node> byPort = new TupleMap<>();
    private final Node[] byProtocol = new Node[ClassTable.OTHER_PROTOCOL + 1];
    private final int[] protocolClasses = new int[256];
    /** Named addresses whose way leads through chains that ask for single ports. */
    private final Set<IpAddress> askingHosts = new HashSet<>();

    private final Set<ClassKeys.Triple> touchedTriples = new LinkedHashSet<>();
    private final Set<IpAddress> touchedHosts = new LinkedHashSet<>();
    private final Set<Integer> touchedPortKeys = new LinkedHashSet<>();
    /** Classes whose packets may suffer something. */
    private int notPassing;

    /** @param state index into {@link ClassKeys#STATES} */
    ClassTableBuilder(IpFamily family, int state, ClassKeys keys, Evaluator evaluator, ReachedEndpoints reached) {
        this.family = family;
        this.state = state;
        this.keys = keys;
        this.evaluator = evaluator;
        this.reached = reached;
    }

    /** Evaluates every class. */
    ClassTable build() {
        for (ClassKeys.Triple triple : keys.triples) {
            putExact(triple);
        }
        for (int portKey : keys.portKeys) {
            putPort(portKey);
        }
        for (int protocol : keys.protocols) {
            byProtocol[protocol] = noted(null, evaluate(protocol, null, ClassKeys.otherPort(protocol)), protocol);
        }
        byProtocol[ClassTable.OTHER_PROTOCOL] =
                noted(null, evaluate(PacketClass.OTHER, null, PacketClass.NONE), PacketClass.OTHER);
        for (IpAddress host : keys.hosts) {
            if (host.family() == family) {
                for (ClassKeys.Triple asked : putHost(host)) {
                    if (exact.get(host.high(), host.low(), portKey(asked)) == null) {
                        putExact(asked);
                    }
                }
            }
        }
        Arrays.fill(protocolClasses, ClassTable.OTHER_PROTOCOL);
        keys.protocols.forEach(protocol -> protocolClasses[protocol] = protocol);
        return table();
    }

    private ClassTable table() {
        return new ClassTable(exact, byHost, byPort, byProtocol, protocolClasses);
    }

    /** Whether all packets pass as they are. */
    boolean onlyPasses() {
        return notPassing == 0;
    }

    void touch(ClassKeys.Triple triple) {
        touchedTriples.add(triple);
    }

    /** All classes of the address. */
    void touch(IpAddress host) {
        touchedHosts.add(host);
    }

    /** All classes of the port. */
    void touchPort(int portKey) {
        touchedPortKeys.add(portKey);
    }

    boolean isTouched() {
        return !(touchedTriples.isEmpty() && touchedHosts.isEmpty() && touchedPortKeys.isEmpty());
    }

    /** Evaluates what was touched. The tables made before stay as they are. */
    ClassTable refresh() {
        exact = exact.next();
        byHost = byHost.next();
        byPort = byPort.next();
        evaluator.rulesChanged();
        touchedHosts.stream().filter(host -> host.family() == family).forEach(this::refreshHost);
        touchedPortKeys.forEach(this::refreshPort);
        for (ClassKeys.Triple triple : touchedTriples) {
            IpAddress host = triple.host();
            boolean named = keys.triples.contains(triple)
                    || keys.hosts.contains(host) && keys.portKeys.contains(portKey(triple));
            if (named && host.family() == family) {
                putExact(triple);
            } else {
                remove(exact, host, portKey(triple), triple.protocol());
            }
        }
        touchedHosts.clear();
        touchedPortKeys.clear();
        touchedTriples.clear();
        return table();
    }

    private void refreshHost(IpAddress host) {
        exact.forEach((high, low, portKey, node) -> {
            if (low == host.low() && high == host.high()) {
                touchedTriples.add(triple(host, portKey));
            }
        });
        if (keys.hosts.contains(host)) {
            touchedTriples.addAll(putHost(host));
            return;
        }
        for (int protocol : keys.protocols) {
            remove(byHost, host, TupleMap.portKey(protocol, 0), protocol);
        }
        remove(byHost, host, TupleMap.portKey(ClassTable.OTHER_PROTOCOL, 0), PacketClass.OTHER);
        askingHosts.remove(host);
    }

    private void refreshPort(int portKey) {
        if (keys.portKeys.contains(portKey)) {
            putPort(portKey);
            askingHosts.forEach(host -> touchedTriples.add(triple(host, portKey)));
        } else {
            remove(byPort, ANY, portKey, ClassKeys.protocolOf(portKey));
        }
        if (keys.isPortOfTriple(portKey) || !askingHosts.isEmpty()) {
            exact.forEach((high, low, present, node) -> {
                if (present == portKey) {
                    touchedTriples.add(triple(new IpAddress(high, low), portKey));
                }
            });
        }
    }

    private static final IpAddress ANY = IpAddress.v6(0, 0);

    private static ClassKeys.Triple triple(IpAddress host, int portKey) {
        return new ClassKeys.Triple(host, ClassKeys.protocolOf(portKey), ClassKeys.portOf(portKey));
    }

    private static int portKey(ClassKeys.Triple triple) {
        return TupleMap.portKey(triple.protocol(), triple.port());
    }

    private Node evaluate(int protocol, IpAddress host, int port) {
        return evaluator.evaluate(new PacketClass(family, ClassKeys.STATES.get(state), protocol, host, port));
    }

    private void putExact(ClassKeys.Triple triple) {
        if (triple.host().family() == family) {
            Node node = evaluate(triple.protocol(), triple.host(), triple.port());
            put(exact, triple.host(), portKey(triple), node, triple.protocol());
        }
    }

    private void putPort(int portKey) {
        int protocol = ClassKeys.protocolOf(portKey);
        put(byPort, ANY, portKey, evaluate(protocol, null, ClassKeys.portOf(portKey)), protocol);
    }

    /**
     * All destinations with this address that have no entry of their own.
     *
     * @return those that need one: if the way of the address leads through chains that ask for single ports, one for each
     *     of these
     */
    private Set<ClassKeys.Triple> putHost(IpAddress host) {
        Set<ClassKeys.Triple> asked = new LinkedHashSet<>();
        for (int protocol : keys.protocols) {
            evaluator.clearEntered();
            Node node = evaluate(protocol, host, ClassKeys.otherPort(protocol));
            put(byHost, host, TupleMap.portKey(protocol, 0), node, protocol);
            if (DestinationTerms.hasPorts(protocol)) {
                evaluator.askedPorts().forEach(portKey -> {
                    if (ClassKeys.protocolOf(portKey) == protocol) {
                        asked.add(triple(host, portKey));
                    }
                });
            }
        }
        Node other = evaluate(PacketClass.OTHER, host, PacketClass.NONE);
        put(byHost, host, TupleMap.portKey(ClassTable.OTHER_PROTOCOL, 0), other, PacketClass.OTHER);
        if (asked.isEmpty()) {
            askingHosts.remove(host);
        } else {
            askingHosts.add(host);
        }
        return asked;
    }

    private void put(TupleMap<Node> map, IpAddress host, int portKey, Node node, int protocol) {
        Node before = map.get(host.high(), host.low(), portKey);
        if (before != node) {
            map.put(host.high(), host.low(), portKey, noted(before, node, protocol));
        }
    }

    private void remove(TupleMap<Node> map, IpAddress host, int portKey, int protocol) {
        noted(map.get(host.high(), host.low(), portKey), null, protocol);
        map.remove(host.high(), host.low(), portKey);
    }

    /** Keeps account of what classes lead to. @return {@code now} */
    private Node noted(Node before, Node now, int protocol) {
        if (now != null) {
            notPassing += now.onlyPasses ? 0 : 1;
            reached.count(now, protocol, 1);
        }
        if (before != null) {
            notPassing -= before.onlyPasses ? 0 : 1;
            reached.count(before, protocol, -1);
        }
        return now;
    }
}
