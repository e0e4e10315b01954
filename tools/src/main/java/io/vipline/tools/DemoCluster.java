package io.vipline.tools;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The cluster that we carry with us: {@code tools/examples/shop.yaml} of the repository. */
final class DemoCluster {
    private DemoCluster() {}

    /** Writes the manifests into a file of their own, over one that is there. */
    static void writeTo(Path file) throws IOException {
        try (InputStream manifests = DemoCluster.class.getResourceAsStream("demo/shop.yaml")) {
            Files.copy(manifests, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
