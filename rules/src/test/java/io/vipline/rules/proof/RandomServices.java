package io.vipline.rules.proof;

import io.fabric8.kubernetes.api.model.ClientIPConfig;
import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.LoadBalancerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.ServiceStatus;
import io.fabric8.kubernetes.api.model.SessionAffinityConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Services with everything that kube-proxy looks at, no two of which claim the same address and port. */
final class RandomServices {
    static final int FIRST_NODE_PORT = 30_000;

    private final Draws draws;
    private final AddressPlan plan;
    private final boolean forKernel;
    /** Which Service claims an address and port. */
    private final Map<String, ServiceSpec> taken = new HashMap<>();

    private int nodePort = FIRST_NODE_PORT;

    /** @param forKernel whether to leave out what a kernel in a namespace cannot show */
    RandomServices(Draws draws, AddressPlan plan, boolean forKernel) {
        this.draws = draws;
        this.plan = plan;
        this.forKernel = forKernel;
    }

    Service next(int number) {
        Service service = new Service();
        service.setMetadata(metadata(number));
        ServiceSpec spec = new ServiceSpec();
        service.setSpec(spec);
        spec.setType(draws.any("ClusterIP", "ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer"));
        setClusterIps(spec, "172.30.0." + (10 + number));
        addPorts(spec);
        spec.setInternalTrafficPolicy(draws.any("Cluster", "Cluster", "Local", null));
        spec.setExternalTrafficPolicy(draws.any("Cluster", "Local", null));
        if (draws.oneIn(4)) {
            spec.setSessionAffinity("ClientIP");
            ClientIPConfig timeout = new ClientIPConfig(draws.any(1, 10_800, 86_400));
            spec.setSessionAffinityConfig(new SessionAffinityConfig(timeout));
        }
        if (draws.oneIn(3)) {
            spec.setHealthCheckNodePort(nodePort++);
        }
        setExternalIps(spec);
        service.setStatus(status(spec));
        setSourceRanges(spec);
        if (draws.oneIn(20)) {
            spec.setType("ExternalName");
        }
        return service;
    }

    private ObjectMeta metadata(int number) {
        ObjectMeta metadata = new ObjectMeta();
        metadata.setNamespace(draws.any("default", "shop"));
        metadata.setName("svc" + number);
        Map<String, String> labels = new HashMap<>(Map.of("app", "x"));
        if (draws.oneIn(15)) {
            labels.put("service.kubernetes.io/" + draws.any("service-proxy-name", "headless"), draws.any("", "x"));
        }
        metadata.setLabels(draws.oneIn(3) ? null : labels);
        return metadata;
    }

    private void setClusterIps(ServiceSpec spec, String v4) {
        String own = plan.written(v4, draws);
        String others = plan.other().written(v4, draws);
        switch (draws.upTo(12)) {
            case 0 -> set(spec, "None");
            case 1 -> set(spec, "");
            case 2 -> set(spec, others);
            case 3, 4, 5 -> set(spec, others, own);
            case 6, 7 -> set(spec, own, others);
            case 8 -> spec.setClusterIP(own);
            default -> set(spec, own);
        }
    }

    private static void set(ServiceSpec spec, String... clusterIps) {
        spec.setClusterIP(clusterIps[0]);
        spec.setClusterIPs(clusterIps[0].isEmpty() ? new ArrayList<>() : new ArrayList<>(List.of(clusterIps)));
    }

