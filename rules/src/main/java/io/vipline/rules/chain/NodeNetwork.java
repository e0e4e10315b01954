package io.vipline.rules.chain;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.TupleMap;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What rules ask the node's routing tables: which addresses are its own, and by which interface a packet leaves. Made of
 * the addresses of its interfaces and of routes, if any are known. Immutable; lookups allocate nothing.
 *
 * <p>Of a node that is known by its rules alone, not every address need be known: {@link #mayBeLocal}.
 */
public final class NodeNetwork {
    /** A route: to these addresses by that interface; an empty name if it may be one of several. */
    public record Route(Cidr destination, String interfaceName) {}

    private final List<LocalAddress> addresses;
    private final TupleMap<String> localHosts = new TupleMap<>();
    private final Cidr[] localRanges;
    private final Route[] routes;
    private final Set<IpFamily> complete;

    private NodeNetwork(Collection<LocalAddress> addresses, Collection<Route> routes, Set<IpFamily> complete) {
        this.complete = Set.copyOf(complete);
        this.addresses = List.copyOf(addresses);
        List<Cidr> ranges = new ArrayList<>();
        List<Route> all = new ArrayList<>(routes);
        for (LocalAddress local : addresses) {
            Cidr subnet = new Cidr(local.address(), local.prefixLength());
            // fib_add_ifaddr(): what is on the loopback device is local as a whole subnet
            if (local.interfaceName().equals("lo")) {
                ranges.add(subnet);
            } else {
                localHosts.put(local.address().high(), local.address().low(), 0, local.interfaceName());
                if (!local.interfaceName().isEmpty()) {
                    all.add(new Route(subnet, local.interfaceName()));
                }
            }
        }
        all.sort((a, b) ->
                Integer.compare(b.destination().prefixLength(), a.destination().prefixLength()));
        this.localRanges = ranges.toArray(Cidr[]::new);
        this.routes = all.toArray(Route[]::new);
    }

    public static NodeNetwork of(Collection<LocalAddress> addresses) {
        return of(addresses, List.of());
    }

    public static NodeNetwork of(Collection<LocalAddress> addresses, Collection<Route> routes) {
        return new NodeNetwork(addresses, routes, Set.of(IpFamily.values()));
    }

    /**
     * A node of which only this is known.
     *
     * @param addresses with an empty interface name where it is not known
     * @param complete families in which these are all addresses of the node
     */
    public static NodeNetwork partlyKnown(
            Collection<LocalAddress> addresses, Collection<Route> routes, Set<IpFamily> complete) {
        return new NodeNetwork(addresses, routes, complete);
    }

    public List<LocalAddress> addresses() {
        return addresses;
    }

    public boolean isLocal(IpAddress address) {
        return isLocal(address.high(), address.low());
    }

    public boolean isLocal(long high, long low) {
        for (Cidr range : localRanges) {
            if (range.contains(high, low)) {
                return true;
            }
        }
        return localHosts.get(high, low, 0) != null;
    }

    /** Whether the node may have this address although it is none of those known. A route to this very address is for another. */
    public boolean mayBeLocal(IpAddress address) {
        return mayBeLocal(address.high(), address.low());
    }

    /** As {@link #mayBeLocal(IpAddress)}. */
    public boolean mayBeLocal(long high, long low) {
        boolean v4 = IpAddress.isV4(high, low);
        return !complete.contains(v4 ? IpFamily.IPV4 : IpFamily.IPV6)
                && !isLocal(high, low)
                && (v4 ? typeOfV4(high, low).equals("UNICAST") : high >>> 56 != 0xff)
                && !hasHostRoute(high, low);
    }

    private boolean hasHostRoute(long high, long low) {
        for (Route route : routes) {
            if (route.destination().isHost() && route.destination().contains(high, low)) {
                return true;
            }
        }
        return false;
    }

    /** Whether every address is known. */
    public boolean isComplete() {
        return complete.size() == IpFamily.values().length;
    }

    /** Whether every address of a family is known. */
    public boolean isComplete(IpFamily family) {
        return complete.contains(family);
    }

    /** Whether every address of the node that is of the range's family is in the range. */
    public boolean isWithin(Cidr cidr) {
        for (LocalAddress local : addresses) {
            if (local.address().family() == cidr.family() && !cidr.contains(local.address())) {
                return false;
            }
        }
        for (Cidr range : localRanges) {
            if (range.family() == cidr.family() && range.prefixLength() < cidr.prefixLength()) {
                return false;
            }
        }
        return true;
    }

    /** Whether some address of the node is in the range. */
    public boolean touches(Cidr cidr) {
        for (LocalAddress local : addresses) {
            if (cidr.contains(local.address())) {
                return true;
            }
        }
        for (Cidr range : localRanges) {
            if (range.contains(cidr.address()) || cidr.contains(range.address())) {
                return true;
            }
        }
        return false;
    }

    /** Whether every address in the range is the node's. */
    public boolean covers(Cidr cidr) {
        for (Cidr range : localRanges) {
            if (range.prefixLength() <= cidr.prefixLength() && range.contains(cidr.address())) {
                return true;
            }
        }
        return cidr.isHost() && isLocal(cidr.address());
    }

    /** The interface by which a packet to this address leaves; null if no route that we know says so. */
    public String outInterface(long high, long low) {
        if (isLocal(high, low)) {
            return "lo";
        }
        for (Route route : routes) {
            if (route.destination().contains(high, low)) {
                return route.interfaceName().isEmpty() ? null : route.interfaceName();
            }
        }
        return null;
    }

    /** The interface that has this address of the node; empty if that is not known, or the address another's. */
    public String interfaceOf(IpAddress address) {
        return interfaceOf(address.high(), address.low());
    }

    /** As {@link #interfaceOf(IpAddress)}. */
    public String interfaceOf(long high, long low) {
        String name = localHosts.get(high, low, 0);
        return name != null ? name : isLocal(high, low) ? "lo" : "";
    }

    /**
     * The first address of an interface in the family of {@code like}: what REDIRECT sends to. An address whose interface
     * is not known may be on any.
     */
    public Optional<IpAddress> addressOf(String interfaceName, IpAddress like) {
        return addresses.stream()
                .filter(local -> local.interfaceName().equals(interfaceName)
                        || local.interfaceName().isEmpty())
                .map(LocalAddress::address)
                .filter(address -> address.family() == like.family())
                .findFirst();
    }

    /** 127.0.0.1 or ::1. */
    public static IpAddress loopback(IpAddress like) {
        return like.isV4() ? IpAddress.v4(0x7f000001) : IpAddress.v6(0, 1);
    }

    /** Whether it is not known if an address that {@link #mayBeLocal} has the types: {@link #hasType} takes it for another's. */
    public boolean mayHaveType(Set<String> types, long high, long low) {
        if (!mayBeLocal(high, low)) {
            return false;
        }
        return IpAddress.isV4(high, low)
                ? types.contains("LOCAL") != types.contains("UNICAST")
                : types.contains("LOCAL") && hasTypes(types, true, high);
    }

    /**
     * {@code net/netfilter/xt_addrtype.c}: in IPv4 an address has one type and must have one of those asked for; in IPv6
     * it must have all. Types that only routes know (BLACKHOLE, PROHIBIT, …) no address has here.
     */
    public boolean hasType(Set<String> types, long high, long low) {
        if (IpAddress.isV4(high, low)) {
            return types.contains(typeOfV4(high, low));
        }
        return hasTypes(types, isLocal(high, low), high);
    }

    private static boolean hasTypes(Set<String> types, boolean local, long high) {
        boolean multicast = high >>> 56 == 0xff;
        for (String type : types) {
            boolean holds = switch (type) {
                case "MULTICAST" -> multicast;
                case "UNICAST" -> !multicast;
                case "LOCAL" -> local;
                default -> false;
            };
            if (!holds) {
                return false;
            }
        }
        return true;
    }

    private String typeOfV4(long high, long low) {
        int v4 = (int) low;
        if (v4 == -1 || v4 >>> 24 == 0) {
            return "BROADCAST";
        }
        if (v4 >>> 28 == 0xe) {
            return "MULTICAST";
        }
        if (isLocal(high, low)) {
            return "LOCAL";
        }
        for (LocalAddress local : addresses) {
            int hostBits = 32 - local.prefixLength();
            boolean subnetHasBroadcast = local.address().isV4() && hostBits >= 2;
            if (subnetHasBroadcast && v4 == (int) (local.address().v4() | (1L << hostBits) - 1)) {
                return "BROADCAST";
            }
        }
        return "UNICAST";
    }
}
