package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.rules.live.LiveRules;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServedUdpServices;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that are published while packets flow: one Service whose endpoints change. */
class ChangingTableTest {
    private static final String SYN = "tcp 10.9.0.5:%d > 10.96.0.10:80 S";

    private LiveRules rules;
    private TestNode node;

    private static Cluster cluster(String affinity, int[] endpoints) throws IOException {
        String listed = IntStream.of(endpoints)
                .mapToObj(last -> "- {addresses: [10.244.1." + last + "], conditions: {ready: true}}")
                .collect(Collectors.joining("\n"));
        String yaml = """
                apiVersion: v1
                kind: Node
                metadata: {name: n1}
                status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: web}
                spec:
                  clusterIP: 10.96.0.10
                  sessionAffinity: %s
                  ports:
                  - {name: web, port: 80, targetPort: 8080}
                  - {name: dns, port: 53, protocol: UDP, nodePort: 30053}
                  type: NodePort
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: web-x, labels: {kubernetes.io/service-name: web}}
                addressType: IPv4
                ports: [{name: web, port: 8080, protocol: TCP}, {name: dns, port: 5353, protocol: UDP}]
                endpoints:
                %s
                """.formatted(affinity, listed);
        ManifestSource source = ManifestSource.of("cluster.yaml", new StringReader(yaml));
        return ClusterLoader.load(List.of(source), ClusterSettings.DEFAULT).cluster();
    }

    /** @param endpoints last bytes of their addresses */
    private void begin(String affinity, int... endpoints) throws IOException {
        Cluster cluster = cluster(affinity, endpoints);
        ProxyConfig config = KubeProxyConfiguration.none().proxyConfig(cluster, new NodeChoice("n1", List.of()));
        rules = new LiveRules(cluster, config);
        node = new TestNode(config, rules.table(), CapturePoint.NODE, ChecksumMode.TRUST);
    }

    private void change(String affinity, int... endpoints) throws IOException {
        Cluster changed = cluster(affinity, endpoints);
        changed.endpointSlices().forEach(rules::putSlice);
        node.tables.publish(rules.table(), ServedUdpServices.of(changed, "n1"));
    }

    /** Where a SYN goes. */
    private TestNode.Out syn(int clientPort) {
        return node.send(SYN.formatted(clientPort)).getFirst();
    }

    private static byte[] arrived(int clientPort, int endpoint) {
        return FrameText.frame("tcp 10.9.0.5:%d > 10.244.1.%d:8080 S ttl 63".formatted(clientPort, endpoint));
    }

    @AfterEach
    void end() {
        assertThat(node.counters.isConserved()).isTrue();
        node.close();
    }

    @Test
    void newConnectionsGoByTheNewTableAndOldOnesStayWhereTheyAre() throws IOException {
        begin("None", 1);
        assertThat(syn(1000).frame()).isEqualTo(arrived(1000, 1));
        change("None", 2);
        assertThat(syn(1001).frame()).isEqualTo(arrived(1001, 2));
        assertThat(syn(1000).frame()).isEqualTo(arrived(1000, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.10:53", "172.18.0.2:30053"})
    void aClientThatKeepsTalkingOverUdpIsNotLeftWithAnEndpointThatIsGone(String service) throws IOException {
        String question = "udp 10.9.0.5:1000 > " + service;
        begin("None", 1);
        assertThat(destination(question)).isEqualTo("10.244.1.1");
        change("None", 2, 1);
        assertThat(destination(question)).as("it serves still").isEqualTo("10.244.1.1");
        change("None", 2);
        // found while the packets of one batch flow
        node.send("udp 10.9.0.7:7 > 10.9.0.8:7");
        assertThat(destination(question)).isEqualTo("10.244.1.2");
    }

    private String destination(String packet) {
        byte[] frame = node.send(packet).getFirst().frame();
        return IntStream.range(30, 34).mapToObj(i -> "" + (frame[i] & 0xff)).collect(Collectors.joining("."));
    }

    @Test
    void aServiceWithoutEndpointsRefusesUntilItHasSome() throws IOException {
        begin("None");
        syn(1000);
        assertThat(node.refused()).containsEntry("REJECT", 1L);
        change("None", 7);
        assertThat(syn(1001).frame()).isEqualTo(arrived(1001, 7));
        change("None");
        syn(1002);
        assertThat(node.refused()).containsEntry("REJECT", 2L);
    }

    @Test
    void countersGrowWithTheEndpointsAndStayWithThem() throws IOException {
        begin("None", 1);
        int first = syn(1000).endpointId();
        change("None", 1, 2, 3, 4, 5, 6, 7, 8);
        for (int port = 2000; port < 2100; port++) {
            syn(port);
        }
        // UDP's endpoints have counters of their own
        assertThat(node.counters.endpointFlows).hasSize(2 * 8);
        assertThat(LongStream.of(node.counters.endpointFlows).filter(flows -> flows > 0))
                .hasSize(8);
        assertThat(LongStream.of(node.counters.endpointFlows).sum()).isEqualTo(101);
        change("None", 8, 1);
        long before = node.counters.endpointPackets[first];
        syn(1000);
        assertThat(node.counters.endpointPackets[first]).isEqualTo(before + 1);
    }

    @Test
    void aClientWithAffinityStaysWithItsEndpointWhileOthersComeAndGo() throws IOException {
        begin("ClientIP", 1, 2, 3, 4, 5, 6);
        int endpoint = syn(1000).endpointId();
        int last = node.tables.get().endpoint(endpoint).address().toString().charAt(9) - '0';
        for (int round = 1; round < 20; round++) {
            int other = 10 + round;
            change("ClientIP", round % 2 == 0 ? new int[] {last, other} : new int[] {other, 7, last, 8});
            assertThat(syn(1000 + round).frame()).isEqualTo(arrived(1000 + round, last));
        }
    }
}
