package io.vipline.tools;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.tools.live.RouteLine;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of the network of a node that is given by its rules alone: loopback, {@code --node-address}, and what
 * routes tell. In a family of which one address was given by {@code --node-address} or a {@code local} route, the given
 * ones are all.
 */
final class DumpedNetwork {
    private final List<LocalAddress> addresses = new ArrayList<>();
    private final List<NodeNetwork.Route> routes = new ArrayList<>();
    private final Set<IpFamily> complete = EnumSet.noneOf(IpFamily.class);

    DumpedNetwork(List<LocalAddress> given, List<RouteLine> lines) {
        addresses.add(new LocalAddress("lo", IpAddress.of("127.0.0.1"), 8));
        addresses.add(new LocalAddress("lo", IpAddress.of("::1"), 128));
        lines.forEach(this::addRoute);
        for (LocalAddress local : given) {
            complete.add(local.address().family());
            if (addresses.stream().noneMatch(known -> known.address().equals(local.address()))) {
                boolean range = local.interfaceName().equals("lo");
                addresses.add(new LocalAddress(range ? "lo" : "", local.address(), local.prefixLength()));
            }
        }
    }

    private void addRoute(RouteLine line) {
        for (Cidr destination : line.destinations()) {
            switch (line.type()) {
                case "local" -> {
                    complete.add(destination.family());
                    boolean host = destination.isHost();
                    String name = host && !line.interfaceName().equals("lo") ? line.interfaceName() : "lo";
                    addresses.add(new LocalAddress(name, destination.address(), destination.prefixLength()));
                }
                case "unicast" -> routes.add(new NodeNetwork.Route(destination, line.interfaceName()));
                default -> {}
            }
        }
        if (line.type().equals("unicast") && line.source().isPresent()) {
            IpAddress source = line.source().get();
            int length = line.gateway().isEmpty()
                            && line.destinations().getFirst().contains(source)
                            && line.destinations().getFirst().prefixLength() > 0
                    ? line.destinations().getFirst().prefixLength()
                    : source.family().bits();
            if (addresses.stream().noneMatch(known -> known.address().equals(source))) {
                addresses.add(new LocalAddress(line.interfaceName(), source, length));
            }
        }
    }

    NodeNetwork network() {
        return NodeNetwork.partlyKnown(addresses, routes, complete);
    }

    /** The routes that lead somewhere. */
    static List<NodeNetwork.Route> routes(List<RouteLine> lines) {
        return new DumpedNetwork(List.of(), lines).routes;
    }

    /** What masquerading uses: the first address that is not loopback's. */
    Optional<IpAddress> masqueradeAddress(IpFamily family) {
        return addresses.stream()
                .filter(local -> !local.interfaceName().equals("lo"))
                .map(LocalAddress::address)
                .filter(address -> address.family() == family)
                .findFirst();
    }
}
