package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Problem;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Manifests and objects that others wrote, where they are. */
class SharedClustersTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static String shared(String name) throws IOException {
        Path path = Path.of(System.getProperty("vipline.shared", "/nowhere")).resolve(name);
        assumeTrue(Files.exists(path), path + " is not here");
        return Files.readString(path);
    }

    @ParameterizedTest(name = "{0}: {1} Services over {2} pods")
    @CsvSource({"voting-app.yaml, 4, 5", "guestbook.yaml, 3, 6"})
    void applicationsBecomeClusters(String file, int services, int pods) throws IOException {
        LoadedCluster loaded = Loading.load(shared("clusters/" + file));
        assertThat(loaded.problems()).isEmpty();
        Cluster cluster = loaded.cluster();
        assertThat(cluster.services()).hasSize(services);
        assertThat(cluster.pods()).hasSize(pods);
        assertThat(cluster.nodes()).hasSize(1);
        assertThat(cluster.endpointSlices())
                .hasSize(services)
                .allSatisfy(slice -> assertThat(slice.object().getEndpoints()).isNotEmpty());
    }

    @TestFactory
    Stream<DynamicTest> storedObjectsAreTakenAsTheyAre() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String file : List.of(
                "packetflow.json",
                "packetflow-nftables.json",
                "topology.json",
                "conntrack.json",
                "golden/overall.json")) {
            JsonNode cases = MAPPER.readTree(shared("corpus/" + file));
            for (JsonNode one :
                    cases.isArray() ? cases : MAPPER.createArrayNode().add(cases)) {
                String name = file + ": "
                        + one.path("name").asText(one.path("source_test").asText());
                tests.add(DynamicTest.dynamicTest(name, () -> assertTakenAsItIs(one)));
            }
        }
        return tests.stream();
    }

    private static void assertTakenAsItIs(JsonNode scenario) throws IOException {
        StringBuilder text = new StringBuilder();
        List<JsonNode> written = new ArrayList<>();
        for (String list : List.of("services", "endpointSlices", "nodes")) {
            scenario.path(list).forEach(object -> text.append(object).append('\n'));
        }
        scenario.path("services").forEach(written::add);
        scenario.path("endpointSlices").forEach(written::add);
        LoadedCluster loaded = ClusterLoader.load(
                List.of(ManifestSource.of("case.json", new StringReader(text.toString()))), ClusterSettings.DEFAULT);
        assertThat(loaded.problems()).noneMatch(Problem::isError);
        List<JsonNode> read = new ArrayList<>();
        loaded.cluster().services().forEach(located -> read.add(tree(located)));
        loaded.cluster().endpointSlices().forEach(located -> read.add(tree(located)));
        assertThat(read).hasSameSizeAs(written);
        for (JsonNode object : written) {
            assertThat(read).as("%s among what was read", object).anyMatch(other -> holds(other, object));
        }
    }

    private static JsonNode tree(Located<? extends HasMetadata> located) {
        try {
            return MAPPER.readTree(MAPPER.writeValueAsString(located.object()));
        } catch (JsonProcessingException unwritable) {
            throw new AssertionError(unwritable);
        }
    }

    /** Whether everything written is there unchanged; defaults may stand beside it. */
    private static boolean holds(JsonNode read, JsonNode written) {
        if (written.isObject()) {
            return written.properties().stream()
                    .allMatch(field ->
                            field.getValue().isEmpty() && field.getValue().isContainerNode()
                                    || field.getValue().isNull()
                                    || holds(read.path(field.getKey()), field.getValue()));
        }
        if (written.isArray()) {
            boolean same = read.size() == written.size();
            for (int i = 0; same && i < written.size(); i++) {
                same = holds(read.path(i), written.path(i));
            }
            return same;
        }
        return read.equals(written);
    }
}
