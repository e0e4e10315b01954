package io.vipline.tools.explain;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Says whose an address is: {@code pod default/web-0 on node-1}, {@code cluster IP of Service default/web}. */
public final class AddressBook {
    private final Map<IpAddress, String> owners = new HashMap<>();

    public AddressBook(Cluster cluster) {
        for (Located<Service> located : cluster.services()) {
            add(located.object());
        }
        for (Located<Node> located : cluster.nodes()) {
            Node node = located.object();
            if (node.getStatus() != null) {
                node.getStatus()
                        .getAddresses()
                        .forEach(address -> put(
                                address.getAddress(),
                                "node " + node.getMetadata().getName()));
            }
        }
        for (Located<Pod> located : cluster.pods()) {
            add(located.object());
        }
    }

    /** Empty for an address that nobody in the cluster has. */
    public Optional<String> ownerOf(IpAddress address) {
        return Optional.ofNullable(owners.get(address));
    }

    private void put(String address, String owner) {
        if (address != null) {
            IpAddress.parse(address).ifPresent(ip -> owners.putIfAbsent(ip, owner));
        }
    }

    private void add(Service service) {
        String name = " of Service " + service.getMetadata().getNamespace() + "/"
                + service.getMetadata().getName();
        put(service.getSpec().getClusterIP(), "cluster IP" + name);
        service.getSpec().getClusterIPs().forEach(ip -> put(ip, "cluster IP" + name));
        service.getSpec().getExternalIPs().forEach(ip -> put(ip, "external IP" + name));
        if (service.getStatus() != null && service.getStatus().getLoadBalancer() != null) {
            service.getStatus()
                    .getLoadBalancer()
                    .getIngress()
                    .forEach(ingress -> put(ingress.getIp(), "load balancer's address" + name));
        }
    }

    /** Pods in their Node's network have the Node's address: it stays the Node's. */
    private void add(Pod pod) {
        if (pod.getStatus() == null) {
            return;
        }
        String node = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
        String owner = "pod " + pod.getMetadata().getNamespace() + "/"
                + pod.getMetadata().getName() + (node == null ? "" : " on " + node);
        put(pod.getStatus().getPodIP(), owner);
        if (pod.getStatus().getPodIPs() != null) {
            pod.getStatus().getPodIPs().forEach(ip -> put(ip.getIp(), owner));
        }
    }
}
