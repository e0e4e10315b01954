package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Workloads become pods, pods get a Node and an address. */
class PodsAndNodesTest {
    private static String workload(String kind, String name, String more, String podSpec) {
        return """
                apiVersion: apps/v1
                kind: %s
                metadata: {name: %s}
                spec:
                  selector: {matchLabels: {app: %s}}
                  template: {metadata: {labels: {app: %s}}, spec: {containers: [{name: c}]%s}}
                  %s
                ---
                """.formatted(kind, name, name, name, podSpec.isEmpty() ? "" : ", " + podSpec, more);
    }

    private static String node(String name, String spec, String labels) {
        return """
                apiVersion: v1
                kind: Node
                metadata: {name: %s, labels: {%s}}
                spec: {%s}
                ---
                """.formatted(name, labels, spec);
    }

    private static LoadedCluster load(String yaml, int nodes) {
        LoadedCluster loaded = Loading.load(yaml, new ClusterSettings(nodes, "", List.of(), NodePortRange.DEFAULT));
        assertThat(loaded.problems()).noneMatch(Problem::isError);
        return loaded;
    }

    private static List<Pod> pods(LoadedCluster loaded) {
        return loaded.cluster().pods().stream().map(located -> located.object()).toList();
    }

    private static String ips(Pod pod) {
        return pod.getStatus().getPodIPs().stream().map(PodIP::getIp).collect(Collectors.joining(","));
    }

    @ParameterizedTest(name = "{1} replicas of a {0} over {2} Nodes: {3}")
    @CsvSource(delimiter = '|', textBlock = """
            Deployment  | 4 | 2 | web-[0-9b-z]{6,10}-[0-9b-z]{5}
            ReplicaSet  | 3 | 3 | web-[0-9b-z]{5}
            StatefulSet | 2 | 1 | web-[01]
            """)
    void workloadsBecomePodsSpreadOverTheNodes(String kind, int replicas, int nodes, String name) {
        List<Pod> pods = pods(load(workload(kind, "web", "replicas: " + replicas, ""), nodes));
        assertThat(pods).hasSize(replicas).allSatisfy(pod -> {
            assertThat(pod.getMetadata().getName()).matches(name);
            assertThat(pod.getMetadata().getLabels()).containsEntry("app", "web");
            assertThat(PodAddresses.isReady(pod)).isTrue();
        });
        assertThat(pods).extracting(pod -> pod.getMetadata().getName()).doesNotHaveDuplicates();
        assertThat(pods).extracting(PodsAndNodesTest::ips).doesNotHaveDuplicates();
        Map<String, Long> byNode =
                pods.stream().collect(Collectors.groupingBy(pod -> pod.getSpec().getNodeName(), Collectors.counting()));
        assertThat(byNode)
                .hasSize(nodes)
                .allSatisfy((node, count) -> assertThat(count).isEqualTo(replicas / nodes));
    }

    @Test
    @DisplayName("names and addresses do not change when something is added below")
    void additionsBelowChangeNothingAbove() {
        String web = workload("Deployment", "web", "replicas: 3", "");
        List<Pod> alone = pods(load(web, 2));
        List<Pod> together = pods(load(web + workload("Deployment", "zed", "replicas: 3", ""), 2));
        assertThat(together).containsAll(alone);
    }

    @Test
    @DisplayName("a DaemonSet has a pod on every Node, on the host's network it has the Node's address")
    void daemonSets() {
        LoadedCluster loaded = load(workload("DaemonSet", "agent", "", "hostNetwork: true"), 3);
        assertThat(pods(loaded))
                .extracting(pod -> pod.getSpec().getNodeName() + " " + ips(pod))
                .containsExactlyInAnyOrder("node-1 172.18.0.2", "node-2 172.18.0.3", "node-3 172.18.0.4");
        assertThat(loaded.cluster().madeUpPodCidrs()).isEmpty();
    }

    @Test
    @DisplayName("a StatefulSet's pods have ordinals, and a hostname in its Service's domain")
    void statefulSets() {
        List<Pod> pods = pods(
                load(workload("StatefulSet", "db", "replicas: 2\n  serviceName: db\n  ordinals: {start: 3}", ""), 1));
        assertThat(pods)
                .extracting(pod -> pod.getMetadata().getName() + " "
                        + pod.getSpec().getHostname() + "." + pod.getSpec().getSubdomain())
                .containsExactly("db-3 db-3.db", "db-4 db-4.db");
    }

    @Test
    @DisplayName("made-up Nodes have an address and a pod range each")
    void madeUpNodes() {
        LoadedCluster loaded = load("", 3);
        assertThat(loaded.cluster().nodes())
                .extracting(located -> located.object().getMetadata().getName() + " "
                        + ClusterNodes.internalIps(located.object()) + " "
                        + located.object().getSpec().getPodCIDRs())
                .containsExactly(
                        "node-1 [172.18.0.2] [10.244.1.0/24]",
                        "node-2 [172.18.0.3] [10.244.2.0/24]",
                        "node-3 [172.18.0.4] [10.244.3.0/24]");
    }

