package io.vipline.rules.policy;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What becomes of the first packet of a connection under kube-proxy's iptables mode, told without chains: a second
 * opinion for tests. It knows who may talk to what, not which rules say so. Session affinity is left out: it narrows the
 * choice to one of the endpoints named here. Addresses and ports of Services must not clash with each other.
 */
public final class KubeProxyOutcome {
    private static final Cidr LOOPBACK = Cidr.of("127.0.0.0/8");

    private final List<ServiceEndpoints> services;
    private final ProxyConfig config;
    private final IpFamily family;

    public KubeProxyOutcome(List<ServiceEndpoints> services, ProxyConfig config, IpFamily family) {
        this.services = List.copyOf(services);
        this.config = config;
        this.family = family;
    }

    /**
     * @param port destination
     * @param inInterface of arrival; empty if it isn't known; of no meaning for packets of the node itself
     */
    public record Packet(Protocol protocol, IpAddress source, IpAddress destination, int port, String inInterface) {}

    /** What becomes of a packet once the destination stands. */
    public enum Fate {
        PASSES,
        REJECTED,
        DROPPED
    }

    /** @param masquerade whether it asks for masquerading on its way out */
    public record Reached(IpPort endpoint, boolean masquerade, Fate fate) {}

    /**
     * @param service that translated or refused it, as {@link ServicePortName#text}; empty if none did
     * @param endpoints that it may be translated to, each as likely as the others; empty if it is not translated
     * @param fate of a packet that is not translated
     */
    public record Outcome(String service, List<Reached> endpoints, Fate fate) {}

    /** Which kind of address of a Service a packet is for. */
    private enum Portal {
        CLUSTER_IP,
        EXTERNAL_IP,
        LOAD_BALANCER,
        NODE_PORT,
        NONE
    }

    /** Who sends it, as far as kube-proxy can tell. */
    private enum Sender {
        POD,
        NODE,
        OUTSIDER
    }

    public Outcome of(Packet packet) {
        for (ServiceEndpoints service : services) {
            List<Endpoint> chosen = choice(service, packet);
            if (!chosen.isEmpty()) {
                List<Reached> reached = new ArrayList<>();
                for (Endpoint endpoint : chosen) {
                    boolean masquerade = asksForMasquerade(service, packet, endpoint);
                    Refusal refusal = refusal(packet, endpoint.address(), masquerade);
                    reached.add(new Reached(endpoint.address(), masquerade, refusal.fate));
                }
                return new Outcome(service.port().name().text(), reached, Fate.PASSES);
            }
        }
        Refusal refusal = refusal(packet, new IpPort(packet.destination, packet.port), false);
        return new Outcome(refusal.service, List.of(), refusal.fate);
    }

    private Portal portal(ServicePort port, Packet packet) {
        if (packet.protocol != port.name().protocol()) {
            return Portal.NONE;
        }
        if (packet.port == port.port()) {
            if (packet.destination.equals(port.clusterIp())) {
                return Portal.CLUSTER_IP;
            }
            if (port.externalIps().contains(packet.destination)) {
                return Portal.EXTERNAL_IP;
            }
            if (port.loadBalancerVips().contains(packet.destination)) {
                return Portal.LOAD_BALANCER;
            }
        }
        return packet.port == port.nodePort() && hasNodePorts(packet.destination) ? Portal.NODE_PORT : Portal.NONE;
    }

    /** Endpoints that the packet may go to by this Service; none if it is not the Service's, or not let in. */
    private List<Endpoint> choice(ServiceEndpoints service, Packet packet) {
        ServicePort port = service.port();
        return switch (portal(port, packet)) {
            case NONE -> List.of();
            case CLUSTER_IP -> port.internalPolicyLocal() ? localOnes(service) : clusterWide(service);
            case LOAD_BALANCER -> mayUseVips(port, packet) ? external(service, packet) : List.of();
            case EXTERNAL_IP, NODE_PORT -> external(service, packet);
        };
    }

    /** With the Local policy, who is inside the cluster still reaches every endpoint. */
    private List<Endpoint> external(ServiceEndpoints service, Packet packet) {
        boolean inside = sender(packet) != Sender.OUTSIDER;
        return service.port().externalPolicyLocal() && !inside ? localOnes(service) : clusterWide(service);
    }

