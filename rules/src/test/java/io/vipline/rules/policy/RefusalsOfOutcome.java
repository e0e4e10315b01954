package io.vipline.rules.policy;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.KubeProxyOutcome.Fate;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.KubeProxyOutcome.Portal;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Who is turned away, and where on the way: the part of {@link KubeProxyOutcome} in which the modes differ most. */
public final class RefusalsOfOutcome {
    private final List<ServiceEndpoints> services;
    private final NodeOfOutcome node;

    RefusalsOfOutcome(List<ServiceEndpoints> services, NodeOfOutcome node) {
        this.services = services;
        this.node = node;
    }

    /**
     * @param service that refused, as {@link ServicePortName#text}; empty if none did
     * @param cause null unless it is dropped
     */
    public record Refusal(String service, Fate fate, DropCause cause) {
        static final Refusal NONE = new Refusal("", Fate.PASSES, null);

        static Refusal drop(String service, DropCause cause) {
            return new Refusal(service, Fate.DROPPED, cause);
        }

        boolean isOne() {
            return fate != Fate.PASSES;
        }
    }

    /** nftables mode minds source ranges before it translates. */
    Refusal beforeTranslation(Packet packet) {
        if (!node.isNftables()) {
            return Refusal.NONE;
        }
        for (ServiceEndpoints service : services) {
            ServicePort port = service.port();
            boolean forVip = packet.protocol() == port.name().protocol()
                    && packet.port() == port.port()
                    && port.loadBalancerVips().contains(packet.destination());
            if (forVip && !KubeProxyOutcome.mayUseVips(port, packet, node)) {
                return Refusal.drop(port.name().text(), DropCause.SOURCE_RANGES);
            }
        }
        return Refusal.NONE;
    }

    /**
     * @param packet with the destination to which it now goes
     * @param translated whether that is another than at first
     * @param marked whether it asks for masquerading
     */
    Refusal afterTranslation(Packet packet, boolean translated, boolean marked) {
        boolean sent = node.isLocal(packet.source());
        boolean delivered = node.isLocal(packet.destination());
        Stream<Supplier<Refusal>> asked =
                node.isNftables() ? nftables(packet, sent, delivered) : iptables(packet, translated, marked);
        return asked.map(Supplier::get).filter(Refusal::isOne).findFirst().orElse(Refusal.NONE);
    }

    private Stream<Supplier<Refusal>> nftables(Packet packet, boolean sent, boolean delivered) {
        Stream.Builder<Supplier<Refusal>> asked = Stream.builder();
        if (sent || !delivered) {
            asked.add(() -> noEndpoints(packet, true));
            asked.add(() -> noEndpoints(packet, false));
            asked.add(() -> clusterIps(packet));
        }
        if (delivered) {
            asked.add(() -> noNodePortEndpoints(packet));
            asked.add(() -> noEndpoints(packet, true));
            asked.add(() -> noEndpoints(packet, false));
        }
        return asked.build();
    }

    private Stream<Supplier<Refusal>> iptables(Packet packet, boolean translated, boolean marked) {
        boolean sent = node.isLocal(packet.source());
        boolean delivered = node.isLocal(packet.destination());
        Stream.Builder<Supplier<Refusal>> asked = Stream.builder();
        asked.add(() -> firewall(packet));
        if (sent) {
            asked.add(() -> noEndpoints(packet, true));
            asked.add(() -> localnet(packet, translated));
        }
        if (delivered && !isHealthCheck(packet)) {
            asked.add(() -> noExternalEndpoints(packet));
            asked.add(() -> localnet(packet, translated));
        }
        if (!sent && !delivered && !marked) {
            asked.add(() -> noEndpoints(packet, true));
            asked.add(() -> noEndpoints(packet, false));
        }
        return asked.build();
    }