    @ParameterizedTest(name = "--node {0} without Node objects")
    @CsvSource({"'', node-1", "worker, worker"})
    void theOnlyMadeUpNodeHasTheNameAskedFor(String asked, String name) {
        LoadedCluster loaded = Loading.load("", new ClusterSettings(0, asked, List.of(), NodePortRange.DEFAULT));
        assertThat(loaded.cluster().nodes())
                .extracting(located -> located.object().getMetadata().getName())
                .containsExactly(name);
    }

    @ParameterizedTest(name = "{0}, --node-address {1}: InternalIPs {2}")
    @CsvSource(delimiter = '|', textBlock = """
            no Node                      | 192.168.0.2 192.168.1.2/24           | [192.168.0.2, 192.168.1.2]
            no Node                      | 127.0.0.1 ::1 192.168.0.2            | [192.168.0.2]
            no Node                      | 10.9.0.0/16                          | [172.18.0.2]
            {}                           | 192.168.0.2                          | [192.168.0.2]
            {InternalIP: 192.168.9.9}    | 192.168.0.2                          | [192.168.9.9]
            """)
    void aNodeThatSaysNoAddressHasThoseOfTheCommandLine(String node, String given, String internalIps) {
        List<IpAddress> addresses = new NodeChoice(
                        "",
                        Stream.of(given.split(" "))
                                .map(text -> NodeChoice.parseAddress(text).orElseThrow())
                                .toList())
                .reachableAddresses();
        String status = node.equals("{}") ? "" : "status: {addresses: [{type: InternalIP, address: 192.168.9.9}]}\n";
        LoadedCluster loaded = Loading.load(
                node.equals("no Node") ? "" : "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n" + status,
                new ClusterSettings(0, "", List.of(), NodePortRange.DEFAULT, addresses));
        assertThat(ClusterNodes.internalIps(loaded.cluster().nodes().getFirst().object()))
                .hasToString(internalIps);
    }

    @Test
    @DisplayName("where a Service wants IPv6, Nodes and pods have both families")
    void dualStack() {
        LoadedCluster loaded = load(
                "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
                        + "spec: {ipFamilyPolicy: PreferDualStack, selector: {app: web}, ports: [{port: 80}]}\n---\n"
                        + workload("Deployment", "web", "", ""),
                1);
        assertThat(ips(pods(loaded).getFirst())).isEqualTo("10.244.1.2,fd00:10:244:1::2");
        assertThat(ClusterNodes.internalIps(loaded.cluster().nodes().getFirst().object()))
                .hasToString("[172.18.0.2, fd00:172:18::2]");
        assertThat(loaded.cluster().madeUpPodCidrs())
                .containsExactly(Cidr.of("10.244.0.0/16"), Cidr.of("fd00:10:244::/48"));
        assertThat(loaded.cluster().serviceCidrs())
                .containsExactly(Cidr.of("10.96.0.0/12"), Cidr.of("fd00:10:96::/108"));
    }

