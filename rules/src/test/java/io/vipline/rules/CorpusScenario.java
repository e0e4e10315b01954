package io.vipline.rules;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * A scenario of {@code shared/corpus}: a cluster, the node and its kube-proxy, and (in {@code json}) what is expected of
 * them.
 */
public record CorpusScenario(String name, Cluster cluster, ProxyConfig config, IpFamily family, JsonNode json) {
    private static final ObjectMapper MAPPER =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    /** The file; skips the test, saying so, where it is absent. */
    public static Path file(String name) {
        Path path = Path.of(System.getProperty("vipline.shared", "../../shared"), "corpus", name);
        Assumptions.assumeTrue(Files.exists(path), () -> "needs " + path + ", which is not on this machine");
        return path;
    }

    /** All scenarios of a corpus file, which holds one or a list of them. */
    public static List<CorpusScenario> load(String fileName) {
        Path path = file(fileName);
        try {
            JsonNode root = MAPPER.readTree(path.toFile());
            List<CorpusScenario> scenarios = new ArrayList<>();
            for (JsonNode one : root.isArray() ? root : List.of(root)) {
                scenarios.add(of(one, fileName));
            }
            return scenarios;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CorpusScenario of(JsonNode json, String fileName) throws IOException {
        Cluster cluster = new Cluster(
                objects(json.path("services"), Service.class, fileName),
                objects(json.path("endpointSlices"), EndpointSlice.class, fileName),
                List.of(),
                objects(json.path("nodes"), Node.class, fileName),
                cidrs(json.path("proxy").path("serviceCIDRs")),
                List.of());
        JsonNode proxy = json.path("proxy");
        IpFamily family = proxy.path("ipFamily").asText().equals("IPv6") ? IpFamily.IPV6 : IpFamily.IPV4;
        return new CorpusScenario(
                json.path("name").asText(json.path("source_test").asText()),
                cluster,
                config(proxy, cluster.nodes()),
                family,
                json);
    }

    private static <T> List<Located<T>> objects(JsonNode list, Class<T> kind, String fileName) throws IOException {
        List<Located<T>> objects = new ArrayList<>();
        for (JsonNode one : list) {
            objects.add(new Located<>(MAPPER.treeToValue(one, kind), Origin.madeUp(fileName)));
        }
        return objects;
    }

    private static ProxyConfig config(JsonNode proxy, List<Located<Node>> nodes) {
        String nodeName = proxy.path("nodeName").asText();
        return new ProxyConfig(
                proxy.path("mode").asText().equals("nftables") ? ProxyConfig.Mode.NFTABLES : ProxyConfig.Mode.IPTABLES,
                nodeName,
                zone(nodes, nodeName),
                addresses(proxy.path("nodeIPs")),
                localAddresses(proxy.path("interfaces")),
                detectLocal(proxy.path("detectLocal")),
                proxy.path("masqueradeAll").asBoolean(),
                proxy.path("masqueradeBit").asInt(14),
                cidrs(proxy.path("nodePortAddresses")),
                proxy.path("localhostNodePorts").asBoolean(),
                proxy.path("randomFully").asBoolean(),
                !proxy.path("nfacctCounters").isEmpty(),
                proxy.path("conntrackTCPBeLiberal").asBoolean(),
                cidrs(proxy.path("serviceCIDRs")));
    }

    private static String zone(List<Located<Node>> nodes, String nodeName) {
        return nodes.stream()
                .map(Located::object)
                .filter(node -> node.getMetadata().getName().equals(nodeName))
                .findFirst()
                .flatMap(node -> Optional.ofNullable(node.getMetadata().getLabels()))
                .map(labels -> labels.getOrDefault("topology.kubernetes.io/zone", ""))
                .orElse("");
    }

    private static DetectLocal detectLocal(JsonNode detect) {
        return switch (detect.path("mode").asText()) {
            case "ClusterCIDR", "NodeCIDR" ->
                new DetectLocal.BySource(List.of(Cidr.of(detect.path("cidr").asText())));
            case "BridgeInterface" ->
                new DetectLocal.ByInterface(detect.path("interface").asText());
            case "InterfaceNamePrefix" ->
                new DetectLocal.ByInterface(detect.path("interface").asText() + "+");
            default -> new DetectLocal.None();
        };
    }

    private static List<LocalAddress> localAddresses(JsonNode interfaces) {
        List<LocalAddress> addresses = new ArrayList<>();
        interfaces
                .properties()
                .forEach(one -> one.getValue().forEach(text -> {
                    String[] parts = text.asText().split("/", 2);
                    addresses.add(new LocalAddress(one.getKey(), IpAddress.of(parts[0]), Integer.parseInt(parts[1])));
                }));
        return addresses;
    }

    private static List<IpAddress> addresses(JsonNode list) {
        List<IpAddress> addresses = new ArrayList<>();
        list.forEach(text -> addresses.add(IpAddress.of(text.asText())));
        return addresses;
    }

    private static List<Cidr> cidrs(JsonNode list) {
        List<Cidr> cidrs = new ArrayList<>();
        list.forEach(text -> cidrs.add(Cidr.of(text.asText())));
        return cidrs;
    }

    @Override
    public String toString() {
        return name;
    }
}
