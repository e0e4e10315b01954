package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the EndpointSlice controller makes of Services and pods. */
class SlicesTest {
    private static String service(String spec) {
        return "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {tier: front}}\nspec: {" + spec
                + "}\n---\n";
    }

    private static String pod(String name, String metadata, String spec, String status) {
        return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", labels: {app: web}" + metadata + "}\nspec: {"
                + spec + "}\nstatus: {" + status + "}\n---\n";
    }

    private static String running(String ip, boolean ready) {
        return "phase: Running, podIP: " + ip + ", conditions: [{type: Ready, status: \"" + (ready ? "True" : "False")
                + "\"}]";
    }

    private static List<EndpointSlice> slices(String yaml) {
        return Loading.usable(yaml).cluster().endpointSlices().stream()
                .map(located -> located.object())
                .toList();
    }

    /** {@code IPv4 http=80/TCP: 10.0.0.1, 10.0.0.2}. */
    private static String summary(EndpointSlice slice) {
        String ports = slice.getPorts().stream()
                .map(port -> port.getName() + "=" + port.getPort() + "/" + port.getProtocol())
                .collect(Collectors.joining(" "));
        String addresses = slice.getEndpoints().stream()
                .map(endpoint -> endpoint.getAddresses().getFirst())
                .collect(Collectors.joining(", "));
        return slice.getAddressType() + " " + ports + ": " + addresses;
    }

    @ParameterizedTest(name = "a pod that is {0}{2}: {3}")
    @CsvSource(delimiter = '|', textBlock = """
            ready                | phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: "True"}]  |                    | true true false
            not ready            | phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: "False"}] |                    | false false false
            of unknown readiness | phase: Running, podIP: 10.0.0.1                                               |                    | false false false
            not ready            | phase: Running, podIP: 10.0.0.1                                               | , published anyway | true false false
            leaving, ready       | phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: "True"}]  |                    | false true true
            leaving, not ready   | phase: Running, podIP: 10.0.0.1                                               |                    | false false true
            leaving, ready       | phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: "True"}]  | , published anyway | true true true
            finished             | phase: Succeeded, podIP: 10.0.0.1                                             |                    | none
            failed               | phase: Failed, podIP: 10.0.0.1                                                |                    | none
            without address      | phase: Pending                                                                |                    | none
            of the other family  | phase: Running, podIP: "fd00::1"                                              |                    | none
            """)
    void conditionsFollowThePod(String state, String status, String published, String conditions) {
        String metadata = state.startsWith("leaving") ? ", deletionTimestamp: \"2026-01-01T00:00:00Z\"" : "";
        String spec = "selector: {app: web}, ports: [{port: 80}]";
        List<EndpointSlice> slices =
                slices(service(spec + (published == null ? "" : ", publishNotReadyAddresses: true"))
                        + pod("a", metadata, "nodeName: n", status));
        List<Endpoint> endpoints = slices.getFirst().getEndpoints();
        if (conditions.equals("none")) {
            assertThat(endpoints).isEmpty();
            return;
        }
        EndpointConditions is = endpoints.getFirst().getConditions();
        assertThat(is.getReady() + " " + is.getServing() + " " + is.getTerminating())
                .isEqualTo(conditions);
        assertThat(endpoints.getFirst().getNodeName()).isEqualTo("n");
        assertThat(endpoints.getFirst().getTargetRef().getName()).isEqualTo("a");
    }

    @Test
    @DisplayName("selectors pick pods of the namespace that have all the labels")
    void selectors() {
        String yaml = service("selector: {app: web, v: \"2\"}, ports: [{port: 80}]")
                + pod("a", "", "", running("10.0.0.1", true))
                + pod("b", "", "", running("10.0.0.2", true)).replace("{app: web}", "{app: web, v: \"2\"}")
                + pod("c", ", namespace: other", "", running("10.0.0.3", true))
                        .replace("{app: web}", "{app: web, v: \"2\"}");
        assertThat(slices(yaml)).extracting(SlicesTest::summary).containsExactly("IPv4 =80/TCP: 10.0.0.2");
    }

    @Test
    @DisplayName("a named target port is looked up in each pod; different numbers are different slices")
    void namedTargetPorts() {
        String ports = "containers: [{name: c, ports: [{name: http, containerPort: %d}%s]}]";
        String yaml = service("selector: {app: web}, ports: [{name: http, port: 80, targetPort: http},"
                        + " {name: admin, port: 81, targetPort: admin}, {name: dns, port: 53, protocol: UDP}]")
                + pod("a", "", ports.formatted(8080, ""), running("10.0.0.1", true))
                + pod("b", "", ports.formatted(8081, ""), running("10.0.0.2", true))
                + pod("c", "", ports.formatted(8080, ", {name: admin, containerPort: 9}"), running("10.0.0.3", true))
                + pod(
                        "d",
                        "",
                        ports.formatted(8080, ", {name: admin, containerPort: 9, protocol: UDP}"),
                        running("10.0.0.4", true))
                + pod(
                        "e",
                        "",
                        "containers: [{name: c}], initContainers: [{name: i, restartPolicy: Always,"
                                + " ports: [{name: http, containerPort: 7}]}]",
                        running("10.0.0.5", true));
        assertThat(slices(yaml))
                .extracting(SlicesTest::summary)
                .containsExactlyInAnyOrder(
                        "IPv4 http=8080/TCP dns=53/UDP: 10.0.0.1, 10.0.0.4",
                        "IPv4 http=8081/TCP dns=53/UDP: 10.0.0.2",
                        "IPv4 http=8080/TCP admin=9/TCP dns=53/UDP: 10.0.0.3",
                        "IPv4 http=7/TCP dns=53/UDP: 10.0.0.5");
    }