    @ParameterizedTest(name = "Nodes {0}, pods with {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            a: podCIDR 10.1.1.0/24; b: podCIDR 10.1.2.0/24 | x: 1                  | a 10.1.1.2;b 10.1.2.2     | 10.1.0.0/22
            a: podCIDR 10.244.9.0/24; b:                   | x: 1                  | a 10.244.9.2;b 10.244.1.2 | 10.244.0.0/16
            a:; b:                                         | x: 1                  | a 10.244.1.2;b 10.244.2.2 | 10.244.0.0/16
            a: unschedulable true; b:                      | x: 1                  | b 10.244.1.2;b 10.244.1.3 | 10.244.0.0/16
            a: taint; b:                                   | x: 1                  | b 10.244.1.2;b 10.244.1.3 | 10.244.0.0/16
            a: taint; b:                                   | tolerations: [{operator: Exists}] | a 10.244.1.2;b 10.244.2.2 | 10.244.0.0/16
            a: taint; b:                                   | tolerations: [{key: role, value: x, effect: NoSchedule}] | a 10.244.1.2;b 10.244.2.2 | 10.244.0.0/16
            a: taint; b:                                   | tolerations: [{key: role, value: y}] | b 10.244.1.2;b 10.244.1.3 | 10.244.0.0/16
            a:; b:                                         | nodeSelector: {name: b} | b 10.244.1.2;b 10.244.1.3 | 10.244.0.0/16
            a: taint; b:                                   | nodeName: a           | a 10.244.1.2;a 10.244.1.3 | 10.244.0.0/16
            """)
    void podsGoToGivenNodesThatTakeThem(String nodes, String podSpec, String placed, String detector) {
        StringBuilder yaml = new StringBuilder();
        for (String one : nodes.split(";")) {
            String[] words = one.strip().split(":? ");
            String name = words[0].replace(":", "");
            String spec = switch (words.length == 1 ? "" : words[1]) {
                case "podCIDR" -> "podCIDR: " + words[2];
                case "unschedulable" -> "unschedulable: true";
                case "taint" -> "taints: [{key: role, value: x, effect: NoSchedule}]";
                default -> "";
            };
            yaml.append(node(name, spec, "name: " + name));
        }
        String more = podSpec.equals("x: 1") ? "" : podSpec;
        LoadedCluster loaded = Loading.usable(yaml + workload("Deployment", "web", "replicas: 2", more));
        assertThat(pods(loaded))
                .extracting(pod -> pod.getSpec().getNodeName() + " " + ips(pod))
                .containsExactlyInAnyOrder(placed.split(";"));
        assertThat(loaded.cluster().madeUpPodCidrs()).containsExactly(Cidr.of(detector));
    }

    @Test
    @DisplayName("given Nodes keep their addresses, and one without gets a free one")
    void givenNodes() {
        LoadedCluster loaded = Loading.usable(node("b", "", "zone: z") + """
                apiVersion: v1
                kind: Node
                metadata: {name: a}
                status: {addresses: [{type: InternalIP, address: 172.18.0.2}, {type: Hostname, address: a}]}
                """);
        List<Node> nodes = loaded.cluster().nodes().stream()
                .map(located -> located.object())
                .toList();
        assertThat(nodes)
                .extracting(node -> node.getMetadata().getName() + ClusterNodes.internalIps(node))
                .containsExactly("a[172.18.0.2]", "b[172.18.0.3]");
    }

    @Test
    @DisplayName("a pod with a status is taken as it is, one without is placed")
    void storedAndAuthoredPods() {
        LoadedCluster loaded = Loading.usable("""
                apiVersion: v1
                kind: PodList
                items:
                - metadata: {name: stored}
                  spec: {nodeName: elsewhere, containers: [{name: c}]}
                  status: {phase: Running, podIP: 10.244.1.2}
                - metadata: {name: pending}
                  status: {phase: Pending}
                - metadata: {name: authored}
                  spec: {containers: [{name: c}]}
                """);
        assertThat(pods(loaded))
                .extracting(pod -> pod.getMetadata().getName() + " " + PodAddresses.of(pod))
                .containsExactly("authored [10.244.1.3]", "pending []", "stored [10.244.1.2]");
        assertThat(loaded.cluster().madeUpPodCidrs()).containsExactly(Cidr.of("10.244.0.0/16"));
    }

    @ParameterizedTest(name = "a {0} with {1} makes {2} more")
    @CsvSource(delimiter = '|', textBlock = """
            new Deployment     | none of its pods  | 3
            new Deployment     | one of its pods   | 2
            new Deployment     | a foreign pod     | 3
            stored Deployment  | one of its pods   | 0
            stored Deployment  | a foreign pod     | 0
            stored Deployment  | none of its pods  | 3
            """)
    void podsThatAreThereCount(String workload, String given, int more) {
        String yaml = workload("Deployment", "web", "replicas: 3", "");
        if (workload.startsWith("stored")) {
            yaml = yaml.replace("{name: web}", "{name: web, uid: 1-2-3}");
        }
        String pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: %s}}\n"
                + "status: {phase: Running, podIP: 10.9.9.9}\n---\n";
        yaml += switch (given) {
            case "one of its pods" -> pod.formatted("web");
            case "a foreign pod" -> pod.formatted("other");
            default -> "";
        };
        LoadedCluster loaded = Loading.usable(yaml);
        assertThat(pods(loaded)).hasSize(more + (given.startsWith("none") ? 0 : 1));
    }

    @Test
    @DisplayName("a Deployment's ReplicaSet makes its pods if it is given too")
    void deploymentsAndTheirReplicaSets() {
        String yaml = workload("Deployment", "web", "replicas: 2", "")
                + workload("ReplicaSet", "web", "replicas: 2", "").replace("{name: web}\n", "{name: web-abc}\n");
        assertThat(pods(Loading.usable(yaml)))
                .hasSize(2)
                .allSatisfy(pod -> assertThat(pod.getMetadata().getName()).startsWith("web-abc-"));
    }

    @Test
    @DisplayName("more pods than a pod range holds spread over more Nodes")
    void manyPods() {
        String yaml = workload("Deployment", "web", "replicas: 1000", "");
        assertThat(pods(load(yaml, 4)))
                .hasSize(1000)
                .extracting(PodsAndNodesTest::ips)
                .doesNotHaveDuplicates();
        assertThat(Loading.load(yaml).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.isError()).isTrue());
    }

    @Test
    @DisplayName("replicas without end are an error, not an exhausted heap")
    void replicasWithoutEnd() {
        String yaml = workload("Deployment", "web", "replicas: 2000000000", "hostNetwork: true");
        assertThat(Loading.load(yaml).problems())
                .singleElement()
                .extracting(Problem::what)
                .isEqualTo("the cluster would have more than 200000 pods");
    }

    @Test
    @DisplayName("more Nodes than there are pod ranges are an error")
    void tooManyNodes() {
        LoadedCluster loaded = Loading.load("", new ClusterSettings(256, "", List.of(), NodePortRange.DEFAULT));
        assertThat(loaded.problems())
                .singleElement()
                .hasToString("--nodes: 256 Nodes are too many, 10.244.0.0/16 has pod ranges for 255,"
                        + " give fewer, or Node objects with spec.podCIDR");
    }
}
