package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** kube-proxy's own packet flows, of both modes, by {@code vipline explain}. */
class CorpusFlowsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    private record Answer(int exitCode, String out, String err) {}

    private static Answer run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Vipline.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Answer(exitCode, out.toString(), err.toString());
    }

    @TestFactory
    Stream<DynamicTest> kubeProxysOwnPacketFlowsComeOutTheSame() throws IOException {
        return Stream.of("packetflow.json", "topology.json", "packetflow-nftables.json")
                .flatMap(this::scenarios);
    }

    private Stream<DynamicTest> scenarios(String file) {
        Path path = Path.of(System.getProperty("vipline.shared", "../../shared"), "corpus", file);
        Assumptions.assumeTrue(Files.exists(path), () -> "needs " + path + ", which is not on this machine");
        try {
            return MAPPER.readTree(path.toFile())
                    .valueStream()
                    .filter(scenario -> !scenario.path("flows").isEmpty())
                    .map(scenario ->
                            DynamicTest.dynamicTest(scenario.path("name").asText(), () -> check(scenario)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void check(JsonNode scenario) throws IOException {
        Path directory = Files.createTempDirectory(folder, "scenario");
        Path objects = Files.writeString(directory.resolve("objects.json"), objects(scenario));
        Path config = Files.writeString(directory.resolve("config.yaml"), config(scenario.path("proxy")));
        Path packets = directory.resolve("packets");
        Files.write(
                packets,
                scenario.path("flows")
                        .valueStream()
                        .map(CorpusFlowsTest::packet)
                        .toList());
        List<String> arguments = new ArrayList<>(List.of(
                "explain", "-f", objects.toString(), "--config", config.toString(), "--packets", packets.toString()));
        for (JsonNode address : scenario.path("proxy").path("nodeIPs")) {
            arguments.add("--node-address");
            arguments.add(address.asText() + (address.asText().contains(":") ? "/128" : "/32"));
        }
        for (JsonNode range : scenario.path("proxy").path("serviceCIDRs")) {
            arguments.add("--service-cidr");
            arguments.add(range.asText());
        }
        arguments.add("--node");
        arguments.add(scenario.path("proxy").path("nodeName").asText());
        Answer answer = run(arguments.toArray(String[]::new));
        assertThat(answer.exitCode()).as(answer.err()).isZero();
        List<String> expected = scenario.path("flows")
                .valueStream()
                .map(CorpusFlowsTest::expected)
                .toList();
        List<String> found = new ArrayList<>();
        for (String line : answer.out().lines().toList()) {
            found.add(found(MAPPER.readTree(line)));
        }
        assertThat(found).isEqualTo(expected);
    }

    private static String objects(JsonNode scenario) throws IOException {
        ObjectNode list = MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "List");
        ArrayNode items = list.putArray("items");
        Stream.of("services", "endpointSlices", "nodes")
                .forEach(kind -> scenario.path(kind).forEach(items::add));
        if (scenario.path("nodes").isEmpty()) {
            ObjectNode node = items.addObject().put("apiVersion", "v1").put("kind", "Node");
            node.putObject("metadata")
                    .put("name", scenario.path("proxy").path("nodeName").asText());
            node.putObject("status")
                    .putArray("addresses")
                    .addObject()
                    .put("type", "InternalIP")
                    .put("address", scenario.path("proxy").path("nodeIP").asText());
        }
        return MAPPER.writeValueAsString(list);
    }

    /** Node-port addresses are left to the mode's default, the primary ones in nftables mode. */
    private static String config(JsonNode proxy) {
        String mode = proxy.path("mode").asText();
        boolean localhost = proxy.path("localhostNodePorts").asBoolean();
        return """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: %s
                clusterCIDR: "%s"
                detectLocalMode: ClusterCIDR
                %s: {masqueradeAll: %s%s}
                """.formatted(
                        mode,
                        proxy.path("detectLocal").path("cidr").asText(),
                        mode,
                        proxy.path("masqueradeAll").asBoolean(),
                        mode.equals("iptables") ? ", localhostNodePorts: " + localhost : "");
    }

    private static String packet(JsonNode flow) {
        String source = flow.path("sourceIP").asText();
        String destination = flow.path("destIP").asText();
        String form = source.contains(":") ? "%s [%s]:40000 > [%s]:%s" : "%s %s:40000 > %s:%s";
        return form.formatted(
                flow.path("protocol").asText("TCP").toLowerCase(Locale.ROOT),
                source,
                destination,
                flow.path("destPort").asText());
    }

    /** {@code endpoints, then a refusal if there is one; and whether any is masqueraded}. */
    private static String expected(JsonNode flow) {
        String output = flow.path("output").asText();
        return (output.equals("ACCEPT") ? "" : output) + " masq="
                + flow.path("masq").asBoolean();
    }

    private static String found(JsonNode explained) {
        String endpoints = explained
                .path("endpoints")
                .valueStream()
                .map(endpoint -> endpoint.path("address").asText())
                .collect(Collectors.joining(", "));
        String verdict = explained.path("verdict").asText();
        String refusal = verdict.equals("REJECT") || verdict.equals("DROP") ? verdict : "";
        String output = endpoints.isEmpty() || refusal.isEmpty() ? endpoints + refusal : endpoints + ", " + refusal;
        return output + " masq=" + explained.path("masquerade").asBoolean();
    }
}
