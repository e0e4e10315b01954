package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Service one of whose endpoints is the node itself, as of a pod on the host's network: no hop is left to take. */
class LocalDeliveryTest {
    private static final String CLUSTER = """
            apiVersion: v1
            kind: Node
            metadata: {name: n1}
            status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: api}
            spec:
              clusterIP: 10.96.0.10
              ports: [{name: host, port: 53, protocol: UDP}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: api-x, labels: {kubernetes.io/service-name: api}}
            addressType: IPv4
            ports: [{name: host, port: 5353, protocol: UDP}]
            endpoints: [{addresses: [172.18.0.2], conditions: {ready: true}}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              clusterIP: 10.96.0.11
              ports: [{name: pod, port: 53, protocol: UDP}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-x, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{name: pod, port: 5353, protocol: UDP}]
            endpoints: [{addresses: [10.244.1.2], conditions: {ready: true}}]
            """;

    private TestNode node;

    @BeforeEach
    void node() throws IOException {
        node = new TestNode(TestNode.rules(CLUSTER, "n1"), CapturePoint.NODE, ChecksumMode.TRUST);
    }

    @AfterEach
    void close() {
        node.close();
    }

    private long delivered() {
        return node.counters.consumed[Counters.ConsumedReason.LOCAL.ordinal()];
    }

    @Test
    void timeToLiveIsNotAskedOfWhatIsTranslatedToTheNodeItself() {
        assertThat(node.send("udp 10.9.0.5:40000 > 10.96.0.10:53 \"new\" ttl 1"))
                .isEmpty();
        assertThat(delivered()).isEqualTo(1);
        assertThat(node.send("udp 10.9.0.5:40001 > 10.96.0.10:53 \"new\"")).hasSize(1);
        assertThat(node.send("udp 10.9.0.5:40001 > 10.96.0.10:53 \"known\" ttl 1"))
                .isEmpty();
        assertThat(delivered()).isEqualTo(2);
        assertThat(node.refused()).isEmpty();
    }

    @Test
    void timeToLiveIsAskedOfWhatIsTranslatedToAPod() {
        assertThat(node.send("udp 10.9.0.5:40000 > 10.96.0.11:53 \"new\" ttl 1"))
                .hasSize(1);
        assertThat(node.send("udp 10.9.0.5:40001 > 10.96.0.11:53 \"new\"")).hasSize(1);
        assertThat(node.send("udp 10.9.0.5:40001 > 10.96.0.11:53 \"known\" ttl 1"))
                .hasSize(1);
        assertThat(delivered()).isZero();
        assertThat(node.refused()).isEqualTo(Map.of(DropReason.TTL_EXPIRED.name(), 2L));
    }
}
