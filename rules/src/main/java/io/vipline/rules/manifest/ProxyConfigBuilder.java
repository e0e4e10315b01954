package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.Node;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.policy.ProxyConfig.Mode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Joins a kube-proxy's file, the Node it runs on and its cluster ({@code cmd/kube-proxy/app/server_linux.go}). */
final class ProxyConfigBuilder {
    private static final int DEFAULT_MASQUERADE_BIT = 14;
    private static final String ZONE = "topology.kubernetes.io/zone";

    private final Parsed<KubeProxyFile> parsed;
    private final KubeProxyFile file;
    private final boolean given;
    private final ProblemLog problems;

    /** @param given whether there was a file: without one a detector is taken from the pods that we made up */
    ProxyConfigBuilder(Parsed<KubeProxyFile> parsed, boolean given, ProblemLog problems) {
        this.parsed = parsed;
        this.file = parsed.object();
        this.given = given;
        this.problems = problems;
    }

    ProxyConfig build(Cluster cluster, NodeChoice choice) {
        Node node = node(cluster, choice.name());
        List<IpAddress> nodeIps = ClusterNodes.internalIps(node);
        Mode mode = mode();
        boolean nftables = mode == Mode.NFTABLES;
        KubeProxyFile.Iptables iptables =
                file.iptables() == null ? new KubeProxyFile.Iptables(null, null, null) : file.iptables();
        KubeProxyFile.Nftables nft = file.nftables() == null ? new KubeProxyFile.Nftables(null, null) : file.nftables();
        boolean beLiberal =
                file.conntrack() != null && Boolean.TRUE.equals(file.conntrack().tcpBeLiberal());
        Map<String, String> labels = node.getMetadata().getLabels();
        return new ProxyConfig(
                mode,
                node.getMetadata().getName(),
                labels == null ? "" : labels.getOrDefault(ZONE, ""),
                nodeIps,
                localAddresses(nodeIps, choice.moreAddresses()),
                detector(cluster, node),
                Boolean.TRUE.equals(nftables ? nft.masqueradeAll() : iptables.masqueradeAll()),
                masqueradeBit(nftables ? nft.masqueradeBit() : iptables.masqueradeBit(), nftables),
                nodePortAddresses(nodeIps, nftables),
                !nftables && !Boolean.FALSE.equals(iptables.localhostNodePorts()),
                nftables,
                false,
                beLiberal,
                cluster.serviceCidrs());
    }

    private Node node(Cluster cluster, String name) {
        List<Located<Node>> nodes = cluster.nodes();
        if (name.isEmpty()) {
            return nodes.getFirst().object();
        }
        Optional<Node> found = nodes.stream()
                .map(Located::object)
                .filter(node -> node.getMetadata().getName().equals(name))
                .findFirst();
        if (found.isEmpty()) {
            List<String> names = nodes.stream()
                    .map(node -> node.object().getMetadata().getName())
                    .toList();
            problems.error(
                    Origin.madeUp("--node"),
                    "there is no Node \"" + name + "\"",
                    "the cluster has " + String.join(", ", names),
                    "name one of these");
        }
        return found.orElse(nodes.getFirst().object());
    }

    private Mode mode() {
        String mode = file.mode() == null ? "" : file.mode();
        return switch (mode) {
            case "", "iptables" -> Mode.IPTABLES;
            case "nftables" -> Mode.NFTABLES;
            default -> {
                problems.error(
                        parsed.at("mode"),
                        "mode \"" + mode + "\" is not emulated",
                        "Vipline has iptables and nftables",
                        "write one of these");
                yield Mode.IPTABLES;
            }
        };
    }

    private int masqueradeBit(Integer written, boolean nftables) {
        int bit = written == null ? DEFAULT_MASQUERADE_BIT : written;
        if (bit < 0 || bit > 31) {
            problems.error(
                    parsed.at(nftables ? "nftables" : "iptables", "masqueradeBit"),
                    bit + " is no bit of a mark",
                    "a mark has bits 0 to 31",
                    "write " + DEFAULT_MASQUERADE_BIT + " or another of these");
            return DEFAULT_MASQUERADE_BIT;
        }
        return bit;
    }

