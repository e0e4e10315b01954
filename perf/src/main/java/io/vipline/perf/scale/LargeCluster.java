package io.vipline.perf.scale;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A cluster of any number of IPv4 Services, one TCP port each, as an API server stores it. Every tenth Service, as long as
 * there are node ports, is of type NodePort; every hundredth has no endpoints that are ready.
 *
 * @param services up to 2^20
 * @param endpoints of each Service, up to 100, in one slice
 */
public record LargeCluster(int services, int endpoints) {
    public static final int PORT = 80;
    static final int TARGET_PORT = 8080;

    private static final int SERVICE_BASE = 0x0a60_0000; // 10.96.0.0
    private static final int POD_BASE = 0x1400_0000; // 20.0.0.0
    private static final int FIRST_NODE_PORT = 30_000;
    private static final int NODE_PORTS = 2_700;

    public static IpAddress clusterIp(int service) {
        return IpAddress.v4(SERVICE_BASE + service);
    }

    /** 0 if it has none. */
    static int nodePort(int service) {
        return service % 10 == 0 && service / 10 < NODE_PORTS ? FIRST_NODE_PORT + service / 10 : 0;
    }

    IpAddress endpoint(int service, int endpoint) {
        return IpAddress.v4(POD_BASE + service * endpoints + endpoint);
    }

    /** Whether its endpoints are. */
    public static boolean isReady(int service) {
        return service % 100 != 99;
    }

    static String name(int service) {
        return "service-" + service;
    }

    public Cluster cluster() {
        List<Located<Service>> all = new ArrayList<>(services);
        List<Located<EndpointSlice>> slices = new ArrayList<>(services);
        for (int i = 0; i < services; i++) {
            all.add(located(service(i), i));
            slices.add(located(slice(i, endpoints), i));
        }
        return new Cluster(all, slices, List.of(), List.of(), List.of(), List.of());
    }

    private static <T> Located<T> located(T object, int service) {
        return new Located<>(object, new Origin("cluster.yaml", service * 40 + 1, 1));
    }

    private static Service service(int number) {
        String ip = clusterIp(number).toString();
        int nodePort = nodePort(number);
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name(number))
                .endMetadata()
                .withNewSpec()
                .withType(nodePort == 0 ? "ClusterIP" : "NodePort")
                .withClusterIP(ip)
                .withClusterIPs(ip)
                .addNewPort()
                .withName("http")
                .withPort(PORT)
                .withProtocol("TCP")
                .withNodePort(nodePort == 0 ? null : nodePort)
                .endPort()
                .endSpec()
                .build();
    }

    /** The only slice of a Service, with as many of its endpoints. */
    EndpointSlice slice(int service, int count) {
        boolean ready = isReady(service);
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name(service) + "-x")
                .addToLabels("kubernetes.io/service-name", name(service))
                .endMetadata()
                .withAddressType("IPv4")
                .addNewPort()
                .withName("http")
                .withPort(TARGET_PORT)
                .withProtocol("TCP")
                .endPort()
                .withEndpoints(IntStream.range(0, count)
                        .mapToObj(i -> new io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder()
                                .withAddresses(endpoint(service, i).toString())
                                .withNodeName(i % 3 == 0 ? "here" : "elsewhere")
                                .withNewConditions(ready, ready, false)
                                .build())
                        .toList())
                .build();
    }

    /** The same as manifests: what {@code kubectl get -o yaml} would give, less status and metadata. */
    String yaml() {
        return yaml(0, services, endpoints);
    }

    /** The manifests of one Service that has lost its last endpoint. */
    String yamlOfLess(int service) {
        return yaml(service, service + 1, endpoints - 1);
    }

    private String yaml(int from, int to, int listed) {
        StringBuilder yaml = new StringBuilder((to - from) * (300 + listed * 110));
        for (int i = from; i < to; i++) {
            int nodePort = nodePort(i);
            yaml.append("---\napiVersion: v1\nkind: Service\nmetadata:\n  name: ")
                    .append(name(i))
                    .append("\n  namespace: default\nspec:\n  clusterIP: ")
                    .append(clusterIp(i))
                    .append("\n  clusterIPs:\n  - ")
                    .append(clusterIp(i))
                    .append("\n  type: ")
                    .append(nodePort == 0 ? "ClusterIP" : "NodePort")
                    .append("\n  ports:\n  - name: http\n    port: 80\n    protocol: TCP\n    targetPort: 8080\n");
            if (nodePort != 0) {
                yaml.append("    nodePort: ").append(nodePort).append('\n');
            }
            slice(yaml, i, listed);
        }
        return yaml.toString();
    }

    private void slice(StringBuilder yaml, int service, int listed) {
        boolean ready = isReady(service);
        yaml.append("---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: ")
                .append(name(service))
                .append("-x\n  namespace: default\n  labels:\n    kubernetes.io/service-name: ")
                .append(name(service))
                .append("\naddressType: IPv4\nports:\n- name: http\n  port: 8080\n  protocol: TCP\nendpoints:\n");
        for (int i = 0; i < listed; i++) {
            yaml.append("- addresses:\n  - ")
                    .append(endpoint(service, i))
                    .append("\n  conditions:\n    ready: ")
                    .append(ready)
                    .append("\n    serving: ")
                    .append(ready)
                    .append("\n    terminating: false\n  nodeName: ")
                    .append(i % 3 == 0 ? "here" : "elsewhere")
                    .append('\n');
        }
    }

    /** A node of that cluster, under either mode of kube-proxy. */
    public static ProxyConfig node(ProxyConfig.Mode mode) {
        IpAddress address = IpAddress.of("172.18.0.2");
        ProxyConfig config = new ProxyConfig(
                ProxyConfig.Mode.IPTABLES,
                "here",
                "",
                List.of(address),
                List.of(
                        new ProxyConfig.LocalAddress("lo", IpAddress.of("127.0.0.1"), 8),
                        new ProxyConfig.LocalAddress("eth0", address, 16)),
                new ProxyConfig.DetectLocal.BySource(List.of(Cidr.of("20.0.0.0/8"))),
                false,
                14,
                List.of(),
                true,
                true,
                false,
                false,
                List.of(Cidr.of("10.96.0.0/12")));
        return mode == ProxyConfig.Mode.IPTABLES ? config : config.inNftablesMode();
    }
}
