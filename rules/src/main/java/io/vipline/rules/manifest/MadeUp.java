package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/** What we call the things that the input leaves open; as kind and kubeadm call theirs. */
final class MadeUp {
    /** Pod range of the cluster; Node N's is the N-th /24 of it. */
    static final Cidr PODS_V4 = Cidr.of("10.244.0.0/16");
    /** Pod range of the cluster; Node N's is the N-th /64 of it. */
    static final Cidr PODS_V6 = Cidr.of("fd00:10:244::/48");
    /** Node 1 has the second address, the first is the gateway's. */
    static final Cidr NODES_V4 = Cidr.of("172.18.0.0/16");

    static final Cidr NODES_V6 = Cidr.of("fd00:172:18::/64");
    /** As many /24 as the pod range has, but the first. */
    static final int MAX_NODES = 255;

    /** Marks Nodes and pods that we made, so that a cluster printed and read again is the same. */
    private static final String ANNOTATION = "vipline.io/made-up";

    private MadeUp() {}

    static void mark(HasMetadata object) {
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        annotations = annotations == null ? new LinkedHashMap<>() : new LinkedHashMap<>(annotations);
        annotations.put(ANNOTATION, "true");
        object.getMetadata().setAnnotations(annotations);
    }

    static boolean isMarked(HasMetadata object) {
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        return annotations != null && "true".equals(annotations.get(ANNOTATION));
    }

    /** @param number of the Node, from 1 */
    static Cidr podRange(boolean v4, int number) {
        return v4
                ? new Cidr(PODS_V4.address().plus((long) number << 8), 24)
                : new Cidr(IpAddress.v6(PODS_V6.address().high() | number, 0), 64);
    }
}
