package io.vipline.tools;

import io.vipline.rules.manifest.ManifestSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What {@code -f} means to kubectl: a file, the manifests of a folder, {@code -} for stdin. */
final class ManifestFiles {
    private static final List<String> EXTENSIONS = List.of(".json", ".yaml", ".yml");

    private ManifestFiles() {}

    /**
     * @param recursive also the folders within a folder
     * @throws IOException if a name is no file, or a folder holds no manifest
     */
    static List<ManifestSource> sources(List<String> names, boolean recursive) throws IOException {
        List<ManifestSource> sources = new ArrayList<>();
        for (String name : names) {
            if (name.equals("-")) {
                sources.add(new ManifestSource("-", () -> new InputStreamReader(System.in, StandardCharsets.UTF_8)));
                continue;
            }
            Path path = Path.of(name);
            if (!Files.exists(path)) {
                throw new NoSuchFileException(name);
            }
            if (Files.isDirectory(path)) {
                sources.addAll(folder(path, recursive));
            } else {
                sources.add(file(path));
            }
        }
        return sources;
    }

    /** A wrong byte becomes U+FFFD: the reader of manifests says where a text is broken, a decoder could not. */
    static ManifestSource file(Path path) {
        return new ManifestSource(
                path.toString(), () -> new InputStreamReader(Files.newInputStream(path), StandardCharsets.UTF_8));
    }

    private static List<ManifestSource> folder(Path folder, boolean recursive) throws IOException {
        try (Stream<Path> walk = Files.walk(folder, recursive ? Integer.MAX_VALUE : 1)) {
            List<ManifestSource> found = walk.filter(Files::isRegularFile)
                    .filter(path ->
                            EXTENSIONS.stream().anyMatch(path.getFileName().toString()::endsWith))
                    .sorted()
                    .map(ManifestFiles::file)
                    .toList();
            if (found.isEmpty()) {
                throw new FileNotFoundException(folder + ": no .yaml, .yml or .json file in this folder"
                        + (recursive ? "" : " (-R looks into the folders within)"));
            }
            return found;
        }
    }
}
