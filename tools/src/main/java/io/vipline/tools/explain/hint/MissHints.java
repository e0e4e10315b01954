package io.vipline.tools.explain.hint;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Service;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.NodePortAddresses;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Hints about a packet that looks as if a Service should have it, but none has. */
final class MissHints {
    private static final String PROXY_NAME = "service.kubernetes.io/service-proxy-name";
    private static final String HEADLESS = "service.kubernetes.io/headless";
    private static final Cidr V4_LOOPBACK = Cidr.of("127.0.0.0/8");

    private final Scene scene;
    private final PacketDescription packet;
    private final List<String> hints = new ArrayList<>();

    MissHints(Scene scene, PacketDescription packet) {
        this.scene = scene;
        this.packet = packet;
    }

    List<String> all() {
        List<ServiceEndpoints> here = scene.at(packet.destination());
        if (!here.isEmpty()) {
            otherPort(here);
        } else {
            leftToOthers();
        }
        boolean isNodePort = !scene.withNodePort(packet.destinationPort()).isEmpty();
        if (hints.isEmpty() && isNodePort) {
            nodePortElsewhere();
        }
        if (hints.isEmpty()) {
            directly();
        }
        return hints;
    }

    private String protocol() {
        return Protocol.ofNumber(packet.protocol())
                .map(protocol -> protocol.text().toUpperCase())
                .orElse("this protocol");
    }

    private static String text(ServicePort port) {
        String name = port.name().port();
        return (name.isEmpty() ? "" : name + " ")
                + port.name().protocol().text().toUpperCase() + " " + port.port();
    }

    private void otherPort(List<ServiceEndpoints> here) {
        ServicePort first = here.getFirst().port();
        String ports = Scene.some(here.stream().map(one -> text(one.port())).toList());
        String what = packet.destination() + " is the " + by(first) + " of "
                + first.name().namespace() + "/" + first.name().service();
        if (packet.destinationPort() < 0) {
            hints.add(what + "; Services are about TCP, UDP and SCTP, not about " + protocol());
            return;
        }
        boolean otherProtocol = here.stream().anyMatch(one -> one.port().port() == packet.destinationPort());
        boolean isTarget = here.stream()
                .flatMap(one -> one.endpoints().stream())
                .anyMatch(endpoint -> endpoint.address().port() == packet.destinationPort());
        hints.add(what + ", which has no " + protocol() + " port " + packet.destinationPort()
                + (isTarget && !otherProtocol ? " (that is its pods' port)" : "") + "; it has " + ports);
        hints.add(
                scene.isNftables()
                        ? "nftables mode rejects what comes to a port that a cluster IP does not have"
                        : "iptables mode has no rule for it: the packet goes on to where the routes send it, most"
                                + " often nowhere (nftables mode would reject it)");
    }

    private String by(ServicePort port) {
        return switch (Scene.by(port, packet.destination())) {
            case CLUSTER_IP -> "cluster IP";
            case LOAD_BALANCER_IP -> "load balancer's address";
            case EXTERNAL_IP -> "external IP";
            case NODE_PORT -> "node's address";
        };
    }

    /** Services that have the address, but that kube-proxy writes no rule for. */
    private void leftToOthers() {
        for (Located<Service> located : scene.cluster().services()) {
            Service service = located.object();
            String name = service.getMetadata().getNamespace() + "/"
                    + service.getMetadata().getName();
            Map<String, String> labels =
                    Objects.requireNonNullElse(service.getMetadata().getLabels(), Map.of());
            Stream<String> own = Stream.concat(
                    Stream.ofNullable(service.getSpec().getClusterIP()), service.getSpec().getClusterIPs().stream());
            if (own.anyMatch(this::isDestination)) {
                hints.add(packet.destination() + " is the cluster IP of " + name + ": " + whyNoRule(service, labels));
                return;
            }
            if (ingresses(service).anyMatch(ingress -> isDestination(ingress.getIp()))) {
                hints.add(packet.destination() + " is an address of " + name + " with ipMode Proxy: the load balancer"
                        + " itself sends to node ports, kube-proxy has no rule for it");
                return;
            }
        }
    }

    private boolean isDestination(String text) {
        return text != null
                && IpAddress.parse(text).map(packet.destination()::equals).orElse(false);
    }

