package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a stranger's file holds, it gives a cluster or problems with places: no crash, no hang, no exhausted heap. */
class HostileInputTest {
    private static final String SEED = """
            apiVersion: v1
            kind: Service
            metadata: {name: web, labels: {a: b}}
            spec:
              type: LoadBalancer
              ipFamilyPolicy: PreferDualStack
              sessionAffinity: ClientIP
              externalTrafficPolicy: Local
              selector: {app: web}
              externalIPs: [10.0.0.1, 'fd00::1']
              loadBalancerSourceRanges: [10.0.0.0/8]
              ports:
              - {name: http, port: 80, targetPort: http, nodePort: 30000}
              - {name: dns, port: 53, protocol: UDP}
            status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}
            ---
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"podCIDR": "10.1.0.0/24", "taints": [{"key": "a"}]},
             "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.9"}]}}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 3
              selector: {matchLabels: {app: web}, matchExpressions: [{key: app, operator: In, values: [web]}]}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}], tolerations: [{operator: Exists}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: s, labels: {kubernetes.io/service-name: api}}
            addressType: IPv4
            endpoints: [{addresses: [10.0.0.4], conditions: {ready: true}, hints: {forZones: [{name: z}]}}]
            ports: [{name: http, port: 80, protocol: TCP}]
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: web}
            subsets: [{addresses: [{ip: 10.0.0.8}], ports: [{port: 81}]}]
            ---
            apiVersion: networking.k8s.io/v1
            kind: ServiceCIDR
            metadata: {name: kubernetes}
            spec: {cidrs: [10.0.0.0/24, 'fd00::/112']}
            """;

    private static final String[] PIECES = {
        "null",
        "[]",
        "{}",
        "-1",
        "99999999999999999999",
        "''",
        "~",
        "[null]",
        "{a: null}",
        "true",
        "1e9",
        "\"",
        "}",
        "]",
        ": ",
        "\n",
        "---\n",
        "&a ",
        "*a",
        "!!x ",
        "<<: ",
        "\u0000",
        "\ud800",
        "\t",
        "0x10",
        "- ",
        "None",
        "256.0.0.1",
        "::"
    };

    /** Words replaced by other words: most of it stays readable and reaches the code behind the parser. */
    private static String mutated(RandomGenerator random) {
        StringBuilder text = new StringBuilder(SEED);
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(text.length());
            int end = at;
            while (end < text.length() && " ,]}\n".indexOf(text.charAt(end)) < 0) {
                end++;
            }
            while (at > 0 && " ,[{\n".indexOf(text.charAt(at - 1)) < 0) {
                at--;
            }
            text.replace(at, Math.max(at, end), PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    @Property(tries = 1000)
    @Label("mutated manifests give a cluster or problems with places")
    void mutatedManifestsAreSurvived(@ForAll long seed) {
        String text = mutated(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        LoadedCluster loaded = Loading.load(text);
        assertThat(loaded.cluster().nodes()).isNotEmpty();
        assertThat(loaded.problems())
                .allSatisfy(problem ->
                        assertThat(problem.toString()).startsWith("c.yaml:").doesNotContain("\n"));
        KubeProxyConfiguration.none().proxyConfig(loaded.cluster(), new NodeChoice("", java.util.List.of()));
    }

    @Property(tries = 200)
    @Label("a manifest cut anywhere gives what stands before the cut")
    void cutManifestsAreSurvived(@ForAll @IntRange(min = 0, max = 2500) int length) {
        String text = SEED.substring(0, Math.min(length, SEED.length()));
        assertThat(Loading.load(text).cluster().nodes()).isNotEmpty();
    }

    @Test
    @DisplayName("a billion laughs are an error")
    void aBillionLaughs() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++) {
            bomb.append("a%d: &a%d [%s]\n"
                    .formatted(i, i, String.join(", ", java.util.Collections.nCopies(10, "*a" + (i - 1)))));
        }
        assertThat(Loading.load(bomb.toString()).problems())
                .singleElement()
                .satisfies(
                        problem -> assertThat(problem.why()).isEqualTo("aliases stand for more than a million values"));
    }

    @ParameterizedTest(name = "{0} 100,000 deep is an error")
    @ValueSource(strings = {"[", "{a: ", "- ", "{\"a\":", "[{\"a\":["})
    void depthIsBounded(String opening) {
        assertThat(Loading.load(opening.repeat(100_000)).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.isError()).isTrue());
    }

    @Test
    @DisplayName("an anchor within itself is an error")
    void anchorsWithinThemselves() {
        assertThat(Loading.load("kind: &a [*a]\n").problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.why()).isEqualTo("alias *a has no anchor before it"));
    }

    @Test
    @DisplayName("anchors and merge keys are followed")
    void anchorsAndMergeKeys() {
        LoadedCluster loaded = Loading.usable("""
                apiVersion: v1
                kind: Service
                metadata: &m {name: web, labels: &l {a: b}}
                spec:
                  selector: {<<: *l, c: d}
                  clusterIP: 10.96.0.1
                  ports: [{port: 80}]
                """);
        assertThat(Loading.service(loaded, "web").getSpec().getSelector()).hasToString("{c=d, a=b}");
    }
}
