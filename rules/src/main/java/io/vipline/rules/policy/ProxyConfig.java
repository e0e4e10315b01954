package io.vipline.rules.policy;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One node and its kube-proxy's configuration: all that the rules depend on beside Services and endpoints.
 *
 * @param nodeName endpoints with this nodeName are local
 * @param zone the Node's label {@code topology.kubernetes.io/zone}; empty if it has none
 * @param nodeIps the Node's InternalIPs, primary first, both families
 * @param localAddresses every address that the kernel would call LOCAL, as {@code address/prefix} of its interface:
 *     nodeIps, 127.0.0.0/8 (whole), ::1, and what {@code --node-address} adds
 * @param nodePortAddresses CIDRs; empty: every local address
 * @param localhostNodePorts as configured; the writer turns it off where nodePortAddresses excludes loopback
 */
public record ProxyConfig(
        Mode mode,
        String nodeName,
        String zone,
        List<IpAddress> nodeIps,
        List<LocalAddress> localAddresses,
        DetectLocal detectLocal,
        boolean masqueradeAll,
        int masqueradeBit,
        List<Cidr> nodePortAddresses,
        boolean localhostNodePorts,
        boolean randomFully,
        boolean nfacct,
        boolean conntrackTcpBeLiberal,
        List<Cidr> serviceCidrs) {
    public ProxyConfig {
        nodeIps = List.copyOf(nodeIps);
        localAddresses = List.copyOf(localAddresses);
        nodePortAddresses = List.copyOf(nodePortAddresses);
        serviceCidrs = List.copyOf(serviceCidrs);
    }

    /** Back ends of kube-proxy. */
    public enum Mode {
        IPTABLES,
        NFTABLES
    }

    /** An address of the node, with the interface that has it ({@code lo} for loopback, else {@code eth0} unless known). */
    public record LocalAddress(String interfaceName, IpAddress address, int prefixLength) {}

    /** How traffic of local pods is told from other traffic. */
    public sealed interface DetectLocal {
        record None() implements DetectLocal {}

        /** ClusterCIDR and NodeCIDR modes: {@code -s CIDR}, at most one per family. */
        record BySource(List<Cidr> cidrs) implements DetectLocal {
            public BySource {
                cidrs = List.copyOf(cidrs);
            }
        }

        /** BridgeInterface ({@code -i NAME}) and InterfaceNamePrefix ({@code -i PREFIX+}). */
        record ByInterface(String pattern) implements DetectLocal {}
    }

    /** The same proxy on a node that has these addresses. */
    public ProxyConfig withLocalAddresses(List<LocalAddress> addresses) {
        return new ProxyConfig(
                mode,
                nodeName,
                zone,
                nodeIps,
                addresses,
                detectLocal,
                masqueradeAll,
                masqueradeBit,
                nodePortAddresses,
                localhostNodePorts,
                randomFully,
                nfacct,
                conntrackTcpBeLiberal,
                serviceCidrs);
    }

    /**
     * The same node under kube-proxy's nftables mode. Where no node-port addresses are configured it has the primary ones
     * only, and none on localhost ({@code pkg/proxy/apis/config/v1alpha1/defaults.go}).
     */
    public ProxyConfig inNftablesMode() {
        if (mode == Mode.NFTABLES) {
            return this;
        }
        List<Cidr> primary = Stream.of(IpFamily.values())
                .flatMap(family -> nodeIp(family).stream())
                .map(Cidr::host)
                .toList();
        return new ProxyConfig(
                Mode.NFTABLES,
                nodeName,
                zone,
                nodeIps,
                localAddresses,
                detectLocal,
                masqueradeAll,
                masqueradeBit,
                nodePortAddresses.isEmpty() ? primary : nodePortAddresses,
                false,
                true,
                nfacct,
                conntrackTcpBeLiberal,
                serviceCidrs);
    }

    /** The same node under iptables mode, with the addresses for node ports that it has. */
    public ProxyConfig inIptablesMode() {
        return new ProxyConfig(
                Mode.IPTABLES,
                nodeName,
                zone,
                nodeIps,
                localAddresses,
                detectLocal,
                masqueradeAll,
                masqueradeBit,
                nodePortAddresses,
                localhostNodePorts,
                randomFully,
                nfacct,
                conntrackTcpBeLiberal,
                serviceCidrs);
    }

    /** The primary node address of a family. */
    public Optional<IpAddress> nodeIp(IpFamily family) {
        return nodeIps.stream().filter(ip -> ip.family() == family).findFirst();
    }

    /** The same where iptables or the kernel can do more or less. */
    public ProxyConfig withKernelFeatures(boolean randomFully, boolean nfacct) {
        return new ProxyConfig(
                mode,
                nodeName,
                zone,
                nodeIps,
                localAddresses,
                detectLocal,
                masqueradeAll,
                masqueradeBit,
                nodePortAddresses,
                localhostNodePorts,
                randomFully,
                nfacct,
                conntrackTcpBeLiberal,
                serviceCidrs);
    }
}
