package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code vipline explain}, called as anybody would. */
class ExplainTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final String SHOP = """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec:
              selector: {app: web}
              clusterIP: 10.96.0.10
              ports: [{name: http, port: 80, targetPort: 8080}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: empty, namespace: shop}
            spec:
              clusterIP: 10.96.0.11
              ports: [{port: 53, protocol: UDP}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: shop}
            spec:
              replicas: 3
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, ports: [{containerPort: 8080}]}]}
            """;

    @TempDir
    Path folder;

    private record Answer(int exitCode, String out, String err) {}

    private static Answer run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Answer(exitCode, out.toString(), err.toString());
    }

    private Path shop() throws IOException {
        return Files.writeString(folder.resolve("shop.yaml"), SHOP);
    }

    private JsonNode explained(String packet) throws IOException {
        Answer answer = run("explain", "-f", shop().toString(), packet, "-o", "json");
        assertThat(answer.exitCode()).as(answer.err()).isZero();
        return MAPPER.readTree(answer.out());
    }

    @Test
    void aPacketToAClusterIpReachesEveryEndpointAlike() throws IOException {
        JsonNode explained = explained("tcp 10.244.9.9:40000 > 10.96.0.10:80");
        assertThat(explained.path("verdict").asText()).isEqualTo("DNAT");
        assertThat(explained.path("service").asText()).isEqualTo("shop/web:http");
        assertThat(explained.path("endpoints")).hasSize(3).allSatisfy(endpoint -> {
            assertThat(endpoint.path("probability").asDouble()).isCloseTo(1 / 3.0, within());
            assertThat(endpoint.path("masquerade").asBoolean()).isFalse();
        });
        assertThat(explained
                        .path("path")
                        .valueStream()
                        .map(step -> step.path("origin").asText()))
                .contains(folder.resolve("shop.yaml") + ":7", folder.resolve("shop.yaml") + ":16");
    }

    private static Offset<Double> within() {
        return Offset.offset(1e-6);
    }

    @Test
    void aNameStandsForAnAddress() throws IOException {
        assertThat(explained("tcp 10.244.9.9:40000 > web.shop.svc.cluster.local:80")
                        .path("verdict")
                        .asText())
                .isEqualTo("DNAT");
    }

    @Test
    void aPodThatReachesItselfIsMasqueradedForItselfOnly() throws IOException {
        String own = explained("tcp 10.244.9.9:40000 > 10.96.0.10:80")
                .path("endpoints")
                .path(0)
                .path("address")
                .asText();
        JsonNode explained = explained("tcp " + own.substring(0, own.indexOf(':')) + ":40000 > 10.96.0.10:80");
        assertThat(explained.path("endpoints"))
                .allSatisfy(endpoint -> assertThat(endpoint.path("masquerade").asBoolean())
                        .isEqualTo(endpoint.path("address").asText().equals(own)));
    }

    @Test
    void aServiceWithoutEndpointsRejectsAndSaysWhy() throws IOException {
        JsonNode explained = explained("udp 10.244.9.9:40000 > 10.96.0.11:53");
        assertThat(explained.path("verdict").asText()).isEqualTo("REJECT");
        assertThat(explained.path("hints").path(0).asText())
                .contains("shop/empty has no selector and no EndpointSlice");
    }

    @Test
    void aPortThatNoServiceHasIsPassedWithAHint() throws IOException {
        JsonNode explained = explained("tcp 10.244.9.9:40000 > 10.96.0.10:81");
        assertThat(explained.path("verdict").asText()).isEqualTo("ACCEPT");
        assertThat(explained.path("hints").path(0).asText()).contains("it has http TCP 80");
    }

    @Test
    void aTreeShowsTheRulesThatMatchedAndThoseThatNearlyDid() throws IOException {
        Answer answer = run("explain", "-f", shop().toString(), "tcp 10.244.9.9:40000 > 10.96.0.10:80");
        assertThat(answer.out())
                .contains("PREROUTING\n└─ nat PREROUTING\n")
                .contains(" -d 10.96.0.10 --dport 80 -j KUBE-SVC-")
                .contains("no: ! -s 10.244.0.0/16 (the source is 10.244.9.9)")
                .contains("ROUTING\n├─ 10.244.1.")
                .contains("VERDICT DNAT  shop/web:http");
    }

    @Test
    void aLineThatIsNoPacketIsAnsweredInItsPlaceAndTheRestGoesOn() throws IOException {
        Path packets = Files.writeString(
                folder.resolve("packets"), "tcp 1.2.3.4:1 > 10.96.0.10:80\nnonsense\nudp 1.2.3.4:1 > 10.96.0.11:53\n");
        Answer answer = run("explain", "-f", shop().toString(), "--packets", packets.toString());
        assertThat(answer.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(answer.out().lines()).hasSize(3);
        assertThat(answer.err()).contains(packets + ":2:1: not a packet");
    }
}
