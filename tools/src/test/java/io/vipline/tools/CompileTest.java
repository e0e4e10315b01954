package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompileTest {
    private static final String MANIFEST = """
            apiVersion: v1
            kind: Node
            metadata: {name: node-1}
            status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec:
              type: NodePort
              clusterIP: 10.96.0.10
              clusterIPs: [10.96.0.10]
              ports: [{name: http, port: 80, nodePort: 30080}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: empty, namespace: shop}
            spec:
              clusterIP: 10.96.0.11
              clusterIPs: [10.96.0.11]
              ports: [{port: 53, protocol: UDP}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            endpoints: [{addresses: [10.244.0.5], nodeName: node-1}, {addresses: [10.244.1.5], conditions: {ready: false}}]
            ports: [{name: http, port: 8080}]
            """;

    @TempDir
    private Path folder;

    private Path manifest;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeManifest() throws IOException {
        manifest = Files.writeString(folder.resolve("web.yaml"), MANIFEST);
    }

    private String compile(String... flags) {
        List<String> words = new ArrayList<>(List.of("compile", "-f", manifest.toString()));
        words.addAll(List.of(flags));
        int exitCode = Vipline.run(new PrintWriter(out), new PrintWriter(err), words.toArray(String[]::new));
        assertThat(exitCode).as(err.toString()).isZero();
        return out.toString();
    }

    @Test
    void theTextIsThatOfAFullSyncFamilyAfterFamily() {
        String text = compile();
        assertThat(text.lines().filter(line -> line.startsWith("*") || line.equals("COMMIT")))
                .containsExactly("*filter", "COMMIT", "*nat", "COMMIT", "*filter", "COMMIT", "*nat", "COMMIT");
        assertThat(text)
                .contains("-A KUBE-SERVICES -m comment --comment \"shop/empty has no endpoints\" -m udp -p udp"
                        + " -d 10.96.0.11 --dport 53 -j REJECT\n")
                .contains("-m tcp -p tcp -j DNAT --to-destination 10.244.0.5:8080\n")
                .contains("-m addrtype --dst-type LOCAL ! -d ::1/128 -j KUBE-NODEPORTS\n")
                .doesNotContain(":INPUT", "nfacct", "--random-fully");
    }

    @ParameterizedTest(name = "{0} adds {1}")
    @CsvSource({
        "--with-jumps,   -A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
        "--nfacct,       -m nfacct --nfacct-name localhost_nps_accepted_pkts",
        "--random-fully, -j MASQUERADE --random-fully"
    })
    void flagsAddTheirPieces(String flag, String piece) {
        assertThat(compile("-o", "iptables")).doesNotContain(piece);
        out.getBuffer().setLength(0);
        assertThat(compile("-o", "iptables", flag)).contains(piece);
    }

    @Test
    void oneFamilyAlone() {
        assertThat(compile("--ip-family", "ipv6").lines().filter(line -> line.equals("*nat")))
                .hasSize(1);
        assertThat(out.toString()).contains("::1/128").doesNotContain("10.96.0.10");
    }

    @Test
    void aTableHasALineForEachServicePort() {
        assertThat(compile("-o", "table").lines().map(line -> line.replaceAll(" {2,}", " | ")))
                .containsExactly(
                        "SERVICE | PROTOCOL | CLUSTER-IP | NODE-PORT | EXTERNAL | ENDPOINTS | REFUSES | RULES | CHAIN",
                        "shop/empty | UDP | 10.96.0.11:53 | <none> | <none> | 0/0 | REJECT cluster-ip | 1 | <none>",
                        "shop/web:http | TCP | 10.96.0.10:80 | 30080 | <none> | 1/2 | <none> | 7"
                                + " | KUBE-SVC-67NZLRHBNDSAWJRO");
    }

    @Test
    void jsonNamesTheLineThatCausedEachRule() throws IOException {
        JsonNode rulesets = new ObjectMapper().readTree(compile("-o", "json")).path("rulesets");
        assertThat(rulesets.valueStream()
                        .map(ruleset -> ruleset.path("ipFamily").asText()))
                .containsExactly("IPv4", "IPv6");
        JsonNode rejects =
                rulesets.path(0).path("tables").path(0).path("chains").path(0);
        assertThat(rejects.path("chain").asText()).isEqualTo("KUBE-SERVICES");
        JsonNode rule = rejects.path("rules").path(0);
        assertThat(rule.path("origin").asText()).isEqualTo(manifest + ":21");
        assertThat(rule.path("service").asText()).isEqualTo("shop/empty");
        assertThat(rule.path("target").asText()).isEqualTo("-j REJECT");
        assertThat(rule.path("matches").path(3).asText()).isEqualTo("-d 10.96.0.11");
    }

    private String nftablesConfig() throws IOException {
        return Files.writeString(folder.resolve("kube-proxy.yaml"), """
                        apiVersion: kubeproxy.config.k8s.io/v1alpha1
                        kind: KubeProxyConfiguration
                        mode: nftables
                        """).toString();
    }

    @Test
    void nftablesModesTextIsTheDefaultWhereItIsConfigured() throws IOException {
        String byMode = compile("--config", nftablesConfig());
        assertThat(byMode.lines().filter(line -> line.startsWith("table ")))
                .containsExactly("table ip kube-proxy {", "table ip6 kube-proxy {");
        assertThat(byMode)
                .contains("10.96.0.11 . udp . 53 comment \"shop/empty\" : goto reject-chain,")
                .contains("meta l4proto tcp dnat to 10.244.0.5:8080");
        out.getBuffer().setLength(0);
        assertThat(compile("-o", "nft")).isEqualTo(byMode);
    }

    @Test
    void tableAndJsonFollowTheMode() throws IOException {
        assertThat(compile("--config", nftablesConfig(), "-o", "table")
                        .lines()
                        .map(line -> line.replaceAll(" {2,}", " | "))
                        .skip(1))
                .containsExactly(
                        "shop/empty | UDP | 10.96.0.11:53 | <none> | <none> | 0/0 | REJECT cluster-ip | 1 | <none>",
                        "shop/web:http | TCP | 10.96.0.10:80 | 30080 | <none> | 1/2 | <none> | 7"
                                + " | service-KHN6ECMT-shop/web/tcp/http");
        out.getBuffer().setLength(0);
        JsonNode table = new ObjectMapper()
                .readTree(compile("--config", nftablesConfig(), "-o", "json"))
                .path("rulesets")
                .path(0)
                .path("tables")
                .path(0);
        assertThat(table.path("table").asText()).isEqualTo("ip kube-proxy");
        JsonNode firewall = table.path("chains").path(0);
        assertThat(firewall.path("hook").asText()).isEqualTo("PREROUTING");
        assertThat(firewall.path("priority").asInt()).isEqualTo(-110);
        assertThat(firewall.path("rules").path(0).path("rule").asText()).isEqualTo("ct state new jump firewall-check");
    }
}
