package io.vipline.tools.verify;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.policy.ServiceEndpoints;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The node's links: one to the outside, which has its addresses and the default route, and one to its own pods. Both
 * worlds are laid out by it.
 *
 * @param pods addresses behind the second link
 * @param podInterface what the second link is called on the node
 * @param mtuBytes of all routes: an endpoint that one world chooses is as far as another that the other chooses
 */
record NodeLayout(ProxyConfig config, NodeNetwork network, Set<IpAddress> pods, String podInterface, int mtuBytes) {
    static final String OUTSIDE_INTERFACE = "eth0";
    /** Of the links themselves. */
    static final int LINK_MTU_BYTES = 65_535;

    /** @param services of both families */
    static NodeLayout of(ProxyConfig config, List<ServiceEndpoints> services, int mtuBytes) {
        NodeNetwork network = NodeNetwork.of(config.localAddresses());
        Set<IpAddress> pods = new LinkedHashSet<>();
        for (ServiceEndpoints service : services) {
            for (Endpoint endpoint : service.endpoints()) {
                IpAddress address = endpoint.address().address();
                if (endpoint.local() && !network.isLocal(address)) {
                    pods.add(address);
                }
            }
        }
        return new NodeLayout(config, network, Set.copyOf(pods), podInterface(config.detectLocal()), mtuBytes);
    }

    /** Where pods are told by their interface it has a name to be told by. */
    private static String podInterface(DetectLocal detect) {
        return switch (detect) {
            case DetectLocal.ByInterface(String pattern) ->
                pattern.endsWith("+") ? pattern.substring(0, pattern.length() - 1) + "0" : pattern;
            case DetectLocal.None none -> "pods";
            case DetectLocal.BySource source -> "pods";
        };
    }

    Side sideOf(IpAddress address) {
        return pods.contains(address) ? Side.PODS : Side.OUTSIDE;
    }

    String interfaceOf(Side side) {
        return side == Side.PODS ? podInterface : OUTSIDE_INTERFACE;
    }

    boolean isLocal(IpAddress address) {
        return network.isLocal(address);
    }

    Optional<IpAddress> nodeIp(IpFamily family) {
        return config.nodeIp(family);
    }
}
