package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Where the pods run × how the Service is reached × its external traffic policy: a packet's fate on each of three nodes,
 * by the walker and by the compiled table. {@code 2} means DNAT to one of two endpoints, {@code m}: masqueraded.
 */
class PlacementTest {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "pods on nodes {0}, {1}, {2}: {3}, {4}, {5}")
    @CsvSource({
        // pods on node,  reached by,    policy,  node-1, node-2, node-3
        "1,               cluster IP,    Cluster, 1,      1,      1",
        "1,               cluster IP,    Local,   1,      1,      1",
        "1,               node port,     Cluster, 1m,     1m,     1m",
        "1,               node port,     Local,   1,      DROP,   DROP",
        "1,               load balancer, Cluster, 1m,     1m,     1m",
        "1,               load balancer, Local,   1,      DROP,   DROP",
        "1 1 1,           cluster IP,    Cluster, 3,      3,      3",
        "1 1 1,           cluster IP,    Local,   3,      3,      3",
        "1 1 1,           node port,     Cluster, 3m,     3m,     3m",
        "1 1 1,           node port,     Local,   3,      DROP,   DROP",
        "1 1 1,           load balancer, Cluster, 3m,     3m,     3m",
        "1 1 1,           load balancer, Local,   3,      DROP,   DROP",
        "1 2 2,           cluster IP,    Cluster, 3,      3,      3",
        "1 2 2,           cluster IP,    Local,   3,      3,      3",
        "1 2 2,           node port,     Cluster, 3m,     3m,     3m",
        "1 2 2,           node port,     Local,   1,      2,      DROP",
        "1 2 2,           load balancer, Cluster, 3m,     3m,     3m",
        "1 2 2,           load balancer, Local,   1,      2,      DROP",
    })
    void eachNodeDoesWhatPlacementAndPolicySay(
            String pods, String reachedBy, String policy, String first, String second, String third)
            throws IOException {
        Path manifests = Files.writeString(folder.resolve("m.yaml"), manifests(pods.split(" "), policy));
        Cluster cluster = ClusterLoader.load(List.of(ManifestFiles.file(manifests)), ClusterSettings.DEFAULT)
                .cluster();
        List<String> expected = List.of(first, second, third);
        for (int node = 1; node <= 3; node++) {
            NodeRules rules = NodeRules.of(
                    cluster,
                    KubeProxyConfiguration.none().proxyConfig(cluster, new NodeChoice("node-" + node, List.of())));
            IpAddress to = IpAddress.of(
                    switch (reachedBy) {
                        case "cluster IP" -> "10.96.0.10";
                        case "node port" -> "172.18.0." + node;
                        default -> "192.0.2.10";
                    });
            int port = reachedBy.equals("node port") ? 30080 : 80;
            assertThat(walked(rules, to, port)).as("walker, node-" + node).isEqualTo(expected.get(node - 1));
            assertThat(looked(rules.compile(), to, port))
                    .as("table, node-" + node)
                    .isEqualTo(expected.get(node - 1));
        }
    }

    private static String walked(NodeRules rules, IpAddress to, int port) {
        Walk walk = rules.walker(IpFamily.IPV4)
                .walk(PacketDescription.first(6, IpAddress.of("203.0.113.9"), 40_000, to, port));
        boolean isMasqueraded = walk.outcomes().getFirst().masquerades();
        return walk.kind() == Walk.Kind.DNAT
                ? walk.outcomes().size() + (isMasqueraded ? "m" : "")
                : walk.kind().name();
    }

    private static String looked(Table table, IpAddress to, int port) {
        Set<String> fates = new TreeSet<>();
        String masquerade = "";
        for (int draw = 0; draw < 64; draw++) {
            switch (table.lookup(key(to, port), new Draw(draw << 26))) {
                case Verdict.Dnat dnat -> {
                    fates.add(dnat.endpoint().toString());
                    masquerade = dnat.source() instanceof SourceTranslation.None ? "" : "m";
                }
                case Verdict.Drop drop -> fates.add("DROP");
                default -> fates.add("other");
            }
        }
        return fates.contains("DROP") ? "DROP" : fates.size() + masquerade;
    }

    private static PacketKey key(IpAddress to, int port) {
        PacketKey key = new PacketKey();
        IpAddress from = IpAddress.of("203.0.113.9");
        key.sourceHigh = from.high();
        key.sourceLow = from.low();
        key.destinationHigh = to.high();
        key.destinationLow = to.low();
        key.protocol = 6;
        key.sourcePort = 40_000;
        key.destinationPort = port;
        key.tcpFlags = PacketDescription.TCP_SYN;
        return key;
    }

    /** Every draw comes to the same bits; nobody was seen recently. */
    private record Draw(int bits) implements FlowState {
        @Override
        public int draw(PacketKey key, int salt) {
            return bits;
        }

        @Override
        public boolean isRecent(PacketKey key, int list, int seconds, boolean reap) {
            return false;
        }
    }

    private static String manifests(String[] podNodes, String policy) {
        StringBuilder text = new StringBuilder();
        for (int node = 1; node <= 3; node++) {
            text.append("---\napiVersion: v1\nkind: Node\nmetadata: {name: node-%1$d}\n".formatted(node));
            text.append("status: {addresses: [{type: InternalIP, address: 172.18.0.%1$d}]}\n".formatted(node));
        }
        text.append("""
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: web}
                spec:
                  type: LoadBalancer
                  clusterIP: 10.96.0.10
                  clusterIPs: [10.96.0.10]
                  externalTrafficPolicy: %s
                  ports: [{name: http, port: 80, nodePort: 30080, protocol: TCP, targetPort: 8080}]
                status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
                addressType: IPv4
                ports: [{name: http, port: 8080, protocol: TCP}]
                endpoints:
                """.formatted(policy));
        for (int pod = 0; pod < podNodes.length; pod++) {
            text.append("- {addresses: [10.244.%1$s.%2$d], nodeName: node-%1$s, conditions: {ready: true}}\n"
                    .formatted(podNodes[pod], pod + 2));
        }
        return text.toString();
    }
}
