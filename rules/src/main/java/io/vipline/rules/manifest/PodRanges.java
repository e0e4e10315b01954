package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.List;

/** The ranges that made-up pods live in, one a family: what a kube-proxy there would have for {@code clusterCIDR}. */
final class PodRanges {
    private PodRanges() {}

    static List<Cidr> covering(List<Parsed<Pod>> pods, ClusterNodes nodes) {
        List<Cidr> ranges = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            Cidr cover = null;
            for (Parsed<Pod> parsed : pods) {
                Pod pod = parsed.object();
                boolean counts = MadeUp.isMarked(pod)
                        && !Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
                for (IpAddress ip : counts ? PodAddresses.of(pod) : List.<IpAddress>of()) {
                    if (ip.family() == family) {
                        Cidr range = rangeOf(ip, pod.getSpec().getNodeName(), nodes);
                        cover = cover == null ? range : join(cover, range);
                    }
                }
            }
            if (cover != null) {
                Cidr usual = family == IpFamily.IPV4 ? MadeUp.PODS_V4 : MadeUp.PODS_V6;
                boolean isUsual = usual.contains(cover.address()) && usual.prefixLength() <= cover.prefixLength();
                ranges.add(isUsual ? usual : cover);
            }
        }
        return ranges;
    }

    private static Cidr rangeOf(IpAddress ip, String nodeName, ClusterNodes nodes) {
        Parsed<Node> node = nodeName == null ? null : nodes.named(nodeName);
        if (node != null) {
            for (Cidr range : ClusterNodes.podRanges(node.object())) {
                if (range.contains(ip)) {
                    return range;
                }
            }
        }
        return Cidr.host(ip);
    }

    /** The smallest range that holds both, of one family. */
    private static Cidr join(Cidr one, Cidr other) {
        int length = Math.min(one.prefixLength(), other.prefixLength());
        while (!new Cidr(one.address(), length).contains(other.address())) {
            length--;
        }
        return new Cidr(one.address(), length);
    }
}
