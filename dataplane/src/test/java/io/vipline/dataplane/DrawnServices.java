package io.vipline.dataplane;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Services of a node, drawn: one port each, of any protocol and family, with one to five endpoints. */
record DrawnServices(List<Service> services, TestNode.Rules rules) {
    static final IpAddress NODE_V4 = IpAddress.of("192.168.0.1");
    static final IpAddress NODE_V6 = IpAddress.of("fd00:1::1");
    private static final int[] PROTOCOLS = {FrameDraft.TCP, FrameDraft.UDP, FrameDraft.SCTP};

    /** @param isSticky whether it has session affinity */
    record Service(int protocol, IpPort clusterIp, IpPort nodePort, List<IpPort> endpoints, boolean isSticky) {}

    static DrawnServices draw(SplittableRandom random) throws IOException {
        List<Service> services = new ArrayList<>();
        int count = random.nextInt(1, 6);
        for (int i = 0; i < count; i++) {
            services.add(service(random, i));
        }
        StringBuilder yaml =
                new StringBuilder("{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: ["
                        + "{type: InternalIP, address: 192.168.0.1}, {type: InternalIP, address: 'fd00:1::1'}]}}\n");
        for (int i = 0; i < count; i++) {
            yaml.append("---\n").append(text(services.get(i), "s" + i));
        }
        return new DrawnServices(services, TestNode.rules(yaml.toString(), "n1"));
    }

    private static Service service(SplittableRandom random, int i) {
        boolean isV4 = random.nextBoolean();
        int port = random.nextInt(1, 65_536);
        int targetPort = random.nextInt(1, 65_536);
        TreeSet<Integer> hosts = new TreeSet<>();
        for (int n = random.nextInt(1, 6); n > 0; n--) {
            hosts.add(random.nextInt(1, 250));
        }
        String pods = isV4 ? "10.244.1." : "fd00:244:1::";
        List<IpPort> endpoints = hosts.stream()
                .map(host -> new IpPort(IpAddress.of(pods + host), targetPort))
                .toList();
        return new Service(
                PROTOCOLS[random.nextInt(3)],
                new IpPort(IpAddress.of((isV4 ? "10.96.0." : "fd00:96::") + (10 + i)), port),
                new IpPort(isV4 ? NODE_V4 : NODE_V6, 30_000 + i),
                endpoints,
                random.nextInt(4) == 0);
    }

    private static String text(Service service, String name) {
        String family = service.clusterIp().address().isV4() ? "IPv4" : "IPv6";
        String protocol =
                service.protocol() == FrameDraft.TCP ? "TCP" : service.protocol() == FrameDraft.UDP ? "UDP" : "SCTP";
        String ip = "'" + service.clusterIp().address() + "'";
        String affinity = service.isSticky() ? "sessionAffinity: ClientIP, " : "";
        String endpoints = service.endpoints().stream()
                .map(endpoint -> "{addresses: ['" + endpoint.address() + "'], nodeName: n1, conditions: {ready: true}}")
                .collect(Collectors.joining(", "));
        int targetPort = service.endpoints().getFirst().port();
        return "{apiVersion: v1, kind: Service, metadata: {name: " + name + ", namespace: d}, spec: {type: NodePort, "
                + affinity + "clusterIP: " + ip + ", clusterIPs: [" + ip + "], ipFamilies: [" + family
                + "], ports: [{name: p, protocol: " + protocol + ", port: "
                + service.clusterIp().port() + ", targetPort: " + targetPort + ", nodePort: "
                + service.nodePort().port() + "}]}}\n---\n"
                + "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " + name
                + "-1, namespace: d, labels: {kubernetes.io/service-name: " + name + "}}, addressType: " + family
                + ", ports: [{name: p, protocol: " + protocol + ", port: " + targetPort + "}], endpoints: [" + endpoints
                + "]}\n";
    }

    Service any(SplittableRandom random) {
        return services.get(random.nextInt(services.size()));
    }
}
