package io.vipline.tools.explain;

import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What would change a packet's fate, told from the Service that it was meant for. */
public final class Hints {
    private final List<ServiceEndpoints> services;

    /** @param services of the packet's family */
    public Hints(List<ServiceEndpoints> services) {
        this.services = services;
    }

    public List<String> of(PacketDescription packet, Walk walk) {
        List<String> hints = new ArrayList<>();
        Outcome first = walk.outcomes().getFirst();
        switch (first.fate()) {
            case Outcome.Fate.Rejected rejected -> find(first.service(), hints, this::noEndpoints);
            case Outcome.Fate.Dropped dropped -> dropped(dropped.cause(), first.service(), hints);
            case Outcome.Fate.Accepted accepted -> {
                if (first.endpoint().isEmpty()) {
                    otherPorts(packet, hints);
                } else if (walk.outcomes().stream().anyMatch(Outcome::masquerades)) {
                    hints.add("masqueraded: the packet was marked, so it leaves with the node's address as its source");
                }
            }
            case Outcome.Fate.Unknown unknown -> hints.add(unknown.because());
        }
        return hints;
    }

    private interface Hint {
        String about(ServiceEndpoints service);
    }

    private void find(String name, List<String> hints, Hint hint) {
        services.stream()
                .filter(service -> service.port().name().text().equals(name))
                .map(hint::about)
                .findFirst()
                .ifPresent(hints::add);
    }

    private String noEndpoints(ServiceEndpoints service) {
        if (service.endpoints().isEmpty()) {
            return "no endpoint stands behind " + service.port().name().text()
                    + ": its selector matches no pod, or none has the port";
        }
        return "none of the " + service.endpoints().size() + " endpoints is ready, or serving while it terminates: "
                + addresses(service);
    }

    private void dropped(DropCause cause, String name, List<String> hints) {
        switch (cause) {
            case NO_LOCAL_ENDPOINTS ->
                find(
                        name,
                        hints,
                        service -> "endpoints are there but not on this node, and the traffic policy is Local: "
                                + addresses(service));
            case SOURCE_RANGES ->
                find(
                        name,
                        hints,
                        service -> "the source is not in loadBalancerSourceRanges: "
                                + service.port().sourceRanges());
            case INVALID_STATE -> hints.add("conntrack knows no connection that this packet could belong to");
            case LOCALNET -> hints.add("127.0.0.0/8 is reached from the node itself only");
            case UNALLOCATED_CLUSTER_IP -> hints.add("no Service has this address of the service range");
            case RULE, POLICY -> {}
        }
    }

    private static String addresses(ServiceEndpoints service) {
        return service.endpoints().stream().limit(5).map(Hints::describe).collect(Collectors.joining(", "));
    }

    private static String describe(Endpoint endpoint) {
        return endpoint.text() + (endpoint.local() ? " on this node" : " elsewhere");
    }

    private void otherPorts(PacketDescription packet, List<String> hints) {
        List<String> there = services.stream()
                .map(ServiceEndpoints::port)
                .filter(port -> has(port, packet.destination()))
                .map(port ->
                        port.name().text() + " on " + port.name().protocol().text() + " " + port.port())
                .toList();
        if (!there.isEmpty()) {
            hints.add("that address belongs to a Service, but not on this port: " + String.join(", ", there));
        }
    }

    private static boolean has(ServicePort port, IpAddress address) {
        return port.clusterIp().equals(address)
                || port.externalIps().contains(address)
                || port.loadBalancerVips().contains(address);
    }
}
