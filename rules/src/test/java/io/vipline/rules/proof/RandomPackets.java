package io.vipline.rules.proof;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import java.util.ArrayList;
import java.util.List;

/** Packets at what is interesting in a cluster: the addresses of its Services, its node ports, and what is near them. */
final class RandomPackets {
    private static final List<String> NODE_ADDRESSES =
            List.of(AddressPlan.NODE, AddressPlan.SECOND, AddressPlan.BRIDGE, "127.0.0.1");

    private final Draws draws;
    private final AddressPlan plan;
    private final boolean forKernel;
    private final List<Target> targets = new ArrayList<>();
    private final List<IpAddress> pods = new ArrayList<>();

    private record Target(Protocol protocol, IpPort to) {}

    RandomPackets(long seed, RandomCluster cluster, boolean forKernel) {
        draws = new Draws(seed);
        plan = new AddressPlan(cluster.family());
        this.forKernel = forKernel;
        List.of("10.244.1.2", "10.244.1.77", "10.244.2.2", "10.244.2.77").forEach(pod -> pods.add(plan.at(pod)));
        for (ServiceEndpoints service : cluster.services()) {
            collect(service);
        }
        target(draws.any(Protocol.TCP, Protocol.UDP), plan.at("172.30.0.200"), 80);
        target(draws.any(Protocol.TCP, Protocol.UDP), plan.at("198.51.100.3"), 81);
        target(draws.any(Protocol.TCP, Protocol.UDP), plan.at("10.244.1.3"), 8080);
        target(draws.any(Protocol.TCP, Protocol.UDP), plan.at(AddressPlan.NODE), 31_999);
    }

    private void collect(ServiceEndpoints service) {
        ServicePort port = service.port();
        Protocol protocol = port.name().protocol();
        List<IpAddress> addresses = new ArrayList<>(port.externalIps());
        addresses.add(port.clusterIp());
        addresses.addAll(port.loadBalancerVips());
        for (IpAddress address : addresses) {
            for (int i = 0; i < 6; i++) {
                target(protocol, address, port.port());
            }
        }
        target(protocol, port.clusterIp(), 82);
        target(protocol == Protocol.TCP ? Protocol.UDP : Protocol.TCP, port.clusterIp(), port.port());
        target(protocol, plan.at(AddressPlan.NODE), port.port());
        if (port.nodePort() != 0) {
            NODE_ADDRESSES.forEach(address -> target(protocol, plan.at(address), port.nodePort()));
            target(protocol, plan.at(AddressPlan.NODE), port.nodePort());
            target(protocol, plan.at(AddressPlan.NODE), port.nodePort());
            target(protocol, port.clusterIp(), port.nodePort());
        }
        if (port.healthCheckNodePort() != 0) {
            target(Protocol.TCP, plan.at(AddressPlan.NODE), port.healthCheckNodePort());
        }
        for (Endpoint endpoint : service.endpoints()) {
            pods.add(endpoint.address().address());
        }
        if (!service.endpoints().isEmpty()) {
            Endpoint endpoint = draws.any(service.endpoints());
            target(protocol, endpoint.address().address(), endpoint.address().port());
        }
    }

    private void target(Protocol protocol, IpAddress address, int port) {
        targets.add(new Target(protocol, new IpPort(address, port)));
    }

    Packet next() {
        Target target = draws.any(targets);
        boolean fromPod = draws.oneIn(2);
        IpAddress source = fromPod ? draws.any(pods) : source();
        String in = fromPod ? RandomNode.POD_SIDE : RandomNode.OUTSIDE;
        if (!forKernel && draws.oneIn(10)) {
            in = draws.any(RandomNode.POD_SIDE, RandomNode.OUTSIDE, "poX", "eth9");
        }
        return new Packet(target.protocol, source, target.to.address(), target.to.port(), in);
    }

    private IpAddress source() {
        if (draws.oneIn(3)) {
            return plan.at(draws.any(NODE_ADDRESSES));
        }
        if (!forKernel && draws.oneIn(8)) {
            return plan.at(draws.any(AddressPlan.VIPS));
        }
        return plan.at(draws.any(AddressPlan.CLIENTS));
    }
}