    /** Prefixes of the Node's own addresses are unknown, so they stand alone. */
    private static List<LocalAddress> localAddresses(List<IpAddress> nodeIps, List<LocalAddress> more) {
        List<LocalAddress> addresses = new ArrayList<>();
        addresses.add(new LocalAddress("lo", IpAddress.of("127.0.0.1"), 8));
        addresses.add(new LocalAddress("lo", IpAddress.of("::1"), 128));
        for (IpAddress ip : nodeIps) {
            if (more.stream().noneMatch(local -> local.address().equals(ip))) {
                addresses.add(new LocalAddress("eth0", ip, ip.family().bits()));
            }
        }
        addresses.addAll(more);
        return addresses;
    }

    private DetectLocal detector(Cluster cluster, Node node) {
        if (!given) {
            return bySource(cluster.madeUpPodCidrs());
        }
        String mode = ServiceDraft.isBlank(file.detectLocalMode()) ? "ClusterCIDR" : file.detectLocalMode();
        KubeProxyFile.DetectLocal detect =
                file.detectLocal() == null ? new KubeProxyFile.DetectLocal(null, null) : file.detectLocal();
        return switch (mode) {
            case "ClusterCIDR" -> bySource(clusterCidrs());
            case "NodeCIDR" -> bySource(ClusterNodes.podRanges(node));
            case "BridgeInterface" -> byInterface(detect.bridgeInterface(), "", "bridgeInterface");
            case "InterfaceNamePrefix" -> byInterface(detect.interfaceNamePrefix(), "+", "interfaceNamePrefix");
            default -> {
                problems.error(
                        parsed.at("detectLocalMode"),
                        "\"" + mode + "\" is no detectLocalMode",
                        "there are ClusterCIDR, NodeCIDR, BridgeInterface and InterfaceNamePrefix",
                        "write one of these");
                yield new DetectLocal.None();
            }
        };
    }

    private static DetectLocal bySource(List<Cidr> ranges) {
        List<Cidr> onePerFamily = new ArrayList<>();
        for (Cidr range : ranges) {
            if (onePerFamily.stream().noneMatch(other -> other.family() == range.family())) {
                onePerFamily.add(range);
            }
        }
        return onePerFamily.isEmpty() ? new DetectLocal.None() : new DetectLocal.BySource(onePerFamily);
    }

    private DetectLocal byInterface(String name, String wildcard, String field) {
        if (!ServiceDraft.isBlank(name)) {
            return new DetectLocal.ByInterface(name + wildcard);
        }
        problems.error(
                parsed.at("detectLocal"),
                "detectLocal." + field + " is empty",
                "detectLocalMode asks for it",
                "name the interface that pods come in by");
        return new DetectLocal.None();
    }

    private List<Cidr> clusterCidrs() {
        List<Cidr> ranges = new ArrayList<>();
        String written = file.clusterCIDR() == null ? "" : file.clusterCIDR();
        for (String text : written.split(",")) {
            if (!text.isBlank()) {
                cidr(text.strip(), parsed.at("clusterCIDR")).ifPresent(ranges::add);
            }
        }
        return ranges;
    }

    private Optional<Cidr> cidr(String text, Origin at) {
        Optional<Cidr> cidr = Cidr.parse(text);
        if (cidr.isEmpty()) {
            problems.error(
                    at,
                    "\"" + text + "\" is no range of addresses",
                    "the field wants one",
                    "write it like 10.244.0.0/16");
        }
        return cidr;
    }

    /** {@code primary}, the default of nftables mode, stands for the Node's first address of each family. */
    private List<Cidr> nodePortAddresses(List<IpAddress> nodeIps, boolean nftables) {
        List<String> written = file.nodePortAddresses() == null ? List.of() : file.nodePortAddresses();
        if (written.isEmpty() && !nftables) {
            return List.of();
        }
        List<Cidr> ranges = new ArrayList<>();
        if (written.isEmpty() || written.contains("primary")) {
            for (IpFamily family : IpFamily.values()) {
                nodeIps.stream()
                        .filter(ip -> ip.family() == family)
                        .findFirst()
                        .map(Cidr::host)
                        .ifPresent(ranges::add);
            }
        }
        for (int i = 0; i < written.size(); i++) {
            if (!written.get(i).equals("primary")) {
                cidr(written.get(i), parsed.at("nodePortAddresses", i)).ifPresent(ranges::add);
            }
        }
        return ranges;
    }
}
