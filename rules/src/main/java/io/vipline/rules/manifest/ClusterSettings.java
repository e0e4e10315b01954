package io.vipline.rules.manifest;

import io.vipline.rules.net.Cidr;
import java.util.List;

/**
 * What the command line says about a cluster beside its manifests.
 *
 * @param madeUpNodes Nodes to make up if no Node was given; 0: one
 * @param nodeName the Node that we are; empty: the only one, else the first by name
 * @param serviceCidrs ranges of cluster IPs; empty: 10.96.0.0/12, and fd00:10:96::/108 where IPv6 is wanted. ServiceCIDR
 *     objects win over them
 */
public record ClusterSettings(int madeUpNodes, String nodeName, List<Cidr> serviceCidrs, NodePortRange nodePorts) {
    public static final ClusterSettings DEFAULT = new ClusterSettings(0, "", List.of(), NodePortRange.DEFAULT);

    public ClusterSettings {
        serviceCidrs = List.copyOf(serviceCidrs);
    }
}
