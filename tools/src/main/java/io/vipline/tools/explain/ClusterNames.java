package io.vipline.tools.explain;

import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Service;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The names that stand for an address in a cluster: {@code service.namespace[.svc[.cluster.local]]}, a pod's or a Node's.
 */
public final class ClusterNames {
    /** No cluster: no names. */
    public static final ClusterNames NONE =
            new ClusterNames(new Cluster(List.of(), List.of(), List.of(), List.of(), List.of(), List.of()));

    private final Cluster cluster;

    public ClusterNames(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The first address of the family that the name has. */
    public Optional<IpAddress> resolve(String name, IpFamily family) {
        String host = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        String withoutZone = cut(cut(host, ".cluster.local"), ".svc");
        Stream<String> addresses =
                Stream.of(services(withoutZone), pods(withoutZone), nodes(host)).flatMap(stream -> stream);
        return addresses
                .flatMap(text -> IpAddress.parse(text).stream())
                .filter(address -> address.family() == family)
                .findFirst();
    }

    private static String cut(String name, String end) {
        return name.endsWith(end) ? name.substring(0, name.length() - end.length()) : name;
    }

    private static boolean isCalled(ObjectMeta object, String name) {
        return name.equals(object.getName() + "." + object.getNamespace())
                || name.equals(object.getName()) && "default".equals(object.getNamespace());
    }

    private Stream<String> services(String name) {
        return cluster.services().stream()
                .map(located -> located.object())
                .filter(service -> isCalled(service.getMetadata(), name))
                .flatMap(ClusterNames::clusterIps);
    }

    private static Stream<String> clusterIps(Service service) {
        List<String> all = service.getSpec().getClusterIPs();
        return all == null || all.isEmpty()
                ? Stream.ofNullable(service.getSpec().getClusterIP())
                : all.stream();
    }

    private Stream<String> pods(String name) {
        return cluster.pods().stream()
                .map(located -> located.object())
                .filter(pod -> isCalled(pod.getMetadata(), name))
                .flatMap(ClusterNames::podIps);
    }

    private static Stream<String> podIps(Pod pod) {
        return pod.getStatus() == null
                ? Stream.empty()
                : Stream.ofNullable(pod.getStatus().getPodIPs())
                        .flatMap(Collection::stream)
                        .map(PodIP::getIp);
    }

    private Stream<String> nodes(String name) {
        return cluster.nodes().stream()
                .map(located -> located.object())
                .filter(node -> name.equals(node.getMetadata().getName()) && node.getStatus() != null)
                .flatMap(node -> node.getStatus().getAddresses().stream())
                .filter(address -> "InternalIP".equals(address.getType()))
                .map(NodeAddress::getAddress);
    }
}
