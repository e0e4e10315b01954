package io.vipline.tools.explain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.tools.Vipline;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One explanation as tree, JSON and picture, on the cluster of {@code surprises.yaml}. */
class ExplanationViewsTest {
    private static final String HAIRPIN = "tcp 10.244.1.2:40 > 10.96.0.10:80";

    @TempDir
    Path folder;

    private Path manifests;

    @BeforeEach
    void layOut() throws IOException {
        manifests = folder.resolve("surprises.yaml");
        try (var resource = ExplanationViewsTest.class.getResourceAsStream("/explain/surprises.yaml")) {
            Files.write(manifests, resource.readAllBytes());
        }
    }

    private String explain(String configuration, String packet, String format) throws IOException {
        Path config = Files.writeString(
                folder.resolve("config.yaml"),
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
                        + configuration.replace("; ", "\n") + "\n");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                "explain",
                "-f",
                manifests.toString(),
                "--config",
                config.toString(),
                packet,
                "-o",
                format);
        assertThat(exitCode).as(err.toString()).isZero();
        return out.toString().replace(manifests.toString(), "c.yaml");
    }

    @Test
    void aTreeShowsHooksChainsRulesEndpointsAndWhy() throws IOException {
        assertThat(explain("clusterCIDR: 10.244.0.0/16", HAIRPIN, "table").lines())
                .containsSubsequence(
                        HAIRPIN,
                        "  from pod default/web-1 on node-1",
                        "  to cluster IP of Service default/web",
                        "PREROUTING",
                        "└─ nat PREROUTING",
                        "   └─ #1 -j KUBE-SERVICES   \"kubernetes service portals\"   [kube-proxy]",
                        "         │  ├─ #1 -s 10.244.1.2 -j KUBE-MARK-MASQ   \"default/web:http\"   [c.yaml:19]",
                        "         │  │  └─ #1 -j MARK --or-mark 0x00004000   the mark is now 0x4000   [kube-proxy]",
                        "         │  └─ #2 -p tcp -j DNAT --to-destination 10.244.1.2:8080   \"default/web:http\""
                                + "   [c.yaml:19]",
                        "ROUTING",
                        "├─ 10.244.1.2 is elsewhere",
                        "└─ 10.244.2.2 is elsewhere",
                        "FORWARD",
                        "POSTROUTING",
                        "   │  └─ 50 % #3 -j MASQUERADE   → 10.244.1.2:8080   \"kubernetes service traffic requiring SNAT\""
                                + "   [kube-proxy]",
                        "VERDICT DNAT  default/web:http",
                        "     50 %  10.244.1.2:8080  pod default/web-1 on node-1  masqueraded as 192.168.10.11",
                        "     50 %  10.244.2.2:8080  pod default/web-2 on node-2");
    }

    @Test
    void nftablesModeIsSpeltAsNftSpellsIt() throws IOException {
        String tree = explain("mode: nftables; clusterCIDR: 10.244.0.0/16", HAIRPIN, "table");
        assertThat(tree)
                .contains("├─ ip kube-proxy filter-prerouting-pre-dnat\n│  ├─ ct state new jump firewall-check")
                .contains(
                        "ip daddr . meta l4proto . th dport vmap @service-ips { 10.96.0.10 . tcp . 80 : goto service-")
                .contains("50 % numgen random mod 2 vmap { 0 : goto endpoint-")
                .contains("no: ip saddr != 10.244.0.0/16 (the source is 10.244.1.2)")
                .contains("ip saddr 10.244.1.2 jump mark-for-masquerade")
                .contains("dnat to 10.244.1.2:8080")
                .contains("50 % masquerade fully-random   → 10.244.1.2:8080")
                .doesNotContain(" -j ");
        assertThat(explain("mode: nftables", "tcp 203.0.113.9:40 > 192.168.10.11:30010", "table"))
                .contains("ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports")
                .contains("tcp . 30010 : goto external-");
        assertThat(explain("mode: nftables", "tcp 10.244.1.9:40 > 10.96.0.10:81", "table"))
                .contains("ip daddr @cluster-ips reject");
    }

    @Test
    void whatCannotBeDecidedIsFollowedBothWays() throws IOException {
        String config = "detectLocalMode: BridgeInterface; detectLocal: {bridgeInterface: cni0}";
        assertThat(explain(config, "tcp 203.0.113.9:40 > 192.0.2.18:80", "table"))
                .containsSubsequence(
                        "? #1 -i cni0 -j KUBE-SVC-",
                        "if -i cni0   → 10.244.2.3:8080",
                        "? #1 if not -i cni0   → in the end DROP",
                        "VERDICT UNKNOWN  default/front",
                        "DNAT or DROP: -i cni0: the interface by which the packet arrives is not known: 'in IF'",
                        "maybe  10.244.2.3:8080");
        assertThat(explain(config, "tcp 203.0.113.9:40 > 10.96.0.31:80", "table"))
                .containsSubsequence(
                        "VERDICT DNAT",
                        "masqueraded or not: ! -i cni0: the interface by which the packet arrives is not known: 'in IF'",
                        "masqueraded or not",
                        "if it is masqueraded: it does not arrive by a pod's interface (cni0)");
        assertThat(explain(config, "in cni0 tcp 203.0.113.9:40 > 192.0.2.18:80", "table"))
                .contains("VERDICT DNAT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "detectLocalMode: BridgeInterface; detectLocal: {bridgeInterface: cni0}",
                "detectLocalMode: InterfaceNamePrefix; detectLocal: {interfaceNamePrefix: cni}"
            })
    void anUnknownInterfaceLeavesOpenOnlyWhatItDecides(String config) throws IOException {
        JsonNode hairpin = json(config, "tcp 10.244.1.2:40 > 10.96.0.10:80");
        assertThat(hairpin.path("verdict").asText()).isEqualTo("DNAT");
        assertThat(hairpin.path("because").asText()).contains("'in IF' ahead of the packet");
        assertThat(hairpin.path("endpoints").path(0).path("masquerade").asBoolean())
                .isTrue();
        assertThat(hairpin.path("endpoints").path(1).path("masquerade").isNull())
                .isTrue();
        assertThat(hairpin.path("endpoints").path(1).path("probability").asDouble())
                .isEqualTo(0.5);

        JsonNode told = json(config, "in cni0 tcp 10.244.1.2:40 > 10.96.0.10:80");
        assertThat(told.has("because")).isFalse();
        assertThat(told.path("endpoints").path(1).path("masquerade").isBoolean())
                .isTrue();

        JsonNode ofNobody = json(config, "tcp 203.0.113.9:40 > 198.51.100.1:80");
        assertThat(ofNobody.path("verdict").asText()).isEqualTo("ACCEPT");
        assertThat(ofNobody.has("because")).isFalse();
        assertThat(json(config, "tcp 192.168.10.11:40 > 10.96.0.10:80").has("because"))
                .isFalse();
    }

    private JsonNode json(String config, String packet) throws IOException {
        return new ObjectMapper().readTree(explain(config, packet, "json"));
    }

    @Test
    void aNodePortOfAnAddressThatIsNotTheNodesIsNamed() throws IOException {
        assertThat(explain("mode: iptables", "tcp 203.0.113.9:40 > 198.51.100.1:30010", "table"))
                .contains("-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS   no: 198.51.100.1 is not" + " LOCAL");
        assertThat(explain("mode: iptables", "tcp 203.0.113.9:40 > 198.51.100.1:30009", "table"))
                .doesNotContain("KUBE-NODEPORTS");
    }

    @Test
    void whatTheNodeSendsToItselfComesBackByLoopback() throws IOException {
        assertThat(explain("mode: iptables", "tcp 192.168.10.11:40 > 192.168.10.11:8080", "table")
                        .lines()
                        .filter(line -> line.matches("[A-Z]+")))
                .containsExactly("OUTPUT", "ROUTING", "POSTROUTING", "PREROUTING", "ROUTING", "INPUT");
    }

    @Test
    void ofManyAlikeOnlySomeAreShownButAllAreInJson() throws IOException {
        StringBuilder slice = new StringBuilder("""
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: big, namespace: default}
                spec: {clusterIP: 10.96.1.1, ports: [{port: 80}]}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: big-1, namespace: default, labels: {kubernetes.io/service-name: big}}
                addressType: IPv4
                ports: [{name: "", port: 8080}]
                endpoints:
                """);
        for (int i = 0; i < 60; i++) {
            slice.append("- {addresses: [10.244.9.").append(i).append("]}\n");
        }
        Files.writeString(manifests, Files.readString(manifests) + slice);
        String packet = "tcp 10.244.1.9:40 > 10.96.1.1:80";
        assertThat(explain("mode: iptables", packet, "table"))
                .contains("└─ … and 52 more like these")
                .contains("… and 36 more");
        JsonNode json = new ObjectMapper().readTree(explain("mode: iptables", packet, "json"));
        assertThat(json.path("endpoints")).hasSize(60);
        assertThat(json.path("way").findValuesAsText("outcome").stream().filter(text -> text.startsWith("DNAT")))
                .hasSize(60);
    }

    @Test
    void jsonHasTheWayWithRulesThatNearlyMatched() throws IOException {
        JsonNode way = new ObjectMapper()
                .readTree(explain("clusterCIDR: 10.244.0.0/16", "tcp 10.244.1.9:40 > 10.96.0.31:80", "json"))
                .path("way");
        assertThat(way.valueStream().map(place -> place.path("hook").asText()))
                .containsExactly("PREROUTING", "ROUTING", "FORWARD", "POSTROUTING");
        List<JsonNode> misses = new ArrayList<>();
        collect(way, misses);
        assertThat(misses)
                .extracting(miss -> miss.path("failed").asText() + " "
                        + miss.path("because").asText())
                .containsExactly(
                        "! -s 10.244.0.0/16 the source is 10.244.1.9", "-s 10.244.1.2 the source is 10.244.1.9");
    }

    private static void collect(JsonNode places, List<JsonNode> misses) {
        for (JsonNode place : places) {
            if (place.path("kind").asText().equals("MISSED")) {
                misses.add(place);
            }
            collect(place.path("then"), misses);
        }
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource(delimiter = '|', textBlock = """
            dot     | tcp 10.244.1.2:40 > 10.96.0.10:80
            dot     | tcp 203.0.113.9:40 > 192.0.2.18:80
            mermaid | tcp 10.244.1.2:40 > 10.96.0.10:80
            mermaid | tcp 203.0.113.9:40 > 192.0.2.18:80
            """)
    @DisplayName("a picture connects nodes that it has, from the packet to the verdict")
    void aPictureIsWhole(String format, String packet) throws IOException {
        String picture = explain("clusterCIDR: 10.244.0.0/16", packet, format);
        List<String> nodes = found(picture, "^ +(n\\d+)(?! -)[ \\[(>{]");
        List<String> ends = found(picture, "^ +(n\\d+) --?>");
        ends.addAll(found(picture, "--?>(?:\\|\"[^\"]*\"\\|)? (n\\d+)"));
        assertThat(nodes).doesNotHaveDuplicates().hasSizeGreaterThan(8);
        assertThat(ends).containsAll(nodes).allMatch(nodes::contains);
        assertThat(picture)
                .contains("PREROUTING")
                .contains("KUBE-SERVICES")
                .contains(packet.replace(">", format.equals("dot") ? ">" : "#gt;"));
        assertThat(picture.chars().filter(c -> c == '"').count() % 2).isZero();
    }

    private static List<String> found(String text, String pattern) {
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"table", "dot", "mermaid"})
    void aNameFromAManifestCannotMoveTheCursor(String format) throws IOException {
        Files.writeString(manifests, Files.readString(manifests).replace("name: web-1, ", "name: \"web\\e[2J\", "));
        assertThat(explain("mode: iptables", HAIRPIN, format))
                .doesNotContain("\u001b")
                .contains("\\u001b[2J");
    }
}
