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
    private final Registry.Numbers numbers;
    private final TupleMap<Integer> reached;
    private final int recentLists;
    private final boolean acceptsEstablished;
    /** Made when first asked for; whoever finds it missing makes the same. */
    private volatile RecentReach recentReach;

    /**
     * @param reached destinations that packets are translated to
     * @param acceptsEstablished as {@link Table#acceptsEstablished}
     */
    DecisionTable(
            ClassTable[] classes,
            NodeNetwork network,
            Registry.Numbers numbers,
            TupleMap<Integer> reached,
            int recentLists,
            boolean acceptsEstablished) {
        this.classes = classes;
        this.network = network;
        this.numbers = numbers;
        this.reached = reached;
        this.recentLists = recentLists;
        this.acceptsEstablished = acceptsEstablished;
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
        return reached.get(high, low, TupleMap.portKey(protocol, port)) != null;
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
        return numbers.serviceCount();
    }

    @Override
    public ServiceId service(int index) {
        return numbers.services()[index];
    }

    @Override
    public int endpoints() {
        return numbers.endpointCount();
    }

    @Override
    public IpPort endpoint(int endpointId) {
        return numbers.endpoints()[endpointId];
    }

    @Override
    public ServiceId serviceOf(int endpointId) {
        return numbers.servicesOfEndpoints()[endpointId];
    }

    @Override
    public int recentLists() {
        return recentLists;
    }

    @Override
    public boolean dependsOnRecent(long high, long low, int protocol, int port) {
        if (recentLists == 0) {
            return false;
        }
        RecentReach reach = recentReach;
        if (reach == null) {
            reach = new RecentReach(starts(PacketKey.NEW));
            recentReach = reach;
        }
        return reach.holdsEndpoint(high, low, port) || reach.holds(find(high, low, protocol, port, PacketKey.NEW));
    }
}
