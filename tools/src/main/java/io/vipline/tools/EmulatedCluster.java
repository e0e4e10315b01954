package io.vipline.tools;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.underlay.Station;
import io.vipline.dataplane.underlay.Topology;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * All nodes of a cluster as stations of an underlay, with the load balancers in front of them: one that routes gives
 * packets to the virtual IP to healthy nodes as they are; one that proxies (ipMode Proxy) is a station of its own.
 */
final class EmulatedCluster {
    private static final String EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";
    private static final String TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler";

    private final Cluster cluster;
    private final List<NodeRules> nodes = new ArrayList<>();
    private final Map<String, Integer> stationOf = new LinkedHashMap<>();
    private final Topology topology = new Topology();
    private final ProxyingBalancer balancer;

    /** @param configs of the kube-proxies of all nodes */
    EmulatedCluster(Cluster cluster, List<ProxyConfig> configs) throws IOException {
        this.cluster = cluster;
        for (ProxyConfig config : configs) {
            stationOf.put(config.nodeName(), nodes.size());
            nodes.add(NodeRules.of(cluster, config));
        }
        this.balancer = new ProxyingBalancer(cluster, configs, this::healthy);
        fillTopology(configs);
    }

    /** The station of a node. */
    int station(String node) {
        return stationOf.get(node);
    }

    /** The nodes' rules, in the order of their stations. */
    List<NodeRules> nodes() {
        return nodes;
    }

    Topology topology() {
        return topology;
    }

    /** Starts the stations: the nodes, then a load balancer that proxies, if there is one. */
    List<Station> start(Function<NodeAddresses, PipelineConfig> config) {
        List<Station> stations = new ArrayList<>();
        for (NodeRules node : nodes) {
            PipelineConfig ofNode = config.apply(node.masqueradeAddresses());
            stations.add(new Station(node.config().orElseThrow().nodeName(), node.compile(), ofNode));
        }
        if (balancer.hasAddresses()) {
            stations.add(new Station(ProxyingBalancer.NAME, balancer.compile(), config.apply(NodeAddresses.NONE)));
        }
        return stations;
    }

    private void fillTopology(List<ProxyConfig> configs) {
        for (ProxyConfig config : configs) {
            int station = station(config.nodeName());
            config.localAddresses().stream()
                    .filter(local -> !local.interfaceName().equals("lo"))
                    .map(LocalAddress::address)
                    .forEach(address -> topology.machine(address, station));
        }
        balancer.addresses().forEach(address -> topology.machine(address, nodes.size()));
        for (Located<Pod> pod : cluster.pods()) {
            Integer station = stationOf.get(pod.object().getSpec().getNodeName());
            if (station != null && pod.object().getStatus() != null) {
                pod.object().getStatus().getPodIPs().forEach(ip -> pod(ip.getIp(), station));
            }
        }
        for (Located<EndpointSlice> slice : cluster.endpointSlices()) {
            for (Endpoint endpoint : slice.object().getEndpoints()) {
                Integer station = stationOf.get(endpoint.getNodeName());
                if (station != null) {
                    endpoint.getAddresses().forEach(address -> pod(address, station));
                }
            }
        }
        for (Located<Node> node : cluster.nodes()) {
            int station = station(node.object().getMetadata().getName());
            podRanges(node.object()).forEach(range -> topology.podRange(range, station));
        }
        for (IpFamily family : IpFamily.values()) {
            for (ServiceEndpoints service : nodes.getFirst().services(family)) {
                ServicePort port = service.port();
                for (IpAddress vip : port.loadBalancerVips()) {
                    topology.balanced(vip, port.name().protocol().number(), port.port(), healthy(port, family));
                }
            }
        }
    }

    private void pod(String address, int station) {
        IpAddress.parse(address).ifPresent(ip -> topology.pod(ip, station));
    }

    private static List<Cidr> podRanges(Node node) {
        if (node.getSpec() == null) {
            return List.of();
        }
        List<String> ranges = new ArrayList<>(node.getSpec().getPodCIDRs());
        if (ranges.isEmpty() && node.getSpec().getPodCIDR() != null) {
            ranges.add(node.getSpec().getPodCIDR());
        }
        return ranges.stream().flatMap(range -> Cidr.parse(range).stream()).toList();
    }

    /**
     * The stations that a load balancer sends to: of those that may have its traffic, with external traffic policy Local
     * those whose kube-proxy answers the health check node port with 200, which is when it has a ready endpoint on the
     * node ({@code pkg/proxy/healthcheck/service_health.go}); else all.
     */
    private Set<Integer> healthy(ServicePort port, IpFamily family) {
        Set<Integer> healthy = new TreeSet<>(stationOf.values());
        cluster.nodes().stream()
                .map(Located::object)
                .filter(node -> !isBalancedTo(node))
                .forEach(node -> healthy.remove(stationOf.get(node.getMetadata().getName())));
        if (port.externalPolicyLocal()) {
            healthy.removeIf(station -> !hasReadyEndpoint(station, port, family));
        }
        return healthy;
    }

    /**
     * Whether a node gets traffic of load balancers at all: not if its label says no, and not while it goes away, when
     * kube-proxy's {@code /healthz} says so too ({@code pkg/proxy/healthcheck/proxy_health.go}, KEP-3836).
     */
    private static boolean isBalancedTo(Node node) {
        ObjectMeta metadata = node.getMetadata();
        boolean isExcluded =
                metadata.getLabels() != null && metadata.getLabels().containsKey(EXCLUDED);
        boolean isTainted = node.getSpec() != null
                && node.getSpec().getTaints().stream().anyMatch(taint -> TO_BE_DELETED.equals(taint.getKey()));
        return !isExcluded && !isTainted && metadata.getDeletionTimestamp() == null;
    }

    /** Asked of the whole Service, as the health check is: a ready endpoint of any of its ports. */
    private boolean hasReadyEndpoint(int station, ServicePort port, IpFamily family) {
        Map<String, Boolean> ready = readyServices.computeIfAbsent(station * 2 + family.ordinal(), any -> {
            Map<String, Boolean> services = new HashMap<>();
            for (ServiceEndpoints service : nodes.get(station).services(family)) {
                boolean isReady = service.endpoints().stream().anyMatch(one -> one.local() && one.ready());
                services.merge(nameOf(service.port()), isReady, Boolean::logicalOr);
            }
            return services;
        });
        return ready.getOrDefault(nameOf(port), false);
    }

    private final Map<Integer, Map<String, Boolean>> readyServices = new HashMap<>();

    private static String nameOf(ServicePort port) {
        return port.name().namespace() + "/" + port.name().service();
    }
}