    @Test
    @DisplayName("each family has its slices")
    void families() {
        String yaml = service("selector: {app: web}, ipFamilies: [IPv6, IPv4], ports: [{port: 80}]")
                + pod("a", "", "", running("10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: \"fd00::1\"}]", true));
        assertThat(slices(yaml))
                .extracting(SlicesTest::summary)
                .containsExactlyInAnyOrder("IPv4 =80/TCP: 10.0.0.1", "IPv6 =80/TCP: fd00::1");
    }

    @Test
    @DisplayName("a slice holds a hundred endpoints, and is named and labelled for its Service")
    void aHundredEndpoints() {
        List<EndpointSlice> slices =
                slices(service("selector: {app: web}, clusterIP: None, ports: [{port: 80}]") + """
                apiVersion: apps/v1
                kind: ReplicaSet
                metadata: {name: web}
                spec: {replicas: 250, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
                """);
        assertThat(slices).extracting(slice -> slice.getEndpoints().size()).containsExactlyInAnyOrder(100, 100, 50);
        assertThat(slices).allSatisfy(slice -> {
            assertThat(slice.getMetadata().getName()).matches("web-[0-9b-z]{5}");
            assertThat(slice.getMetadata().getLabels())
                    .containsEntry("kubernetes.io/service-name", "web")
                    .containsEntry("service.kubernetes.io/headless", "")
                    .containsEntry("tier", "front");
        });
        assertThat(slices).extracting(slice -> slice.getMetadata().getName()).doesNotHaveDuplicates();
    }

    @ParameterizedTest(name = "{0}: zones {1}, nodes {2}")
    @CsvSource(delimiter = '|', textBlock = """
            PreferClose    | [z] | []
            PreferSameZone | [z] | []
            PreferSameNode | [z] | [n]
            Whatever       | -   | -
            """)
    void hintsFollowTrafficDistribution(String distribution, String zones, String nodes) {
        String node =
                "apiVersion: v1\nkind: Node\nmetadata: {name: n, labels: {topology.kubernetes.io/zone: z}}\n---\n";
        Endpoint ready = slices(node
                        + service(
                                "selector: {app: web}, trafficDistribution: " + distribution + ", ports: [{port: 80}]")
                        + pod("a", "", "nodeName: n", running("10.0.0.1", true)))
                .getFirst()
                .getEndpoints()
                .getFirst();
        assertThat(ready.getZone()).isEqualTo("z");
        if (zones.equals("-")) {
            assertThat(ready.getHints()).isNull();
        } else {
            assertThat(ready.getHints().getForZones())
                    .extracting(ForZone::getName)
                    .hasToString(zones);
            assertThat(ready.getHints().getForNodes())
                    .extracting(ForNode::getName)
                    .hasToString(nodes);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            a selector alone             |             | IPv4 =80/TCP: 10.0.0.1
            Endpoints over a selector    | endpoints   | IPv4 http=81/TCP: 10.0.0.8, 10.0.0.9
            slices over all              | both        | IPv4 http=82/TCP: 10.0.0.7
            """)
    void theMoreExplicitWins(String name, String given, String expected) {
        String yaml =
                service("selector: {app: web}, ports: [{port: 80}]") + pod("a", "", "", running("10.0.0.1", true));
        if (given != null) {
            yaml += """
                    apiVersion: v1
                    kind: Endpoints
                    metadata: {name: web}
                    subsets:
                    - addresses: [{ip: 10.0.0.8, nodeName: n}]
                      notReadyAddresses: [{ip: 10.0.0.9}]
                      ports: [{name: http, port: 81}]
                    ---
                    """;
        }
        if ("both".equals(given)) {
            yaml += """
                    apiVersion: discovery.k8s.io/v1
                    kind: EndpointSlice
                    metadata: {name: mine, labels: {kubernetes.io/service-name: web}}
                    addressType: IPv4
                    endpoints: [{addresses: [10.0.0.7]}]
                    ports: [{name: http, port: 82, protocol: TCP}]
                    """;
        }
        assertThat(slices(yaml)).extracting(SlicesTest::summary).containsExactly(expected);
    }

    @Test
    @DisplayName("a selector without pods leaves an empty slice, a Service without selector none")
    void noPods() {
        assertThat(slices(service("selector: {app: web}, ports: [{port: 80}]")))
                .singleElement()
                .satisfies(slice -> assertThat(slice.getEndpoints()).isEmpty());
        assertThat(slices(service("ports: [{port: 80}]"))).isEmpty();
        assertThat(slices(service("type: ExternalName, externalName: a.b, selector: {app: web}")))
                .isEmpty();
    }

    @Test
    @DisplayName("a slice's port without name or protocol has those that the API server sets")
    void portDefaults() {
        assertThat(slices(service("ports: [{port: 80}]") + """
                        apiVersion: discovery.k8s.io/v1
                        kind: EndpointSlice
                        metadata: {name: mine, labels: {kubernetes.io/service-name: web}}
                        addressType: IPv4
                        endpoints: [{addresses: [10.0.0.7]}]
                        ports: [{port: 8080}]
                        """))
                .extracting(SlicesTest::summary)
                .containsExactly("IPv4 =8080/TCP: 10.0.0.7");
    }

    @ParameterizedTest(name = "label {0}, warned: {1}")
    @CsvSource({
        "tier,                                       true",
        "service.kubernetes.io/service-proxy-name,   false",
        "service.kubernetes.io/headless,             false",
    })
    @DisplayName("nobody is warned of a Service without endpoints that kube-proxy leaves to others")
    void leftToOthers(String label, boolean warned) {
        assertThat(Loading.load("apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {" + label
                                + ": x}}\nspec: {clusterIP: 10.96.0.9, ports: [{port: 80}]}")
                        .problems())
                .hasSize(warned ? 1 : 0);
    }
}