    private static String whyNoRule(Service service, Map<String, String> labels) {
        if (labels.containsKey(PROXY_NAME)) {
            return "its label " + PROXY_NAME + " leaves it to the proxy " + labels.get(PROXY_NAME);
        }
        if (labels.containsKey(HEADLESS)) {
            return "its label " + HEADLESS + " makes kube-proxy pass it over";
        }
        return "ExternalName".equals(service.getSpec().getType())
                ? "its type is ExternalName, for which kube-proxy has no rules, whatever clusterIP says"
                : "kube-proxy has no rules for it, it has no port";
    }

    private static Stream<LoadBalancerIngress> ingresses(Service service) {
        return service.getStatus() == null || service.getStatus().getLoadBalancer() == null
                ? Stream.empty()
                : service.getStatus().getLoadBalancer().getIngress().stream()
                        .filter(ingress -> "Proxy".equals(ingress.getIpMode()));
    }

    /** The port is some Service's node port, but nothing answers there. */
    private void nodePortElsewhere() {
        IpAddress destination = packet.destination();
        Optional<ServiceEndpoints> same = scene.atNodePort(packet);
        List<ServiceEndpoints> all = scene.withNodePort(packet.destinationPort());
        String what = packet.destinationPort() + " is a node port of "
                + same.orElse(all.getFirst()).port().name().text();
        Optional<String> node = nodeOf(destination);
        if (!scene.network().isLocal(destination)) {
            node.ifPresent(name -> hints.add(what + ", but " + destination + " is " + name + ", and this is "
                    + scene.config().nodeName() + ": there --node " + name + " shows what happens"));
        } else if (same.isEmpty()) {
            boolean otherProtocol =
                    all.stream().anyMatch(one -> one.port().clusterIp().family() == destination.family());
            hints.add(
                    otherProtocol
                            ? what + " for "
                                    + all.getFirst()
                                            .port()
                                            .name()
                                            .protocol()
                                            .text()
                                            .toUpperCase() + ", not for " + protocol()
                            : what + ", which has no " + destination.family().text() + " address");
        } else {
            hints.add(what + ", but node ports do not answer on " + destination + ": " + whereNodePortsAre());
        }
    }

    private String whereNodePortsAre() {
        IpAddress destination = packet.destination();
        if (NodePortAddresses.of(scene.config(), destination.family()).matchesAll() || isLoopback(destination)) {
            return !isLoopback(destination)
                    ? "another rule has it"
                    : scene.isNftables()
                            ? "nftables mode has none on localhost"
                            : destination.isV4() ? localhostOff() : "IPv6 has none on localhost, only IPv4";
        }
        String ranges = NodePortAddresses.of(scene.config(), destination.family()).cidrs().stream()
                .map(Cidr::toString)
                .collect(Collectors.joining(", "));
        return "nodePortAddresses " + (scene.isNftables() ? "(in nftables mode the primary one unless said) " : "")
                + "has " + ranges;
    }

    private String localhostOff() {
        return scene.config().localhostNodePorts() ? "nodePortAddresses leaves it out" : "localhostNodePorts is off";
    }

    private static boolean isLoopback(IpAddress address) {
        return V4_LOOPBACK.contains(address) || address.equals(IpAddress.v6(0, 1));
    }

    private Optional<String> nodeOf(IpAddress address) {
        return scene.cluster().nodes().stream()
                .map(Located::object)
                .filter(node -> node.getStatus() != null
                        && node.getStatus().getAddresses().stream().anyMatch(one -> isDestination(one.getAddress())))
                .map(node -> node.getMetadata().getName())
                .findFirst();
    }

    private void directly() {
        IpAddress destination = packet.destination();
        Optional<Cidr> range = scene.config().serviceCidrs().stream()
                .filter(cidr -> cidr.contains(destination))
                .findFirst();
        if (range.isPresent()) {
            hints.add("no Service has " + destination + ", an address of the service range " + range.get()
                    + (scene.isNftables() ? ": nftables mode drops it" : "; nftables mode would drop it"));
            return;
        }
        healthCheck().ifPresent(hints::add);
        scene.podAt(destination)
                .filter(pod -> !scene.network().isLocal(destination))
                .ifPresent(pod -> hints.add("that is the address of pod " + pod
                        + " itself: no Service is asked, the packet goes straight there"));
    }

    private Optional<String> healthCheck() {
        return scene.services()
                .filter(service -> service.port().healthCheckNodePort() == packet.destinationPort()
                        && packet.destinationPort() > 0
                        && scene.network().isLocal(packet.destination()))
                .findFirst()
                .map(service -> packet.destinationPort() + " is the health check node port of "
                        + service.port().name().namespace() + "/"
                        + service.port().name().service()
                        + ": kube-proxy itself answers, 200 if an endpoint is ready on this node, else 503");
    }
}
