package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The Nodes: those given, with an address each, or made-up ones; and their pod ranges as far as pods need them. */
final class ClusterNodes {
    private final List<Parsed<Node>> nodes;
    private final Map<String, Parsed<Node>> byName = new HashMap<>();
    private final List<IpFamily> families;
    private final ProblemLog problems;
    private final Set<IpAddress> takenNodeIps = new HashSet<>();
    private final AddressPool ipsV4 = new AddressPool(MadeUp.NODES_V4, 2, 2, takenNodeIps);
    private final AddressPool ipsV6 = new AddressPool(MadeUp.NODES_V6, 2, 2, takenNodeIps);
    private int podRangesDrawn;

    /** @param families that Nodes get addresses of, primary first */
    ClusterNodes(List<Parsed<Node>> given, ClusterSettings settings, List<IpFamily> families, ProblemLog problems) {
        this.nodes = new ArrayList<>(given);
        this.families = families;
        this.problems = problems;
        given.forEach(node -> internalIps(node.object()).forEach(takenNodeIps::add));
        takenNodeIps.addAll(settings.nodeAddresses());
        if (given.isEmpty()) {
            makeUp(settings);
        } else if (settings.madeUpNodes() > 0) {
            problems.note(
                    given.getFirst().at(),
                    "no Node is made up",
                    "the input has Nodes",
                    "leave --nodes out, or the Node objects");
        }
        String ourName = settings.nodeName().isEmpty() ? firstName() : settings.nodeName();
        for (Parsed<Node> node : nodes) {
            String name = node.object().getMetadata().getName();
            complete(node.object(), name.equals(ourName) ? settings.nodeAddresses() : List.of());
            byName.put(name, node);
        }
    }

    private String firstName() {
        return nodes.stream()
                .map(node -> node.object().getMetadata().getName())
                .min(Comparator.naturalOrder())
                .orElseThrow();
    }

    private void makeUp(ClusterSettings settings) {
        int count = Math.max(1, settings.madeUpNodes());
        if (count > MadeUp.MAX_NODES) {
            problems.error(
                    Origin.madeUp("--nodes"),
                    count + " Nodes are too many",
                    MadeUp.PODS_V4 + " has pod ranges for " + MadeUp.MAX_NODES,
                    "give fewer, or Node objects with spec.podCIDR");
            count = MadeUp.MAX_NODES;
        }
        for (int i = 1; i <= count; i++) {
            Node node = new Node();
            node.setMetadata(new ObjectMeta());
            boolean isNamed =
                    settings.madeUpNodes() == 0 && !settings.nodeName().isEmpty();
            node.getMetadata().setName(isNamed ? settings.nodeName() : "node-" + i);
            node.getMetadata().setLabels(new LinkedHashMap<>());
            node.getMetadata().getLabels().put("kubernetes.io/arch", "amd64");
            node.getMetadata().getLabels().put("kubernetes.io/os", "linux");
            MadeUp.mark(node);
            nodes.add(Parsed.madeUp(node, "made up"));
            drawPodRanges(node);
        }
    }

    /** @param known addresses of the Node, which count if it says none itself */
    private void complete(Node node, List<IpAddress> known) {
        if (node.getMetadata().getLabels() == null) {
            node.getMetadata().setLabels(new LinkedHashMap<>());
        }
        node.getMetadata()
                .getLabels()
                .putIfAbsent("kubernetes.io/hostname", node.getMetadata().getName());
        if (node.getSpec() == null) {
            node.setSpec(new NodeSpec());
        }
        if (node.getStatus() == null) {
            node.setStatus(new NodeStatus());
        }
        if (!internalIps(node).isEmpty()) {
            return;
        }
        List<NodeAddress> addresses = new ArrayList<>(node.getStatus().getAddresses());
        for (IpFamily family : families) {
            List<IpAddress> ips =
                    known.stream().filter(ip -> ip.family() == family).toList();
            if (ips.isEmpty()) {
                ips = List.of((family == IpFamily.IPV4 ? ipsV4 : ipsV6).next().orElseThrow());
            }
            ips.forEach(ip -> addresses.add(new NodeAddress(ip.toString(), "InternalIP")));
        }
        node.getStatus().setAddresses(addresses);
        if (node.getStatus().getConditions().isEmpty()) {
            NodeCondition ready = new NodeCondition();
            ready.setType("Ready");
            ready.setStatus("True");
            node.getStatus().setConditions(new ArrayList<>(List.of(ready)));
        }
    }

    /** The addresses of type InternalIP, in the Node's order. */
    static List<IpAddress> internalIps(Node node) {
        List<IpAddress> ips = new ArrayList<>();
        if (node.getStatus() != null) {
            for (NodeAddress address : node.getStatus().getAddresses()) {
                if ("InternalIP".equals(address.getType()) && address.getAddress() != null) {
                    IpAddress.parse(address.getAddress()).ifPresent(ips::add);
                }
            }
        }
        return ips;
    }

    /** {@code spec.podCIDRs}, or {@code spec.podCIDR} alone. */
    static List<Cidr> podRanges(Node node) {
        List<Cidr> ranges = new ArrayList<>();
        if (node.getSpec() == null) {
            return ranges;
        }
        node.getSpec().getPodCIDRs().forEach(text -> Cidr.parse(text).ifPresent(ranges::add));
        if (ranges.isEmpty() && node.getSpec().getPodCIDR() != null) {
            Cidr.parse(node.getSpec().getPodCIDR()).ifPresent(ranges::add);
        }
        return ranges;
    }

    /** The Node's pod ranges, one a family of the cluster; drawn if it has none and a pod needs an address. */
    List<Cidr> podRangesFor(Node node) {
        List<Cidr> ranges = podRanges(node);
        if (ranges.isEmpty()) {
            drawPodRanges(node);
            ranges = podRanges(node);
        }
        return ranges;
    }

    private void drawPodRanges(Node node) {
        List<String> drawn = new ArrayList<>();
        do {
            podRangesDrawn++;
        } while (podRangesDrawn <= MadeUp.MAX_NODES && isOthers(podRangesDrawn));
        if (podRangesDrawn > MadeUp.MAX_NODES) {
            return;
        }
        for (IpFamily family : families) {
            drawn.add(MadeUp.podRange(family == IpFamily.IPV4, podRangesDrawn).toString());
        }
        if (node.getSpec() == null) {
            node.setSpec(new NodeSpec());
        }
        node.getSpec().setPodCIDR(drawn.getFirst());
        node.getSpec().setPodCIDRs(drawn);
    }

    private boolean isOthers(int number) {
        Cidr v4 = MadeUp.podRange(true, number);
        return nodes.stream()
                .flatMap(node -> podRanges(node.object()).stream())
                .anyMatch(range -> range.contains(v4.address()) || v4.contains(range.address()));
    }

    List<Parsed<Node>> all() {
        return nodes;
    }

    /** @return null if there is no Node of that name */
    Parsed<Node> named(String name) {
        return byName.get(name);
    }
}
