package io.vipline.tools.explain.hint;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.policy.SliceEndpoints;
import io.vipline.tools.explain.hint.Aim.By;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The cluster as seen from the node, found by what a packet shows. */
public final class Scene {
    private static final int MOST_NAMED = 5;

    private final Cluster cluster;
    private final ProxyConfig config;
    private final NodeNetwork network;
    private final Map<IpAddress, List<ServiceEndpoints>> byAddress = new HashMap<>();
    private final Map<Integer, List<ServiceEndpoints>> byNodePort = new HashMap<>();
    private final Map<String, List<EndpointSlice>> slices = new HashMap<>();

    public Scene(Cluster cluster, ProxyConfig config, NodeNetwork network) {
        this.cluster = cluster;
        this.config = config;
        this.network = network;
        for (IpFamily family : IpFamily.values()) {
            ProxiedServices.of(cluster, config.nodeName(), family).forEach(this::add);
        }
        for (Located<EndpointSlice> slice : cluster.endpointSlices()) {
            SliceEndpoints.serviceOf(slice.object())
                    .ifPresent(service -> slices.computeIfAbsent(service, name -> new ArrayList<>())
                            .add(slice.object()));
        }
    }

    private void add(ServiceEndpoints service) {
        ServicePort port = service.port();
        Set<IpAddress> addresses = new LinkedHashSet<>(List.of(port.clusterIp()));
        addresses.addAll(port.externalIps());
        addresses.addAll(port.loadBalancerVips());
        addresses.forEach(address ->
                byAddress.computeIfAbsent(address, ip -> new ArrayList<>()).add(service));
        if (port.nodePort() != 0) {
            byNodePort
                    .computeIfAbsent(port.nodePort(), number -> new ArrayList<>())
                    .add(service);
        }
    }

    Cluster cluster() {
        return cluster;
    }

    ProxyConfig config() {
        return config;
    }

    NodeNetwork network() {
        return network;
    }

    boolean isNftables() {
        return config.mode() == ProxyConfig.Mode.NFTABLES;
    }

    /** The Service port whose address, protocol and port the packet has; node ports on whatever node. */
    Optional<Aim> aimOf(PacketDescription packet) {
        for (ServiceEndpoints service : at(packet.destination())) {
            if (service.port().port() == packet.destinationPort() && isOf(service, packet)) {
                return Optional.of(new Aim(service, by(service.port(), packet.destination())));
            }
        }
        return atNodePort(packet)
                .filter(service -> network.isLocal(packet.destination()))
                .map(service -> new Aim(service, By.NODE_PORT));
    }

    /** The Service port of the packet's family whose node port the packet has, whatever its address is. */
    Optional<ServiceEndpoints> atNodePort(PacketDescription packet) {
        return byNodePort.getOrDefault(packet.destinationPort(), List.of()).stream()
                .filter(service -> isOf(service, packet))
                .filter(service -> service.port().clusterIp().family()
                        == packet.destination().family())
                .findFirst();
    }

    /** Every proxied Service port, of both families. */
    Stream<ServiceEndpoints> services() {
        return byAddress.values().stream().flatMap(List::stream);
    }

    /** All Service ports of any family and protocol with this node port. */
    List<ServiceEndpoints> withNodePort(int number) {
        return byNodePort.getOrDefault(number, List.of());
    }

    /** The ports of the Services that have this address. */
    List<ServiceEndpoints> at(IpAddress address) {
        return byAddress.getOrDefault(address, List.of());
    }

    private static boolean isOf(ServiceEndpoints service, PacketDescription packet) {
        return service.port().name().protocol().number() == packet.protocol();
    }

    static By by(ServicePort port, IpAddress address) {
        if (port.clusterIp().equals(address)) {
            return By.CLUSTER_IP;
        }
        return port.loadBalancerVips().contains(address) ? By.LOAD_BALANCER_IP : By.EXTERNAL_IP;
    }

    /** The Service as written. */
    Service service(ServicePort port) {
        return cluster.services().stream()
                .map(Located::object)
                .filter(service ->
                        service.getMetadata().getName().equals(port.name().service())
                                && service.getMetadata()
                                        .getNamespace()
                                        .equals(port.name().namespace()))
                .findFirst()
                .orElseThrow();
    }

    /** The pod that has an address, as {@code namespace/name}. */
    Optional<String> podAt(IpAddress address) {
        return cluster.pods().stream()
                .map(Located::object)
                .filter(pod -> pod.getStatus() != null && addressesOf(pod).anyMatch(address::equals))
                .map(pod -> pod.getMetadata().getNamespace() + "/"
                        + pod.getMetadata().getName())
                .findFirst();
    }

    private static Stream<IpAddress> addressesOf(Pod pod) {
        Stream<String> more = pod.getStatus().getPodIPs() == null
                ? Stream.empty()
                : pod.getStatus().getPodIPs().stream().map(PodIP::getIp);
        return Stream.concat(Stream.ofNullable(pod.getStatus().getPodIP()), more)
                .flatMap(text -> IpAddress.parse(text).stream());
    }

    /** Of every family. */
    List<EndpointSlice> slices(Aim aim) {
        return slices.getOrDefault(aim.serviceName(), List.of());
    }

    /** Nodes that have a ready endpoint of the Service port, other than this one. */
    List<String> nodesWithReady(Aim aim) {
        Set<IpAddress> ready = aim.ready().stream()
                .map(endpoint -> endpoint.address().address())
                .collect(Collectors.toSet());
        return slices(aim).stream()
                .flatMap(slice -> slice.getEndpoints().stream())
                .filter(endpoint -> endpoint.getNodeName() != null
                        && endpoint.getAddresses().stream()
                                .flatMap(text -> IpAddress.parse(text).stream())
                                .anyMatch(ready::contains))
                .map(endpoint -> endpoint.getNodeName())
                .filter(name -> !name.equals(config.nodeName()))
                .distinct()
                .sorted()
                .toList();
    }

    /** {@code a, b and 3 more}. */
    static String some(Collection<String> names) {
        String first = names.stream().limit(MOST_NAMED).collect(Collectors.joining(", "));
        return names.size() <= MOST_NAMED ? first : first + " and " + (names.size() - MOST_NAMED) + " more";
    }

    static String addresses(Stream<Endpoint> endpoints) {
        return some(endpoints.map(Endpoint::text).toList());
    }

    /** {@code 1 endpoint is}, {@code 3 endpoints are}. */
    static String areMany(int count, String thing) {
        return count == 1 ? "1 " + thing + " is" : count + " " + thing + "s are";
    }
}
