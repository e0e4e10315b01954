package io.vipline.tools;

import io.vipline.rules.manifest.ManifestSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

    /** What can be seen of the files without reading them: is it the same as before, they have not changed. */
    static Map<Path, String> stamps(List<String> names, boolean recursive) {
        Map<Path, String> stamps = new TreeMap<>();
        for (String name : names) {
            Path path = Path.of(name);
            stamps.put(path, Files.isDirectory(path) ? "" : stamp(path));
            try (Stream<Path> walk = Files.walk(path, recursive ? Integer.MAX_VALUE : 1)) {
                walk.filter(ManifestFiles::isManifest).forEach(file -> stamps.put(file, stamp(file)));
            } catch (IOException | UncheckedIOException unreadable) {
                stamps.put(path, unreadable.getMessage());
            }
        }
        return stamps;
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
            return seen.fileKey() + " " + seen.size() + " " + seen.lastModifiedTime();
        } catch (IOException gone) {
            return "";
        }
    }

    private static boolean isManifest(Path path) {
        return Files.isRegularFile(path)
                && EXTENSIONS.stream().anyMatch(path.getFileName().toString()::endsWith);
    }

    /** A wrong byte becomes U+FFFD: the reader of manifests says where a text is broken, a decoder could not. */
    static ManifestSource file(Path path) {
        return new ManifestSource(
                path.toString(), () -> new InputStreamReader(Files.newInputStream(path), StandardCharsets.UTF_8));
    }

    private static List<ManifestSource> folder(Path folder, boolean recursive) throws IOException {
        try (Stream<Path> walk = Files.walk(folder, recursive ? Integer.MAX_VALUE : 1)) {
            List<ManifestSource> found = walk.filter(ManifestFiles::isManifest)
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
