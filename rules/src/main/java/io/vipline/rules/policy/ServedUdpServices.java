package io.vipline.rules.policy;

import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.table.ServedUdp;
import java.util.Set;
import java.util.stream.Collectors;

/** The UDP Services of a cluster, whose connections kube-proxy looks after: traffic policies and hints play no part. */
public final class ServedUdpServices {
    private ServedUdpServices() {}

    /** Both families' Services with the endpoints that serve them, terminating ones too. */
    public static ServedUdp of(Cluster cluster, String nodeName) {
        ServedUdp.Builder served = new ServedUdp.Builder();
        for (IpFamily family : IpFamily.values()) {
            for (ServiceEndpoints service : ProxiedServices.of(cluster, nodeName, family)) {
                if (service.port().name().protocol() == Protocol.UDP) {
                    add(service, served);
                }
            }
        }
        return served.build();
    }

    private static void add(ServiceEndpoints service, ServedUdp.Builder served) {
        ServicePort port = service.port();
        Set<IpPort> serving = service.endpoints().stream()
                .filter(Endpoint::serving)
                .map(Endpoint::address)
                .collect(Collectors.toSet());
        served.address(new IpPort(port.clusterIp(), port.port()), serving);
        for (IpAddress address : port.externalIps()) {
            served.address(new IpPort(address, port.port()), serving);
        }
        for (IpAddress address : port.loadBalancerVips()) {
            served.address(new IpPort(address, port.port()), serving);
        }
        if (port.nodePort() != 0) {
            served.nodePort(port.nodePort(), serving);
        }
    }
}
