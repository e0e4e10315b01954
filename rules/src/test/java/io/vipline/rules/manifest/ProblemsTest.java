package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.model.Problem;
import io.vipline.rules.model.Problem.Severity;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What people read when a manifest is wrong: file, line, column, what, why, how to mend. */
class ProblemsTest {
    /** @param problems as printed, each after its severity's letter: E, W or N */
    private record Case(String name, String yaml, String... problems) {}

    private static final List<Case> CASES = List.of(
            new Case("a whole Service says nothing", """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web}
                    spec: {clusterIP: None, ports: [{port: 80}]}
                    """),
            new Case(
                    "a port name that no pod has",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web}
                    spec:
                      selector: {app: web}
                      ports:
                      - name: http
                        port: 80
                        targetPort: htttp
                    ---
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: a, labels: {app: web}}
                    spec:
                      containers:
                      - name: c
                        ports: [{name: http, containerPort: 80}, {name: metrics, containerPort: 90}, {name: dns, containerPort: 53, protocol: UDP}]
                    """,
                    "E c.yaml:9:17: targetPort \"htttp\" is not a port name of any pod behind default/web"
                            + " (has: dns/UDP, http, metrics), its connections would be rejected,"
                            + " name one of those, or the port's number"),
            new Case(
                    "the same in a stored Service is a warning",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web}
                    spec: {clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: htttp}]}
                    ---
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: a, labels: {app: web}}
                    spec: {containers: [{name: c}]}
                    """,
                    "W c.yaml:4:83: targetPort \"htttp\" is not a port name of any pod behind default/web (has: none),"
                            + " its connections would be rejected, name one of those, or the port's number"),
            new Case(
                    "a node port given twice",
                    """
                    apiVersion: v1
                    kind: List
                    items:
                    - apiVersion: v1
                      kind: Service
                      metadata: {name: one}
                      spec: {type: NodePort, ports: [{port: 80, nodePort: 31000}]}
                    - apiVersion: v1
                      kind: Service
                      metadata: {name: two}
                      spec: {type: NodePort, ports: [{port: 80, nodePort: 31000, protocol: UDP}]}
                    """,
                    "W c.yaml:6:20: Service default/one has no endpoint, its packets are rejected, add an EndpointSlice",
                    "E c.yaml:11:55: node port 31000 of default/two is already default/one's (c.yaml:7),"
                            + " a node port belongs to one Service, choose a free one or leave it out"),
            new Case(
                    "broken YAML at line 3, and a wrong port in the next document",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: api}
                    spec: {clusterIP: None, ports: [{port: 70000}]}
                    """,
                    "E c.yaml:3:11: this document cannot be read, while parsing a flow mapping:"
                            + " expected ',' or '}', but got <stream end>, close the bracket",
                    "E c.yaml:8:40: 70000 is no port, ports are 1 to 65535, write a number between"),
            new Case(
                    "a tab for indentation",
                    "a: 1\nb:\n\tc: 1\n",
                    "E c.yaml:3:1: this document cannot be read, while scanning for the next token: found character"
                            + " '\\t(TAB)' that cannot start any token, indent with spaces"),
            new Case(
                    "a colon in a plain value",
                    "kind: a: b\n",
                    "E c.yaml:1:8: this document cannot be read, mapping values are not allowed here,"
                            + " check the indentation, and quote a value that has a colon in it"),
            new Case(
                    "a quote that nobody closes",
                    "kind: \"Serv\nspec: 1\n",
                    "E c.yaml:1:7: this document cannot be read, while scanning a quoted scalar:"
                            + " found unexpected end of stream, close the quote"),
            new Case(
                    "a character that is not allowed",
                    "kind: a\nspec: b\u0007\n",
                    "E c.yaml:2:8: this document cannot be read, the character U+0007 is not allowed, remove it"),
            new Case(
                    "broken JSON",
                    "{\"kind\": \"Service\",\n \"spec\": {]}\n",
                    "E c.yaml:2:11: this document cannot be read, Unexpected close marker ']': expected '}',"
                            + " correct the JSON"),
            new Case(
                    "a type tag",
                    "kind: !!java.net.URL [x]\n",
                    "E c.yaml:1:7: this document cannot be read, type tag tag:yaml.org,2002:java.net.URL is not used"
                            + " in manifests, remove the tag"),
            new Case(
                    "an alias without an anchor",
                    "kind: *x\n",
                    "E c.yaml:1:7: this document cannot be read, alias *x has no anchor before it, add &x"),
            new Case(
                    "no object at all",
                    "just words\n",
                    "E c.yaml:1:1: this is no Kubernetes object, an object is a mapping, begin with apiVersion and kind"),
            new Case(
                    "an object without a kind",
                    "metadata: {name: x}\n",
                    "E c.yaml:1:1: this object has no kind, nothing says what it is, add kind and apiVersion"),
            new Case(
                    "an object without a name",
                    "apiVersion: v1\nkind: Node\nmetadata: {}\n",
                    "E c.yaml:3:11: a Node has no name, the API server refuses it, add metadata.name"),
            new Case(
                    "other kinds are passed over",
                    """
                    apiVersion: v1
                    kind: ConfigMap
                    metadata: {name: conf}
                    ---
                    apiVersion: serving.knative.dev/v1
                    kind: Service
                    metadata: {name: fn}
                    """,
                    "N c.yaml:1:1: passed over ConfigMap conf, Vipline does not read v1 ConfigMap, nothing to do",
                    "N c.yaml:5:1: passed over Service fn, Vipline does not read serving.knative.dev/v1 Service,"
                            + " nothing to do"),
            new Case(
                    "unknown fields, and a number for a text",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web, labels: {version: 1.10}}
                    spec:
                      clusterIP: None
                      port: [{port: 80}]
                      sellector: {app: web}
                      colour: red
                    """,
                    "W c.yaml:3:41: metadata.labels.version is 1.10 without quotes, the API server wants text here,"
                            + " write \"1.10\"",
                    "W c.yaml:6:3: unknown field \"spec.port\", ServiceSpec has no such field, did you mean ports?",
                    "W c.yaml:7:3: unknown field \"spec.sellector\", ServiceSpec has no such field,"
                            + " did you mean selector?",
                    "W c.yaml:8:3: unknown field \"spec.colour\", ServiceSpec has no such field,"
                            + " remove it or check its indentation"),
            new Case(
                    "values that their fields cannot hold",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web}
                    spec:
                      publishNotReadyAddresses: perhaps
                      selector: app
                      ports:
                      - port: "80"
                      - port: 80.5
                    """,
                    "E c.yaml:5:29: \"perhaps\" cannot stand here, spec.publishNotReadyAddresses wants true or false,"
                            + " write true or false",
                    "E c.yaml:6:13: \"app\" cannot stand here, spec.selector wants a mapping," + " write a mapping",
                    "E c.yaml:8:11: \"80\" cannot stand here, spec.ports.port wants a whole number,"
                            + " write a whole number",
                    "E c.yaml:9:11: \"80.5\" cannot stand here, spec.ports.port wants a whole number,"
                            + " write a whole number"),
            new Case(
                    "a key that stands twice",
                    "apiVersion: v1\nkind: Node\nkind: Node\nmetadata: {name: a}\n",
                    "W c.yaml:3:1: the key \"kind\" stands here for a second time, only the last one counts,"
                            + " remove one of the two"),
            new Case(
                    "an object given twice",
                    """
                    apiVersion: v1
                    kind: Node
                    metadata: {name: a}
                    ---
                    apiVersion: v1
                    kind: Node
                    metadata: {name: a}
                    """,
                    "W c.yaml:7:18: Node a was given before, the one at c.yaml:1 is replaced, as kubectl apply would,"
                            + " remove one of the two"),
            new Case(
                    "many things at once",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web}
                    spec:
                      type: NodePrt
                      externalTrafficPolicy: Near
                      externalIPs: [1.2.3]
                      loadBalancerSourceRanges: [10.0.0.1]
                      sessionAffinity: ClientIP
                      sessionAffinityConfig: {clientIP: {timeoutSeconds: 90000}}
                      ports:
                      - {port: 80, protocol: tcp}
                      - {port: 80, targetPort: "80"}
                      - {name: Web, port: 81, nodePort: 30000}
                      - {name: x}
                      - {name: x, port: 82}
                      - {name: z, port: 82}
                    """,
                    "E c.yaml:5:9: \"NodePrt\" is no type, the API knows ClusterIP, ExternalName, LoadBalancer,"
                            + " NodePort, write one of these",
                    "E c.yaml:6:26: \"Near\" is no externalTrafficPolicy, the API knows Cluster, Local,"
                            + " write one of these",
                    "E c.yaml:7:17: \"1.2.3\" is no IP address, the field wants one, write it like 10.0.0.1",
                    "E c.yaml:8:30: \"10.0.0.1\" is no range of addresses, loadBalancerSourceRanges names ranges,"
                            + " write it like 192.0.2.0/24",
                    "E c.yaml:10:54: an affinity of 90000 seconds is out of range, the API takes 1 to 86400,"
                            + " write a number between",
                    "E c.yaml:12:5: port 80 of default/web has no name, several ports are told apart by name, add name",
                    "E c.yaml:12:26: \"tcp\" is no protocol, the API knows TCP, UDP and SCTP, write one of these",
                    "E c.yaml:13:5: port 80 of default/web has no name, several ports are told apart by name, add name",
                    "E c.yaml:13:28: targetPort \"80\" is a name of digits, a port's name has a letter,"
                            + " remove the quotes",
                    "E c.yaml:14:12: \"Web\" is no port name, it is made of a-z, 0-9 and -, up to 63,"
                            + " write one like http",
                    "E c.yaml:14:37: default/web has a node port, its type is NodePrt,"
                            + " write type: NodePort or remove it",
                    "E c.yaml:15:5: a port of default/web has no number, port is required, add port",
                    "E c.yaml:16:12: port name \"x\" stands twice, ports are told apart by name, rename one",
                    "E c.yaml:17:21: port 82/TCP of default/web stands twice, one address and port lead to one target,"
                            + " remove one"),
            new Case(
                    "a node port out of range, and a headless NodePort",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: one}
                    spec: {type: NodePort, ports: [{port: 80, nodePort: 8080}]}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: two}
                    spec: {type: NodePort, clusterIP: None, ports: [{port: 80}]}
                    """,
                    "E c.yaml:4:53: node port 8080 of default/one is out of range, node ports are 30000-32767,"
                            + " choose a free one or leave it out",
                    "E c.yaml:9:35: a headless Service has no node ports, its type is NodePort, remove clusterIP: None"),
            new Case(
                    "families that cannot be had",
                    """
                    apiVersion: networking.k8s.io/v1
                    kind: ServiceCIDR
                    metadata: {name: kubernetes}
                    spec: {cidrs: [10.0.0.0/24]}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: one}
                    spec: {ipFamilies: [IPv6], ports: [{port: 80}]}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: two}
                    spec: {ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: three}
                    spec: {ipFamilies: [IPv4, IPv4], ports: [{port: 80}]}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: four}
                    spec: {ipFamilies: [ipv4], ports: [{port: 80}]}
                    """,
                    "E c.yaml:9:21: default/one wants IPv6, no service range is of that family,"
                            + " give one with --service-cidr",
                    "E c.yaml:14:24: default/two requires dual stack, the service ranges are of IPv4 alone,"
                            + " give --service-cidr for both families, or write PreferDualStack",
                    "E c.yaml:19:27: IPv4 stands twice, a Service has an address per family, remove one",
                    "E c.yaml:24:21: \"ipv4\" is no family of addresses, there are two, IPv4 or IPv6"),
            new Case(
                    "a selector that matches nothing, and an address of two Services",
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: one}
                    spec: {clusterIP: 10.96.0.5, selector: {app: x}, ports: [{port: 80}]}
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: two}
                    spec: {clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5], ports: [{port: 80}]}
                    """,
                    "W c.yaml:4:40: Service default/one has no endpoint, its selector matches no pod of the namespace"
                            + " with an address, so its packets are rejected, check selector and labels",
                    "W c.yaml:8:18: Service default/two has no endpoint, its packets are rejected,"
                            + " add an EndpointSlice",
                    "W c.yaml:9:43: cluster IP 10.96.0.5 of default/two is also default/one's,"
                            + " an API server gives an address to one Service,"
                            + " remove clusterIP and clusterIPs from one of them"),
            new Case(
                    "workloads that find no place",
                    """
                    apiVersion: v1
                    kind: Node
                    metadata: {name: a}
                    spec: {podCIDR: 10.1.0.0/30}
                    ---
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: big}
                    spec:
                      replicas: 5
                      selector: {matchLabels: {app: big}}
                      template: {metadata: {labels: {app: big}}, spec: {containers: []}}
                    ---
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: picky}
                    spec:
                      selector: {matchLabels: {app: picky}}
                      template: {metadata: {labels: {app: picky}}, spec: {nodeSelector: {disk: ssd}}}
                    ---
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: stray}
                    spec:
                      selector: {matchLabels: {app: stray}}
                      template: {metadata: {labels: {app: other}}}
                    ---
                    apiVersion: apps/v1
                    kind: DaemonSet
                    metadata: {name: empty}
                    spec: {selector: {}, template: {}}
                    """,
                    "E c.yaml:10:3: no address is left for a pod of Deployment default/big,"
                            + " the pod range of its Node is full, add Nodes, or make up more with --nodes",
                    "W c.yaml:18:3: Deployment default/picky fits no Node, nodeName, nodeSelector or a taint excludes"
                            + " them all, so its pods stay without an address, add a Node that suits, or a toleration",
                    "E c.yaml:25:13: the selector of Deployment default/stray does not match its template's labels,"
                            + " the controller would never find its own pods,"
                            + " make spec.selector and spec.template.metadata.labels agree",
                    "E c.yaml:31:7: DaemonSet default/empty lacks a selector or a template,"
                            + " the API server refuses it, add spec.selector and spec.template"),
            new Case(
                    "slices and Endpoints that cannot be used",
                    """
                    apiVersion: discovery.k8s.io/v1
                    kind: EndpointSlice
                    metadata: {name: a}
                    addressType: IPv4
                    endpoints: [{addresses: ["fd00::1"]}, {addresses: [10.0.0.300]}]
                    ---
                    apiVersion: discovery.k8s.io/v1
                    kind: EndpointSlice
                    metadata: {name: b}
                    addressType: IPv4
                    endpoints: [{addresses: [10.0.0.3]}]
                    ---
                    apiVersion: v1
                    kind: Endpoints
                    metadata: {name: nobody}
                    """,
                    "E c.yaml:5:26: \"fd00::1\" is no IPv4 address, addressType of its slice is IPv4,"
                            + " correct one of the two",
                    "E c.yaml:5:52: \"10.0.0.300\" is no IPv4 address, addressType of its slice is IPv4,"
                            + " correct one of the two",
                    "W c.yaml:9:11: EndpointSlice b belongs to no Service, it lacks the label"
                            + " kubernetes.io/service-name, add the label with the Service's name",
                    "W c.yaml:15:18: Endpoints default/nobody belong to no Service, there is none of that name,"
                            + " give the Service too, or correct the name"));

    @TestFactory
    @DisplayName("problems come all at once, each with its place")
    Stream<DynamicTest> problemsComeAllAtOnce() {
        return CASES.stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.name(),
                        () -> assertThat(Loading.load(one.yaml()).problems())
                                .extracting(ProblemsTest::printed)
                                .containsExactly(one.problems())));
    }

    private static String printed(Problem problem) {
        return problem.severity().name().charAt(0) + " " + problem;
    }

    @Test
    @DisplayName("what a broken document leaves is used")
    void whatABrokenDocumentLeavesIsUsed() {
        LoadedCluster loaded = Loading.load("""
                a: [
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: web}
                spec: {ports: [{port: 80}]}
                """);
        assertThat(loaded.isUsable()).isFalse();
        assertThat(Loading.service(loaded, "web").getSpec().getClusterIP()).isEqualTo("10.96.0.11");
        assertThat(loaded.problems()).extracting(Problem::severity).containsExactly(Severity.ERROR, Severity.WARNING);
    }

    @Test
    @DisplayName("a dump of a live cluster gives no problem, and nothing is made up for it")
    void dumpsAreTakenAsTheyAre() throws IOException {
        try (InputStream dump = ProblemsTest.class.getResourceAsStream("live-dump.yaml")) {
            LoadedCluster loaded = Loading.load(new String(dump.readAllBytes(), StandardCharsets.UTF_8));
            assertThat(loaded.problems()).isEmpty();
            assertThat(loaded.cluster().madeUpPodCidrs()).isEmpty();
            assertThat(loaded.cluster().pods()).hasSize(1);
            assertThat(loaded.cluster().services()).hasSize(2);
        }
    }
}