    private void addPorts(ServiceSpec spec) {
        int count = draws.any(1, 1, 2, 3);
        boolean exposed = !"ClusterIP".equals(spec.getType()) || draws.oneIn(8);
        Set<String> numbers = new HashSet<>();
        List<ServicePort> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServicePort port = new ServicePort();
            port.setName(count > 1 || draws.oneIn(2) ? "p" + i : draws.any("", null));
            port.setProtocol(forKernel ? draws.any("TCP", "UDP", "UDP") : draws.any("TCP", "TCP", "UDP", "SCTP"));
            // a number of the node-port range too, which a node's address may have both ways
            port.setPort(draws.any(80, 80, 443, 53, FIRST_NODE_PORT + 1));
            port.setNodePort(exposed && !draws.oneIn(5) ? nodePort++ : draws.any(0, null));
            if (numbers.add(port.getPort() + port.getProtocol())) {
                ports.add(port);
            }
        }
        spec.setPorts(ports);
    }

    /** Addresses that no other Service has with one of these ports. */
    private List<String> free(ServiceSpec spec, List<String> addresses, int most) {
        List<String> free = new ArrayList<>();
        for (String address : draws.some(addresses, most)) {
            List<String> claims = spec.getPorts().stream()
                    .map(port -> address + " " + port.getPort() + port.getProtocol())
                    .toList();
            if (claims.stream().allMatch(claim -> taken.getOrDefault(claim, spec) == spec)) {
                free.add(address);
            }
        }
        return free;
    }

    private void claim(ServiceSpec spec, List<String> addresses) {
        addresses.forEach(address ->
                spec.getPorts().forEach(port -> taken.put(address + " " + port.getPort() + port.getProtocol(), spec)));
    }

    private void setExternalIps(ServiceSpec spec) {
        if (draws.oneIn(2)) {
            return;
        }
        List<String> addresses = free(spec, AddressPlan.EXTERNAL, 2);
        List<String> written = new ArrayList<>();
        addresses.forEach(address -> written.add(plan.written(address, draws)));
        if (!written.isEmpty() && draws.oneIn(5)) {
            written.add(plan.at(addresses.getFirst()).toString());
        }
        if (draws.oneIn(4)) {
            written.add(plan.other().written("198.51.100.3", draws));
        }
        claim(spec, addresses);
        spec.setExternalIPs(written);
    }

    private ServiceStatus status(ServiceSpec spec) {
        if (!"LoadBalancer".equals(spec.getType())) {
            return draws.any(null, new ServiceStatus());
        }
        List<LoadBalancerIngress> ingress = new ArrayList<>();
        List<String> addresses = free(spec, AddressPlan.VIPS, 3);
        for (String address : addresses) {
            LoadBalancerIngress one = new LoadBalancerIngress();
            one.setIp(plan.written(address, draws));
            one.setIpMode(draws.any("VIP", "VIP", null, null, "Proxy"));
            ingress.add(one);
        }
        claim(spec, addresses);
        if (draws.oneIn(4)) {
            LoadBalancerIngress byName = new LoadBalancerIngress();
            byName.setHostname("lb.example");
            ingress.add(byName);
        }
        if (draws.oneIn(4)) {
            LoadBalancerIngress other = new LoadBalancerIngress();
            other.setIp(plan.other().written("198.51.100.11", draws));
            ingress.add(other);
        }
        LoadBalancerStatus balancer = new LoadBalancerStatus();
        balancer.setIngress(ingress);
        ServiceStatus status = new ServiceStatus();
        status.setLoadBalancer(balancer);
        return status;
    }

    private void setSourceRanges(ServiceSpec spec) {
        if (draws.oneIn(2)) {
            return;
        }
        List<String> ranges = List.of("203.0.113.0/25", "192.168.0.77/16", "10.244.1.0/24", "192.168.0.2/32");
        List<String> written = new ArrayList<>();
        draws.some(ranges, 3).forEach(range -> {
            String[] parts = range.split("/");
            int length =
                    Integer.parseInt(parts[1]) + (plan.range(range).address().isV4() ? 0 : 96);
            written.add(draws.any("", " ") + plan.written(parts[0], draws) + "/" + length + draws.any("", " "));
        });
        if (draws.oneIn(4)) {
            written.add(plan.other().range("10.0.0.0/8").toString());
        }
        spec.setLoadBalancerSourceRanges(written);
    }
}
