package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.vipline.rules.model.Problem;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.List;

/** Loads manifests from text, for tests. */
final class Loading {
    private Loading() {}

    static LoadedCluster load(String yaml) {
        return load(yaml, ClusterSettings.DEFAULT);
    }

    static LoadedCluster load(String yaml, ClusterSettings settings) {
        try {
            return ClusterLoader.load(List.of(ManifestSource.of("c.yaml", new StringReader(yaml))), settings);
        } catch (IOException impossible) {
            throw new UncheckedIOException("reading a string", impossible);
        }
    }

    /** As {@link #load(String)}, of manifests that have no error. */
    static LoadedCluster usable(String yaml) {
        LoadedCluster loaded = load(yaml);
        assertThat(loaded.problems()).as("errors").noneMatch(Problem::isError);
        return loaded;
    }

    static Service service(LoadedCluster loaded, String name) {
        return loaded.cluster().services().stream()
                .map(located -> located.object())
                .filter(service -> service.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no Service " + name));
    }
}
