package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.net.IpFamily;
import java.util.Optional;

/** Names of what stands in kube-proxy's table whatever the Services are. */
final class NftChains {
    static final String SERVICES = "services";
    static final String SERVICE_ENDPOINTS_CHECK = "service-endpoints-check";
    static final String NODE_PORT_ENDPOINTS_CHECK = "nodeport-endpoints-check";
    static final String FIREWALL_CHECK = "firewall-check";
    static final String CLUSTER_IPS_CHECK = "cluster-ips-check";
    static final String REJECT = "reject-chain";
    static final String MARK_MASQ = "mark-for-masquerade";
    static final String MASQUERADING = "masquerading";

    static final String SERVICE_IPS = "service-ips";
    static final String SERVICE_NODE_PORTS = "service-nodeports";
    static final String NO_ENDPOINT_SERVICES = "no-endpoint-services";
    static final String NO_ENDPOINT_NODE_PORTS = "no-endpoint-nodeports";
    static final String FIREWALL_IPS = "firewall-ips";
    static final String CLUSTER_IPS = "cluster-ips";
    static final String NODE_PORT_IPS = "nodeport-ips";

    private static final int FILTER = 0;
    private static final int DNAT = -100;
    private static final int SNAT = 100;

    /** Where filters still see the destination that the client asked for. */
    private static final int PRE_DNAT = DNAT - 10;

    private NftChains() {}

    /** The chain in which the elements of a map stand: the one that looks them up by the whole destination, or its own. */
    static String lookingUp(String map) {
        return switch (map) {
            case SERVICE_IPS -> SERVICES;
            case NO_ENDPOINT_SERVICES -> SERVICE_ENDPOINTS_CHECK;
            case FIREWALL_IPS -> FIREWALL_CHECK;
            default -> map;
        };
    }

    /** {@code ip kube-proxy} or {@code ip6 kube-proxy}. */
    static String table(IpFamily family) {
        return addressKeyword(family) + " kube-proxy";
    }

    /** How nft calls the family's header: {@code ip}, {@code ip6}. */
    static String addressKeyword(IpFamily family) {
        return family == IpFamily.IPV4 ? "ip" : "ip6";
    }

    /** Base chains, named after type and hook. */
    enum Base {
        FILTER_PREROUTING_PRE_DNAT(Hook.PREROUTING, PRE_DNAT, false),
        FILTER_OUTPUT_PRE_DNAT(Hook.OUTPUT, PRE_DNAT, false),
        FILTER_INPUT(Hook.INPUT, FILTER, false),
        FILTER_FORWARD(Hook.FORWARD, FILTER, false),
        FILTER_OUTPUT(Hook.OUTPUT, FILTER, false),
        NAT_PREROUTING(Hook.PREROUTING, DNAT, true),
        NAT_OUTPUT(Hook.OUTPUT, DNAT, true),
        NAT_POSTROUTING(Hook.POSTROUTING, SNAT, true);

        private final BaseChain chain;

        Base(Hook hook, int priority, boolean nat) {
            chain = new BaseChain(hook, priority, nat, true);
        }

        String chainName() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }

        Optional<BaseChain> chain() {
            return Optional.of(chain);
        }
    }
}