    /** What comes to a VIP with source ranges and was not let in to be translated. */
    private Refusal firewall(Packet packet) {
        for (ServiceEndpoints service : services) {
            ServicePort port = service.port();
            boolean forVip = packet.protocol() == port.name().protocol()
                    && packet.port() == port.port()
                    && port.loadBalancerVips().contains(packet.destination());
            if (forVip && endpoints(service).anywhere() && !port.sourceRanges().isEmpty()) {
                return Refusal.drop(port.name().text(), DropCause.SOURCE_RANGES);
            }
        }
        return Refusal.NONE;
    }

    /** @param clusterIp whether cluster IPs are meant, else external and load-balancer IPs */
    private Refusal noEndpoints(Packet packet, boolean clusterIp) {
        for (ServiceEndpoints service : services) {
            Portal portal = KubeProxyOutcome.servicePortal(service.port(), packet);
            boolean meant = portal != Portal.NONE && (portal == Portal.CLUSTER_IP) == clusterIp;
            if (meant && !endpoints(service).serves(clusterIp)) {
                return refusal(service);
            }
        }
        return Refusal.NONE;
    }

    /** Refusals of node ports stand on every local address, wherever node ports are answered. */
    private Refusal noExternalEndpoints(Packet packet) {
        for (ServiceEndpoints service : services) {
            ServicePort port = service.port();
            Portal portal = KubeProxyOutcome.servicePortal(port, packet);
            boolean nodePort = packet.protocol() == port.name().protocol() && packet.port() == port.nodePort();
            boolean meant = portal == Portal.EXTERNAL_IP || portal == Portal.LOAD_BALANCER || nodePort;
            if (meant && !endpoints(service).serves(false)) {
                return refusal(service);
            }
        }
        return Refusal.NONE;
    }

    private Refusal noNodePortEndpoints(Packet packet) {
        for (ServiceEndpoints service : services) {
            ServicePort port = service.port();
            boolean meant = packet.protocol() == port.name().protocol()
                    && packet.port() == port.nodePort()
                    && node.hasNodePorts(packet.destination());
            if (meant && !endpoints(service).serves(false)) {
                return refusal(service);
            }
        }
        return Refusal.NONE;
    }

    private Refusal refusal(ServiceEndpoints service) {
        String name = service.port().name().text();
        return endpoints(service).anywhere()
                ? Refusal.drop(name, DropCause.NO_LOCAL_ENDPOINTS)
                : new Refusal(name, Fate.REJECTED, null);
    }

    /** nftables mode: no other port of a cluster IP answers, and no address of the range that is nobody's. */
    private Refusal clusterIps(Packet packet) {
        IpAddress to = packet.destination();
        if (services.stream().anyMatch(service -> service.port().clusterIp().equals(to))) {
            return new Refusal("", Fate.REJECTED, null);
        }
        Optional<Cidr> range = node.config().serviceCidrs().stream()
                .filter(cidr -> cidr.contains(to))
                .findFirst();
        return range.isPresent() ? Refusal.drop("", DropCause.UNALLOCATED_CLUSTER_IP) : Refusal.NONE;
    }

    /** Loopback is reachable by node ports only where the kernel was told to route it: nobody else may use that. */
    private Refusal localnet(Packet packet, boolean translated) {
        boolean blocked = node.localhostNodePorts()
                && !translated
                && NodeOfOutcome.isLoopback(packet.destination())
                && !NodeOfOutcome.isLoopback(packet.source());
        return blocked ? Refusal.drop("", DropCause.LOCALNET) : Refusal.NONE;
    }

    private boolean isHealthCheck(Packet packet) {
        return packet.protocol() == Protocol.TCP
                && services.stream()
                        .anyMatch(service -> service.port().healthCheckNodePort() != 0
                                && service.port().healthCheckNodePort() == packet.port());
    }

    private EndpointsOfOutcome endpoints(ServiceEndpoints service) {
        return new EndpointsOfOutcome(
                service, node.config().nodeName(), node.config().zone());
    }
}
