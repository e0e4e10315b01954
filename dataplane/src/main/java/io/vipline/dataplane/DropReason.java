package io.vipline.dataplane;

import io.vipline.rules.table.Verdict;

/** Why a frame went nowhere. The name is what the summary shows; the sentence is for people. */
public enum DropReason {
    LINK_HEADER_TRUNCATED("the frame ends within its link-layer header"),
    IP_HEADER_TRUNCATED("the frame ends within its IP header"),
    IP_VERSION_MISMATCH("the IP version is not the one that the link layer announced"),
    IPV4_HEADER_LENGTH("the IPv4 header length is under 20 bytes or beyond the packet"),
    IP_LENGTH("the IP length is beyond the frame's end or within the header"),
    IP_CHECKSUM("the IPv4 header checksum is wrong"),
    IP_OPTIONS("an IPv4 option is malformed"),
    HOP_BY_HOP_OPTIONS("an IPv6 hop-by-hop option is malformed, or is to be dropped by who does not know it"),
    SOURCE_ROUTE("a source route, which routers do not follow"),
    IPV6_EXTENSION_TRUNCATED("an IPv6 extension header is beyond the packet's end"),
    CUT_BEFORE_PORTS("the snap length cut the frame before its ports: no way to tell its flow"),
    INVALID("conntrack calls the packet INVALID and KUBE-FORWARD drops those"),
    NO_LOCAL_ENDPOINTS("the traffic policy is Local and this node has no endpoint"),
    SOURCE_RANGES("the source is not in the load balancer's source ranges"),
    LOCALNET("to 127.0.0.0/8 from another machine (KUBE-FIREWALL)"),
    UNALLOCATED_CLUSTER_IP("no Service has this address of the service range"),
    RULE("a rule with target DROP"),
    POLICY("the policy of a built-in chain"),
    UNDECIDED("a rule that cannot be decided offline stands in the way"),
    TTL_EXPIRED("the time to live ended here"),
    TOO_BIG("longer than the way out allows, and not to be cut"),
    MARTIAN_SOURCE("the source is an address that no packet may come from"),
    LINK_LOCAL_SOURCE("the source is an address of one link, and the packet would leave it"),
    MARTIAN_DESTINATION("the destination is an address that no packet may go to"),
    ICMP_ERROR_MALFORMED("an ICMP error without enough of the packet it quotes"),
    FRAGMENT_INCOMPLETE("a fragment whose datagram never came together"),
    FRAGMENT_OVERLAP("a fragment that overlaps another or does not go with it: the whole datagram goes"),
    FRAGMENT_MEMORY("too many fragments wait for their rest"),
    CONNTRACK_FULL("the connection table is full and no entry can be spared"),
    MASQUERADE_NO_ADDRESS("the node has no address of this family to masquerade with"),
    MASQUERADE_PORTS_EXHAUSTED("no source port is left that makes the connection unique"),
    OUTPUT_FULL("the way out is full"),
    NEIGHBOUR_UNRESOLVED("the next hop's link-layer address is unknown"),
    FOREIGN_LINK_ADDRESS("the frame was sent to another station of the link"),
    VLAN_TAGGED("a tagged frame on an interface that has no VLANs"),
    MULTICAST("to a group or to all: such packets are not routed"),
    LINK_PROTOCOL("neither IP nor ARP"),
    NO_ROUTE("no interface leads there"),
    NO_HEALTHY_NODE("the load balancer has no node with an endpoint to give it to");

    private final String sentence;

    DropReason(String sentence) {
        this.sentence = sentence;
    }

    public String sentence() {
        return sentence;
    }

    /** The reason for a rule's DROP. */
    static DropReason of(Verdict.DropCause cause) {
        return switch (cause) {
            case NO_LOCAL_ENDPOINTS -> NO_LOCAL_ENDPOINTS;
            case SOURCE_RANGES -> SOURCE_RANGES;
            case INVALID_STATE -> INVALID;
            case LOCALNET -> LOCALNET;
            case UNALLOCATED_CLUSTER_IP -> UNALLOCATED_CLUSTER_IP;
            case RULE -> RULE;
            case POLICY -> POLICY;
        };
    }
}
