package io.vipline.dataplane.underlay;

import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Who has which address, as the routing tables and the load balancers of a cluster know. Stations are numbered from 0.
 * Filled first, then only read.
 */
public final class Topology {
    private record Range(Cidr cidr, int station) {}

    private record Balanced(int protocol, int port, Set<Integer> healthy) {}

    private final Map<IpAddress, Integer> machines = new HashMap<>();
    private final Map<IpAddress, Integer> pods = new HashMap<>();
    private final List<Range> podRanges = new ArrayList<>();
    private final Map<IpAddress, List<Balanced>> balanced = new HashMap<>();

    /** The address is the station's own. */
    public void machine(IpAddress address, int station) {
        machines.putIfAbsent(address, station);
    }

    /** A pod with this address runs on the station. */
    public void pod(IpAddress address, int station) {
        pods.putIfAbsent(address, station);
    }

    /** Pods of the station have addresses of this range. */
    public void podRange(Cidr range, int station) {
        podRanges.add(new Range(range, station));
    }

    /**
     * The network in front gives packets to this address and port to one of these stations, which find the address on them
     * as their destination: a load balancer that routes, with what its health checks say.
     */
    public void balanced(IpAddress address, int protocol, int port, Set<Integer> healthy) {
        balanced.computeIfAbsent(address, any -> new ArrayList<>())
                .add(new Balanced(protocol, port, new LinkedHashSet<>(healthy)));
    }

    /** The station that is the way to an address: it has it itself, or a pod of it has. */
    OptionalInt wayTo(IpAddress address) {
        Integer machine = machines.get(address);
        return machine != null ? OptionalInt.of(machine) : podStation(address);
    }

    private OptionalInt podStation(IpAddress address) {
        Integer station = pods.get(address);
        if (station != null) {
            return OptionalInt.of(station);
        }
        return podRanges.stream()
                .filter(range -> range.cidr.contains(address))
                .mapToInt(Range::station)
                .findFirst();
    }

    boolean isBalanced(IpAddress address) {
        return balanced.containsKey(address);
    }

    /**
     * The station that a load balancer gives a packet to, the same for all packets of a flow. Whole packets are spread by
     * addresses and ports, those without ports by addresses alone, as Linux does with {@code fib_multipath_hash_policy} 1.
     *
     * @return empty if no station is healthy
     */
    OptionalInt balance(Packet packet, long seed) {
        IpAddress address = new IpAddress(packet.destinationHigh, packet.destinationLow);
        boolean hasPorts = packet.hasPorts && !packet.fragment;
        Set<Integer> healthy = new LinkedHashSet<>();
        for (Balanced one : balanced.get(address)) {
            boolean isAsked = one.protocol == packet.protocol && one.port == packet.destinationPort;
            if (isAsked || !hasPorts) {
                healthy.addAll(one.healthy);
            }
        }
        if (healthy.isEmpty()) {
            return OptionalInt.empty();
        }
        long ports = hasPorts ? (long) packet.ports() << 8 | packet.protocol : 0;
        long mixed = mix(seed ^ mix(packet.sourceLow ^ mix(packet.sourceHigh ^ mix(ports))));
        int index = (int) Long.remainderUnsigned(mixed, healthy.size());
        return OptionalInt.of(List.copyOf(healthy).get(index));
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ mixed >>> 31;
    }
}
