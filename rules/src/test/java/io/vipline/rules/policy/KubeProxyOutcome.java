package io.vipline.rules.policy;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.NodeOfOutcome.Sender;
import io.vipline.rules.policy.RefusalsOfOutcome.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of the first packet of a connection under kube-proxy, in either mode, told without chains: a second
 * opinion for tests. It knows who may talk to what, not which rules say so. Session affinity is left out: it narrows the
 * choice to one of the endpoints named here. Addresses and ports of Services must not clash with each other.
 */
public final class KubeProxyOutcome {
    private final List<ServiceEndpoints> services;
    private final NodeOfOutcome node;
    private final RefusalsOfOutcome refusals;

    public KubeProxyOutcome(List<ServiceEndpoints> services, ProxyConfig config, IpFamily family) {
        this.services = List.copyOf(services);
        node = new NodeOfOutcome(config, family);
        refusals = new RefusalsOfOutcome(this.services, node);
    }

    /**
     * @param port destination
     * @param inInterface of arrival; empty if it isn't known; of no meaning for packets of the node itself
     */
    public record Packet(Protocol protocol, IpAddress source, IpAddress destination, int port, String inInterface) {
        Packet to(IpPort endpoint) {
            return new Packet(protocol, source, endpoint.address(), endpoint.port(), inInterface);
        }
    }

    /** What becomes of a packet once the destination stands. */
    public enum Fate {
        PASSES,
        REJECTED,
        DROPPED
    }

    /** @param masquerade whether it asks for masquerading on its way out */
    public record Reached(IpPort endpoint, boolean masquerade, Refusal refusal) {
        public Fate fate() {
            return refusal.fate();
        }
    }

    /**
     * @param service that translated it; empty if none did
     * @param endpoints that it may be translated to, each as likely as the others; empty if it is not translated
     * @param refusal of a packet that is not translated
     */
    public record Outcome(Optional<ServicePort> service, List<Reached> endpoints, Refusal refusal) {
        public Fate fate() {
            return refusal.fate();
        }
    }

    /** Which kind of address of a Service a packet is for. */
    enum Portal {
        CLUSTER_IP,
        EXTERNAL_IP,
        LOAD_BALANCER,
        NODE_PORT,
        NONE
    }

    public Outcome of(Packet packet) {
        Refusal early = refusals.beforeTranslation(packet);
        if (early.fate() != Fate.PASSES) {
            return new Outcome(Optional.empty(), List.of(), early);
        }
        for (ServiceEndpoints service : services) {
            if (servicePortal(service.port(), packet) != Portal.NONE) {
                List<Endpoint> chosen = choice(service, packet);
                if (!chosen.isEmpty()) {
                    return translated(service, chosen, packet);
                }
                // a lookup in a map is final, where a list of rules goes on to the node ports
                if (node.isNftables() && endpoints(service).anywhere()) {
                    return new Outcome(Optional.empty(), List.of(), refusals.afterTranslation(packet, false, false));
                }
            }
        }
        for (ServiceEndpoints service : services) {
            List<Endpoint> chosen = choice(service, packet);
            if (!chosen.isEmpty()) {
                return translated(service, chosen, packet);
            }
        }
        return new Outcome(Optional.empty(), List.of(), refusals.afterTranslation(packet, false, false));
    }

    private Outcome translated(ServiceEndpoints service, List<Endpoint> chosen, Packet packet) {
        List<Reached> reached = new ArrayList<>();
        for (Endpoint endpoint : chosen) {
            boolean masquerade = asksForMasquerade(service, packet, endpoint);
            boolean isElsewhere = !endpoint.address().equals(new IpPort(packet.destination, packet.port));
            Refusal refusal = refusals.afterTranslation(packet.to(endpoint.address()), isElsewhere, masquerade);
            reached.add(new Reached(endpoint.address(), masquerade, refusal));
        }
        return new Outcome(Optional.of(service.port()), reached, Refusal.NONE);
    }

    private Portal portal(ServicePort port, Packet packet) {
        Portal portal = servicePortal(port, packet);
        boolean nodePort = packet.protocol == port.name().protocol()
                && packet.port == port.nodePort()
                && node.hasNodePorts(packet.destination);
        return portal == Portal.NONE && nodePort ? Portal.NODE_PORT : portal;
    }

    /** As {@link #portal}, of the Service's own addresses. */
    static Portal servicePortal(ServicePort port, Packet packet) {
        if (packet.protocol != port.name().protocol() || packet.port != port.port()) {
            return Portal.NONE;
        }
        if (packet.destination.equals(port.clusterIp())) {
            return Portal.CLUSTER_IP;
        }
        if (port.externalIps().contains(packet.destination)) {
            return Portal.EXTERNAL_IP;
        }
        return port.loadBalancerVips().contains(packet.destination) ? Portal.LOAD_BALANCER : Portal.NONE;
    }

    private EndpointsOfOutcome endpoints(ServiceEndpoints service) {
        return new EndpointsOfOutcome(
                service, node.config().nodeName(), node.config().zone());
    }

    /** Endpoints that the packet may go to by this Service; none if it is not the Service's, or not let in. */
    private List<Endpoint> choice(ServiceEndpoints service, Packet packet) {
        ServicePort port = service.port();
        EndpointsOfOutcome endpoints = endpoints(service);
        return switch (portal(port, packet)) {
            case NONE -> List.of();
            case CLUSTER_IP -> port.internalPolicyLocal() ? endpoints.local() : endpoints.clusterWide();
            case LOAD_BALANCER -> mayUseVips(port, packet, node) ? external(service, packet) : List.of();
            case EXTERNAL_IP, NODE_PORT -> external(service, packet);
        };
    }

    /** With the Local policy, who is inside the cluster still reaches every endpoint. */
    private List<Endpoint> external(ServiceEndpoints service, Packet packet) {
        boolean inside = node.sender(packet) != Sender.OUTSIDER;
        boolean localOnly = service.port().externalPolicyLocal() && !inside;
        return localOnly ? endpoints(service).local() : endpoints(service).clusterWide();
    }

    static boolean mayUseVips(ServicePort port, Packet packet, NodeOfOutcome node) {
        List<Cidr> ranges = port.sourceRanges();
        if (ranges.isEmpty() || ranges.stream().anyMatch(range -> range.contains(packet.source))) {
            return true;
        }
        boolean nodeIsListed = node.config()
                .nodeIp(node.family())
                .filter(ip -> ranges.stream().anyMatch(range -> range.contains(ip)))
                .isPresent();
        return nodeIsListed && port.loadBalancerVips().contains(packet.source);
    }

    private boolean asksForMasquerade(ServiceEndpoints service, Packet packet, Endpoint endpoint) {
        if (packet.source.equals(endpoint.address().address())) {
            return true;
        }
        Sender sender = node.sender(packet);
        if (portal(service.port(), packet) == Portal.CLUSTER_IP) {
            boolean canTell = node.isFromPod(packet) != null;
            return node.config().masqueradeAll() || (canTell && sender != Sender.POD);
        }
        return !service.port().externalPolicyLocal() || sender == Sender.NODE;
    }
}
