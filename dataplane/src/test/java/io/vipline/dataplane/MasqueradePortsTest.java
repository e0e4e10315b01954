package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.rules.chain.KubeProxyRules;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import java.io.IOException;
import java.io.StringReader;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The source ports of clients that come by a node port and are masqueraded to one endpoint. */
class MasqueradePortsTest {
    private static final String CLUSTER = """
            apiVersion: v1
            kind: Node
            metadata: {name: n1}
            status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: ntp}
            spec:
              type: NodePort
              clusterIP: 10.96.0.10
              ports: [{name: ntp, port: 123, protocol: UDP, nodePort: 30123}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: ntp-x, labels: {kubernetes.io/service-name: ntp}}
            addressType: IPv4
            ports: [{name: ntp, port: 123, protocol: UDP}]
            endpoints: [{addresses: [10.244.1.2], conditions: {ready: true}}]
            """;

    private TestNode node;

    private void begin(boolean randomFully) throws IOException {
        ManifestSource source = ManifestSource.of("cluster.yaml", new StringReader(CLUSTER));
        Cluster cluster =
                ClusterLoader.load(List.of(source), ClusterSettings.DEFAULT).cluster();
        ProxyConfig config = KubeProxyConfiguration.none()
                .proxyConfig(cluster, new NodeChoice("n1", List.of()))
                .withKernelFeatures(randomFully, false);
        List<Ruleset> rulesets = Stream.of(IpFamily.values())
                .map(family -> KubeProxyWriter.write(config, family, ProxiedServices.of(cluster, "n1", family)))
                .map(KubeProxyRules::ruleset)
                .toList();
        TestNode.Rules rules = new TestNode.Rules(config, rulesets);
        node = new TestNode(
                config, TableCompiler.compile(rulesets, rules.network()), CapturePoint.NODE, ChecksumMode.TRUST);
    }

    @AfterEach
    void close() {
        node.close();
    }

    /** @return the source port that the endpoint sees; -1 if the packet did not come out */
    private int port(int client, int port) {
        List<TestNode.Out> outs =
                node.send("udp 10.9.%d.%d:%d > 172.18.0.2:30123 \"q\"".formatted(client / 250, client % 250 + 1, port));
        if (outs.isEmpty()) {
            return -1;
        }
        byte[] frame = outs.getFirst().frame();
        return (frame[34] & 0xff) << 8 | frame[35] & 0xff;
    }

    @ParameterizedTest(name = "{0} clients with port {1} get ports from {2} to {3}")
    @CsvSource({
        "400,   123,     1,   511",
        "300,   800,   600,  1023",
        "300, 40000,  1024, 65535",
    })
    void keepTheirClassAndAreAllDifferent(int clients, int port, int lowest, int highest) throws IOException {
        begin(false);
        assertThat(port(0, port)).isEqualTo(port);
        Set<Integer> ports = new HashSet<>();
        for (int client = 1; client < clients; client++) {
            ports.add(port(client, port));
        }
        assertThat(ports).hasSize(clients - 1).doesNotContain(port).allMatch(p -> p >= lowest && p <= highest);
    }

    @Test
    void randomFullyDrawsEvenWhereTheClientsOwnIsFree() throws IOException {
        begin(true);
        int kept = 0;
        for (int port = 20_000; port < 20_100; port++) {
            kept += port(7, port) == port ? 1 : 0;
        }
        assertThat(kept).isLessThan(20);
        assertThat(node.refused()).isEmpty();
    }

    @Test
    void answersToADrawnPortGoToTheClientsOwn() throws IOException {
        begin(true);
        int drawn = port(7, 20_000);
        List<TestNode.Out> answer = node.send("udp 10.244.1.2:123 > 172.18.0.2:" + drawn + " \"a\"");
        assertThat(answer).hasSize(1);
        assertThat(answer.getFirst().frame())
                .isEqualTo(FrameText.frame("udp 172.18.0.2:30123 > 10.9.0.8:20000 \"a\" ttl 63"));
    }

    @Test
    void whereNoneIsLeftThePacketIsDroppedAndLiveFlowsGoOn() throws IOException {
        begin(false);
        int refused = 0;
        int first = port(0, 123);
        for (int client = 1; client < 1_500; client++) {
            refused += port(client, 123) < 0 ? 1 : 0;
        }
        assertThat(refused).isGreaterThanOrEqualTo(1_500 - 511);
        assertThat(node.refused()).isEqualTo(Map.of(DropReason.MASQUERADE_PORTS_EXHAUSTED.name(), (long) refused));
        assertThat(port(0, 123)).isEqualTo(first);
    }
}