    private boolean mayUseVips(ServicePort port, Packet packet) {
        List<Cidr> ranges = port.sourceRanges();
        if (ranges.isEmpty() || ranges.stream().anyMatch(range -> range.contains(packet.source))) {
            return true;
        }
        boolean node =
                config.nodeIp(family).stream().anyMatch(ip -> ranges.stream().anyMatch(range -> range.contains(ip)));
        return node && port.loadBalancerVips().contains(packet.source);
    }

    private boolean asksForMasquerade(ServiceEndpoints service, Packet packet, Endpoint endpoint) {
        if (packet.source.equals(endpoint.address().address())) {
            return true;
        }
        Sender sender = sender(packet);
        if (portal(service.port(), packet) == Portal.CLUSTER_IP) {
            boolean canTell = isPodFrom(packet) != null;
            return config.masqueradeAll() || (canTell && sender != Sender.POD);
        }
        return !service.port().externalPolicyLocal() || sender == Sender.NODE;
    }

    private Sender sender(Packet packet) {
        if (Boolean.TRUE.equals(isPodFrom(packet))) {
            return Sender.POD;
        }
        return isLocal(packet.source) ? Sender.NODE : Sender.OUTSIDER;
    }

    /** Whether a local pod sent it; null if kube-proxy has no means to tell. */
    private Boolean isPodFrom(Packet packet) {
        return switch (config.detectLocal()) {
            case DetectLocal.None() -> null;
            case DetectLocal.BySource(List<Cidr> cidrs) -> {
                List<Cidr> own =
                        cidrs.stream().filter(cidr -> cidr.family() == family).toList();
                yield own.isEmpty() ? null : Boolean.valueOf(own.getFirst().contains(packet.source));
            }
            case DetectLocal.ByInterface(String pattern) -> {
                boolean arrived = !isLocal(packet.source);
                yield arrived
                        && (pattern.endsWith("+")
                                ? packet.inInterface.startsWith(pattern.substring(0, pattern.length() - 1))
                                : packet.inInterface.equals(pattern));
            }
        };
    }

    private List<Endpoint> clusterWide(ServiceEndpoints service) {
        List<Endpoint> ready =
                service.endpoints().stream().filter(Endpoint::ready).toList();
        if (ready.isEmpty()) {
            return service.endpoints().stream()
                    .filter(endpoint -> endpoint.serving() && endpoint.terminating())
                    .toList();
        }
        Predicate<Endpoint> ours = endpoint -> endpoint.nodeHints().contains(config.nodeName());
        if (ready.stream().allMatch(endpoint -> !endpoint.nodeHints().isEmpty())
                && ready.stream().anyMatch(ours)) {
            return ready.stream().filter(ours).toList();
        }
        Predicate<Endpoint> inZone =
                endpoint -> !config.zone().isEmpty() && endpoint.zoneHints().contains(config.zone());
        if (ready.stream().allMatch(endpoint -> !endpoint.zoneHints().isEmpty())
                && ready.stream().anyMatch(inZone)) {
            return ready.stream().filter(inZone).toList();
        }
        return ready;
    }

    private static List<Endpoint> localOnes(ServiceEndpoints service) {
        List<Endpoint> local =
                service.endpoints().stream().filter(Endpoint::local).toList();
        List<Endpoint> ready = local.stream().filter(Endpoint::ready).toList();
        return ready.isEmpty()
                ? local.stream()
                        .filter(endpoint -> endpoint.serving() && endpoint.terminating())
                        .toList()
                : ready;
    }

    private static boolean anyAnywhere(ServiceEndpoints service) {
        return service.endpoints().stream()
                .anyMatch(endpoint -> endpoint.ready() || (endpoint.serving() && endpoint.terminating()));
    }

    private record Refusal(String service, Fate fate) {
        static final Refusal NONE = new Refusal("", Fate.PASSES);
    }

    /** Whether a packet, translated or not, is refused on its way to where it now goes. */
    private Refusal refusal(Packet packet, IpPort to, boolean marked) {
        Packet now = new Packet(packet.protocol, packet.source, to.address(), to.port(), packet.inInterface);
        boolean translated = !to.equals(new IpPort(packet.destination, packet.port));
        boolean sent = isLocal(packet.source);
        boolean delivered = isLocal(to.address());
        Stream.Builder<Refusal> asked = Stream.builder();
        asked.add(sourceRanges(now));
        if (sent) {
            asked.add(noEndpoints(now, Portal.CLUSTER_IP));
            asked.add(localnet(now, translated));
        }
        if (delivered && !isHealthCheck(now)) {
            asked.add(noEndpoints(now, Portal.EXTERNAL_IP));
            asked.add(localnet(now, translated));
        }
        if (!sent && !delivered && !marked) {
            asked.add(noEndpoints(now, Portal.CLUSTER_IP));
            asked.add(noEndpoints(now, Portal.EXTERNAL_IP));
        }
        return asked.build()
                .filter(refusal -> refusal.fate != Fate.PASSES)
                .findFirst()
                .orElse(Refusal.NONE);
    }

