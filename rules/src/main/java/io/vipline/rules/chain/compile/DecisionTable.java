package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.TupleMap;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.ServiceId;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;
import java.util.ArrayList;
import java.util.List;

/** A compiled table: hash lookups by destination that lead to small decision graphs. */
final class DecisionTable implements Table {
    private static final int STATES = PacketKey.UNTRACKED + 1;

    /** By family (IPv4 first) and state. */
    private final ClassTable[] classes;

    private final NodeNetwork network;
    private final ServiceId[] services;
    private final IpPort[] endpoints;
    private final ServiceId[] servicesOfEndpoints;
    private final TupleMap<Boolean> endpointSet;
    private final int recentLists;
    private final RecentReach recentReach;
    private final boolean acceptsEstablished;

    DecisionTable(ClassTable[] classes, NodeNetwork network, Registry registry, int recentLists) {
        this.classes = classes;
        this.network = network;
        this.services = registry.services().toArray(ServiceId[]::new);
        this.endpoints = registry.endpoints().toArray(IpPort[]::new);
        this.servicesOfEndpoints = registry.servicesOfEndpoints().toArray(ServiceId[]::new);
        this.endpointSet = registry.reached();
        this.recentLists = recentLists;
        this.recentReach = new RecentReach(recentLists == 0 ? List.of() : starts(PacketKey.NEW));
        this.acceptsEstablished = passes(PacketKey.ESTABLISHED) && passes(PacketKey.RELATED);
    }

    private boolean passes(int state) {
        return starts(state).stream().allMatch(node -> node.onlyPasses);
    }

    /** Where decisions on packets of a state begin. */
    private List<Node> starts(int state) {
        List<Node> starts = new ArrayList<>();
        for (int at = state; at < classes.length; at += STATES) {
            TupleMap.Visitor<Node> take = (high, low, portKey, node) -> starts.add(node);
            classes[at].exact.forEach(take);
            classes[at].byHost.forEach(take);
            classes[at].byPort.forEach(take);
            for (Node node : classes[at].byProtocol) {
                if (node != null) {
                    starts.add(node);
                }
            }
        }
        return starts;
    }

    /** Where the decision on such a packet begins. */
    Node find(long high, long low, int protocol, int port, int state) {
        int family = IpAddress.isV4(high, low) ? 0 : STATES;
        return classes[family + state].find(high, low, protocol, port);
    }

    @Override
    public Verdict lookup(PacketKey key, FlowState state) {
        return find(key.destinationHigh, key.destinationLow, key.protocol, key.destinationPort, key.state)
                .decide(key, state);
    }

    @Override
    public boolean isServiceAddress(long high, long low, int protocol, int port) {
        Node node = find(high, low, protocol, port, PacketKey.NEW);
        return node.translates && reachesEndpoint(node, high, low, port);
    }

    /** Whether some packet to this destination is translated: what the destination does not decide goes both ways. */
    private boolean reachesEndpoint(Node node, long high, long low, int port) {
        return node.translates
                && switch (node) {
                    case Node.Leaf _ -> true;
                    case Node.Test test ->
                        switch (test.predicate) {
                            case Predicate.DestinationLocal _ ->
                                reachesEndpoint(
                                        network.isLocal(high, low) ? test.then : test.otherwise, high, low, port);
                            case Predicate.DestinationMayHaveType asked ->
                                reachesEndpoint(
                                        network.mayHaveType(asked.types(), high, low) ? test.then : test.otherwise,
                                        high,
                                        low,
                                        port);
                            case Predicate.DestinationIn in -> {
                                boolean holds = (low & in.maskLow()) == in.low() && (high & in.maskHigh()) == in.high();
                                yield reachesEndpoint(holds ? test.then : test.otherwise, high, low, port);
                            }
                            case Predicate.DestinationPort(Predicate.Ports ports) ->
                                reachesEndpoint(ports.contains(port) ? test.then : test.otherwise, high, low, port);
                            default ->
                                reachesEndpoint(test.then, high, low, port)
                                        || reachesEndpoint(test.otherwise, high, low, port);
                        };
                    case Node.SourceTest test ->
                        reachesEndpoint(test.then, high, low, port) || reachesEndpoint(test.otherwise, high, low, port);
                    case Node.InterfaceTest test ->
                        reachesEndpoint(test.then, high, low, port) || reachesEndpoint(test.otherwise, high, low, port);
                    case Node.Either either ->
                        reachesEndpoint(either.one, high, low, port) || reachesEndpoint(either.other, high, low, port);
                    case Node.Choice choice -> anyReaches(choice.branches, high, low, port);
                    case Node.RecentRun run ->
                        reachesEndpoint(run.otherwise, high, low, port) || anyReaches(run.branches, high, low, port);
                };
    }

    private boolean anyReaches(Node[] branches, long high, long low, int port) {
        for (Node branch : branches) {
            if (reachesEndpoint(branch, high, low, port)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isEndpoint(long high, long low, int protocol, int port) {
        return endpointSet.get(high, low, TupleMap.portKey(protocol, port)) != null;
    }

    @Override
    public boolean isLocal(long high, long low) {
        return network.isLocal(high, low);
    }

    @Override
    public boolean acceptsEstablished() {
        return acceptsEstablished;
    }

    @Override
    public int services() {
        return services.length;
    }

    @Override
    public ServiceId service(int index) {
        return services[index];
    }

    @Override
    public int endpoints() {
        return endpoints.length;
    }

    @Override
    public IpPort endpoint(int endpointId) {
        return endpoints[endpointId];
    }

    @Override
    public ServiceId serviceOf(int endpointId) {
        return servicesOfEndpoints[endpointId];
    }

    @Override
    public int recentLists() {
        return recentLists;
    }

    @Override
    public boolean dependsOnRecent(long high, long low, int protocol, int port) {
        return recentLists > 0
                && (recentReach.holdsEndpoint(high, low, port)
                        || recentReach.holds(find(high, low, protocol, port, PacketKey.NEW)));
    }
}
