package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vipline.rules.model.Cluster;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedClustersTest {
    @ParameterizedTest(name = "{0}: {1} Services over {2} pods")
    @CsvSource({"voting-app.yaml, 4, 5", "guestbook.yaml, 3, 6"})
    void an_application_s_own_manifests_become_a_cluster(String file, int services, int pods) throws IOException {
        Path path = Path.of(System.getProperty("vipline.shared", "/nowhere"), "clusters", file);
        assumeTrue(Files.exists(path), path + " is not here");
        try (Reader reader = Files.newBufferedReader(path)) {
            LoadedCluster loaded =
                    ClusterLoader.load(List.of(ManifestSource.of(file, reader)), ClusterSettings.DEFAULT);
            assertThat(loaded.problems()).isEmpty();
            Cluster cluster = loaded.cluster();
            assertThat(cluster.services()).hasSize(services);
            assertThat(cluster.pods()).hasSize(pods);
            assertThat(cluster.nodes()).hasSize(1);
            assertThat(cluster.endpointSlices())
                    .hasSize(services)
                    .allSatisfy(
                            slice -> assertThat(slice.object().getEndpoints()).isNotEmpty());
        }
    }
}
