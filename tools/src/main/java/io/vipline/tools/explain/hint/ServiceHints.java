package io.vipline.tools.explain.hint;

import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.policy.EligibleEndpoints;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.table.Verdict.DropCause;
import io.vipline.tools.explain.hint.Aim.By;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Hints about a packet whose destination is a Service port. */
final class ServiceHints {
    private static final String UNKNOWN_PODS =
            " this kube-proxy does not know which addresses are pods' (clusterCIDR, detectLocalMode)";

    private final Scene scene;
    private final Aim aim;
    private final EligibleEndpoints eligible;
    private final List<String> hints = new ArrayList<>();

    ServiceHints(Scene scene, Aim aim) {
        this.scene = scene;
        this.aim = aim;
        this.eligible = aim.eligible(scene.config());
    }

    List<String> of(PacketDescription packet, Walk walk) {
        if (!eligible.hasEndpoints()) {
            hints.add(new EmptyService(scene, aim).why());
            return hints;
        }
        if (hasDropped(walk, DropCause.SOURCE_RANGES)) {
            sourceRanges(packet);
        } else if (walk.kind() == Walk.Kind.DROP
                && aim.policyIsLocal()
                && eligible.local().isEmpty()) {
            noLocal();
            if (scene.podAt(packet.source()).isPresent() && hasNoDetector() && aim.by() != By.CLUSTER_IP) {
                hints.add("traffic of pods would go to every endpoint, but" + UNKNOWN_PODS);
            }
        } else if (walk.kind() == Walk.Kind.DNAT) {
            translated(packet, walk);
        }
        return hints;
    }

    private static boolean hasDropped(Walk walk, DropCause cause) {
        return walk.outcomes().stream().anyMatch(outcome -> outcome.fate().equals(new Outcome.Fate.Dropped(cause)));
    }

    private void sourceRanges(PacketDescription packet) {
        String ranges = aim.port().sourceRanges().stream().map(Cidr::toString).collect(Collectors.joining(", "));
        String nodePort = aim.port().nodePort() == 0
                ? ""
                : "; ranges guard the load balancer's address only, node port "
                        + aim.port().nodePort() + " stays open to everybody";
        hints.add(packet.source() + " is not in loadBalancerSourceRanges of " + aim.serviceName() + ": " + ranges
                + nodePort);
    }

    private void noLocal() {
        List<String> nodes = scene.nodesWithReady(aim);
        List<Endpoint> usable = aim.service().endpoints().stream()
                .filter(endpoint -> endpoint.ready() || endpoint.servingWhileTerminating())
                .toList();
        hints.add("endpoints are ready but not local: " + aim.policyField() + " is Local, and "
                + Scene.areMany(usable.size(), "endpoint") + " elsewhere (" + Scene.addresses(usable.stream()) + ")");
        String from = nodes.isEmpty()
                ? ""
                : "on " + Scene.some(nodes) + ", which " + (nodes.size() == 1 ? "has" : "have") + " endpoints, or ";
        hints.add("it would work " + from + "with " + aim.policyField() + ": Cluster");
        if (aim.by() != By.CLUSTER_IP && aim.port().healthCheckNodePort() != 0) {
            hints.add("health check node port " + aim.port().healthCheckNodePort()
                    + " answers 503 here, so that the load balancer sends nothing to this node");
        }
    }

    private void translated(PacketDescription packet, Walk walk) {
        chosenFrom(walk);
        boolean external = aim.by() != By.CLUSTER_IP;
        boolean masquerades = walk.outcomes().stream().anyMatch(Outcome::masquerades);
        if (external && aim.policyIsLocal()) {
            if (scene.network().isLocal(packet.source()) || !usesLocal(walk)) {
                hints.add(
                        "externalTrafficPolicy Local does not bind traffic from pods and from the node itself: it may go"
                                + " to every endpoint"
                                + (eligible.local().isEmpty()
                                        ? "; what comes from outside is dropped here, no endpoint being on this node"
                                        : ""));
            } else {
                hints.add("not masqueraded: the endpoint sees the client's own address, as externalTrafficPolicy Local"
                        + " wants it");
            }
        }
        if (!external
                && !masquerades
                && hasNoDetector()
                && scene.podAt(packet.source()).isEmpty()) {
            hints.add("not masqueraded, because" + UNKNOWN_PODS + ": an answer to a client outside may not come back"
                    + " this way, and then it is of no use to it");
        }
        if (aim.port().affinitySeconds() > 0) {
            hints.add("sessionAffinity is ClientIP: the draw is for the first connection, later ones of "
                    + packet.source() + " within " + aim.port().affinitySeconds() + " s go to the same endpoint");
        }
    }

    private boolean hasNoDetector() {
        return scene.config().detectLocal() instanceof DetectLocal.None;
    }

    /** Whether this packet is bound to the endpoints of the node. */
    private boolean usesLocal(Walk walk) {
        long reached = walk.outcomes().stream()
                .flatMap(outcome -> outcome.endpoint().stream())
                .distinct()
                .count();
        return walk.outcomes().stream()
                        .flatMap(outcome -> outcome.endpoint().stream())
                        .allMatch(address -> eligible.local().stream()
                                .anyMatch(endpoint -> endpoint.address().equals(address)))
                && reached == eligible.local().size()
                && walk.outcomes().stream().noneMatch(Outcome::masquerades);
    }

    /** Says which endpoints have no part in the draw, and why. */
    private void chosenFrom(Walk walk) {
        List<Endpoint> chosen = aim.service().endpoints().stream()
                .filter(endpoint -> walk.outcomes().stream()
                        .anyMatch(outcome -> outcome.endpoint().isPresent()
                                && outcome.endpoint().get().equals(endpoint.address())))
                .toList();
        if (!chosen.isEmpty() && chosen.stream().noneMatch(Endpoint::ready)) {
            hints.add("no endpoint is ready" + (aim.policyIsLocal() ? " on this node" : "")
                    + ": traffic goes to those that are terminating but still serve");
            return;
        }
        List<Endpoint> left = aim.service().endpoints().stream()
                .filter(endpoint -> !chosen.contains(endpoint))
                .toList();
        List<Endpoint> notReady =
                left.stream().filter(endpoint -> !endpoint.ready()).toList();
        List<Endpoint> ready = left.stream().filter(Endpoint::ready).toList();
        if (!notReady.isEmpty()) {
            hints.add("left out, not ready: " + Scene.addresses(notReady.stream()));
        }
        if (!ready.isEmpty()) {
            hints.add("left out, though ready: " + Scene.addresses(ready.stream()) + whyLeftOut(chosen));
        }
    }

    private String whyLeftOut(List<Endpoint> chosen) {
        if (aim.policyIsLocal() && chosen.stream().allMatch(Endpoint::local)) {
            return "; they are not on this node, and " + aim.policyField() + " is Local";
        }
        boolean byNode = chosen.stream()
                .allMatch(
                        endpoint -> endpoint.nodeHints().contains(scene.config().nodeName()));
        return byNode
                ? "; the hints of the chosen ones name this node"
                : "; the hints of the chosen ones name this node's zone, "
                        + scene.config().zone();
    }
}
