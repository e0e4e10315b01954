package io.vipline.rules.table;

import io.vipline.rules.net.IpPort;

/**
 * A compiled rule set of both address families: a snapshot, immutable, safe to share between threads. The cost of a
 * lookup does not depend on the number of Services.
 */
public interface Table {
    /**
     * The fate of a packet. A {@link PacketKey#NEW} packet traverses NAT and filter chains; any other only the filter
     * chains, and its verdict is never a {@link Verdict.Dnat}. Allocates nothing.
     */
    Verdict lookup(PacketKey key, FlowState state);

    /**
     * Whether the rules translate packets to this destination (for some source): cluster IPs, external IPs,
     * load-balancer IPs, node ports on local addresses.
     */
    boolean isServiceAddress(long high, long low, int protocol, int port);

    /** Whether any verdict leads to this endpoint. */
    boolean isEndpoint(long high, long low, int protocol, int port);

    /** Whether the node itself has the address. */
    boolean isLocal(long high, long low);

    /** Whether ESTABLISHED and RELATED packets pass, whatever they look like: then nobody need ask. */
    boolean acceptsEstablished();

    /** Number of Service ports; {@link #service(int)} names them. */
    int services();

    ServiceId service(int index);

    /** Number of (service, endpoint) pairs that verdicts refer to; {@link #endpoint(int)} names them. */
    int endpoints();

    IpPort endpoint(int endpointId);

    /** The Service port of an (service, endpoint) pair. */
    ServiceId serviceOf(int endpointId);

    /** Number of lists of the {@code recent} match. */
    int recentLists();

    /**
     * Whether connections that this Service address or endpoint takes part in may depend on a list of the {@code recent}
     * match, that is on earlier connections; or cannot be told from such by the endpoint's packets.
     */
    boolean dependsOnRecent(long high, long low, int protocol, int port);
}
