package io.vipline.rules.policy;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.List;

/**
 * On which addresses of the node its node ports answer, for one family ({@code pkg/proxy/util/nodeport_addresses.go}).
 *
 * @param cidrs of the family; empty: all local addresses
 */
public record NodePortAddresses(IpFamily family, List<Cidr> cidrs) {
    private static final Cidr LOOPBACK = Cidr.of("127.0.0.0/8");

    public NodePortAddresses {
        cidrs = List.copyOf(cidrs);
    }

    /** From the configured list of both families: none of this family, or a zero CIDR of it, means all. */
    public static NodePortAddresses of(ProxyConfig config, IpFamily family) {
        List<Cidr> own = config.nodePortAddresses().stream()
                .filter(cidr -> cidr.family() == family)
                .toList();
        boolean all = own.stream().anyMatch(cidr -> cidr.prefixLength() == 0);
        return new NodePortAddresses(family, all ? List.of() : own);
    }

    public boolean matchesAll() {
        return cidrs.isEmpty();
    }

    /** Whether IPv4 loopback addresses are among them. */
    public boolean containsLoopback() {
        return family == IpFamily.IPV4
                && (matchesAll()
                        || cidrs.stream()
                                .anyMatch(cidr ->
                                        LOOPBACK.contains(cidr.address()) || cidr.contains(LOOPBACK.address())));
    }

    /** The node's addresses inside the CIDRs, in the order of its interfaces, each once. */
    public List<IpAddress> among(List<ProxyConfig.LocalAddress> localAddresses) {
        return localAddresses.stream()
                .map(ProxyConfig.LocalAddress::address)
                .filter(address -> cidrs.stream().anyMatch(cidr -> cidr.contains(address)))
                .distinct()
                .toList();
    }
}
