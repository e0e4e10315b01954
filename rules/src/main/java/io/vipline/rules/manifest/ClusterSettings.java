package io.vipline.rules.manifest;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.List;

/**
 * What the command line says about a cluster beside its manifests.
 *
 * @param madeUpNodes Nodes to make up if no Node was given; 0: one
 * @param nodeName the Node that we are; empty: the only one, else the first by name
 * @param serviceCidrs ranges of cluster IPs; empty: 10.96.0.0/12, and fd00:10:96::/108 where IPv6 is wanted. ServiceCIDR
 *     objects win over them
 * @param nodeAddresses of the Node that we are: its InternalIPs, first of each family first, if it says none itself
 */
public record ClusterSettings(
        int madeUpNodes,
        String nodeName,
        List<Cidr> serviceCidrs,
        NodePortRange nodePorts,
        List<IpAddress> nodeAddresses) {
    public static final ClusterSettings DEFAULT = new ClusterSettings(0, "", List.of(), NodePortRange.DEFAULT);

    public ClusterSettings {
        serviceCidrs = List.copyOf(serviceCidrs);
        nodeAddresses = List.copyOf(nodeAddresses);
    }

    /** With nothing known of the Node's addresses. */
    public ClusterSettings(int madeUpNodes, String nodeName, List<Cidr> serviceCidrs, NodePortRange nodePorts) {
        this(madeUpNodes, nodeName, serviceCidrs, nodePorts, List.of());
    }
}
