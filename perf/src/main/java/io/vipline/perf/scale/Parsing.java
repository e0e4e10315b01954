package io.vipline.perf.scale;

import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.LoadedCluster;
import io.vipline.rules.manifest.ManifestSource;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;

/** How long manifests take to become objects, in a JVM that has read none. */
public final class Parsing {
    private Parsing() {}

    /** @param args Services, and endpoints of each. Prints s */
    public static void main(String[] args) throws IOException {
        LargeCluster size = new LargeCluster(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
        String yaml = ManifestText.NODE + size.yaml();
        long start = System.nanoTime();
        LoadedCluster loaded = ClusterLoader.load(
                List.of(ManifestSource.of("cluster.yaml", new StringReader(yaml))), ClusterSettings.DEFAULT);
        double tookS = (System.nanoTime() - start) / 1e9;
        if (!loaded.isUsable() || loaded.cluster().services().size() != size.services()) {
            throw new IllegalStateException("not all was read: " + loaded.problems());
        }
        System.out.printf("%.1f%n", tookS);
    }
}