    private Refusal sourceRanges(Packet packet) {
        for (ServiceEndpoints service : services) {
            if (portal(service.port(), packet) == Portal.LOAD_BALANCER
                    && anyAnywhere(service)
                    && !service.port().sourceRanges().isEmpty()) {
                return new Refusal(service.port().name().text(), Fate.DROPPED);
            }
        }
        return Refusal.NONE;
    }

    /** @param kind CLUSTER_IP for that, EXTERNAL_IP for every other address of a Service */
    private Refusal noEndpoints(Packet packet, Portal kind) {
        for (ServiceEndpoints service : services) {
            ServicePort port = service.port();
            boolean internal = kind == Portal.CLUSTER_IP;
            boolean local = internal ? port.internalPolicyLocal() : port.externalPolicyLocal();
            boolean served =
                    anyAnywhere(service) && !(local && localOnes(service).isEmpty());
            if (!served && isFor(port, packet, internal)) {
                return new Refusal(port.name().text(), anyAnywhere(service) ? Fate.DROPPED : Fate.REJECTED);
            }
        }
        return Refusal.NONE;
    }

    /** Refusals of node ports stand on every local address, wherever node ports are answered. */
    private boolean isFor(ServicePort port, Packet packet, boolean internal) {
        Portal portal = portal(port, packet);
        if (internal) {
            return portal == Portal.CLUSTER_IP;
        }
        boolean nodePort = packet.protocol == port.name().protocol()
                && packet.port == port.nodePort()
                && isLocal(packet.destination);
        return portal == Portal.EXTERNAL_IP || portal == Portal.LOAD_BALANCER || nodePort;
    }

    /** Loopback is reachable by node ports only where the kernel was told to route it: nobody else may use that. */
    private Refusal localnet(Packet packet, boolean translated) {
        boolean open = family == IpFamily.IPV4 && localhostNodePorts();
        boolean blocked =
                open && !translated && LOOPBACK.contains(packet.destination) && !LOOPBACK.contains(packet.source);
        return blocked ? new Refusal("", Fate.DROPPED) : Refusal.NONE;
    }

    private boolean isHealthCheck(Packet packet) {
        return packet.protocol == Protocol.TCP
                && services.stream()
                        .anyMatch(service -> service.port().healthCheckNodePort() != 0
                                && service.port().healthCheckNodePort() == packet.port);
    }

    private boolean hasNodePorts(IpAddress address) {
        if (!isLocal(address)) {
            return false;
        }
        boolean loopback = LOOPBACK.contains(address) || address.equals(IpAddress.of("::1"));
        if (loopback && (family == IpFamily.IPV6 || !localhostNodePorts())) {
            return false;
        }
        List<Cidr> only = config.nodePortAddresses().stream()
                .filter(cidr -> cidr.family() == family)
                .toList();
        if (only.isEmpty() || only.stream().anyMatch(cidr -> cidr.prefixLength() == 0)) {
            return true;
        }
        return config.localAddresses().stream()
                        .anyMatch(local -> local.address().equals(address))
                && only.stream().anyMatch(cidr -> cidr.contains(address));
    }

    private boolean localhostNodePorts() {
        List<Cidr> only = config.nodePortAddresses().stream()
                .filter(cidr -> cidr.family() == IpFamily.IPV4)
                .toList();
        return config.localhostNodePorts()
                && (only.isEmpty()
                        || only.stream()
                                .anyMatch(cidr ->
                                        cidr.contains(LOOPBACK.address()) || LOOPBACK.contains(cidr.address())));
    }

    /** The kernel calls every address of 127.0.0.0/8 local. */
    private boolean isLocal(IpAddress address) {
        for (LocalAddress local : config.localAddresses()) {
            if (local.address().equals(address)) {
                return true;
            }
        }
        return LOOPBACK.contains(address);
    }
}
