package io.vipline.rules.table;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;

/** The fate of a packet under the rules: built at compile time, immutable, shared between threads. */
public sealed interface Verdict {
    /**
     * Goes on with its destination as it is.
     *
     * @param local whether it is delivered to the node itself (INPUT) instead of being forwarded
     */
    record Pass(SourceTranslation source, boolean local) implements Verdict {}

    /**
     * Goes on to an endpoint. The address lies in the record itself: one that is looked up is rarely in a cache.
     *
     * @param high where to, halves as in {@link IpAddress}
     * @param port where to; 0 keeps the packet's own
     * @param service the Service port that the rules belong to
     * @param endpointId dense number of the (service, endpoint) pair, for counters: 0 to {@link Table#endpoints()} - 1
     * @param recentSet lists of the {@code recent} match that take the source in; often empty
     * @param local whether the endpoint is an address of the node itself (INPUT, no POSTROUTING)
     */
    record Dnat(
            long high,
            long low,
            int port,
            SourceTranslation source,
            ServiceId service,
            int endpointId,
            int[] recentSet,
            boolean local)
            implements Verdict {
        /** Where to. Makes an object. */
        public IpPort endpoint() {
            return new IpPort(new IpAddress(high, low), port);
        }
    }

    /**
     * Vanishes.
     *
     * @param service the Service port whose rule did it, or {@link ServiceId#NONE}
     * @param onArrival whether it comes no further than PREROUTING: nobody looks at its options and time to live then
     */
    record Drop(DropCause cause, ServiceId service, boolean onArrival) implements Verdict {
        /** Whether both come to the same, wherever on the packet's way they do. */
        public boolean isAs(Drop other) {
            return cause == other.cause && service.equals(other.service);
        }
    }

    /** Why a rule drops: tells the counters apart. */
    enum DropCause {
        /** {@code … has no local endpoints}. */
        NO_LOCAL_ENDPOINTS,
        /** KUBE-PROXY-FIREWALL: not in the load balancer's source ranges. */
        SOURCE_RANGES,
        /** KUBE-FORWARD's {@code ctstate INVALID}. */
        INVALID_STATE,
        /** KUBE-FIREWALL: to 127.0.0.0/8 from elsewhere. */
        LOCALNET,
        /** nftables mode: an address of a ServiceCIDR that no Service has. */
        UNALLOCATED_CLUSTER_IP,
        /** Another rule's DROP. */
        RULE,
        /** The policy of a base chain. */
        POLICY
    }

    /**
     * Is answered with an error.
     *
     * @param with as iptables names it: {@code icmp-port-unreachable}, {@code icmp6-port-unreachable}, {@code
     *     tcp-reset}, …
     * @param service as in {@link Drop}
     */
    record Reject(String with, ServiceId service) implements Verdict {}

    /** A term that can't be decided offline stands in the way. */
    record Undecided(String because) implements Verdict {}
}
