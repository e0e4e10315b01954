package io.vipline.rules.manifest;

import java.io.IOException;
import java.io.Reader;

/**
 * Manifests to read.
 *
 * @param name how problems name it: the file as given on the command line, {@code -} for stdin
 * @param text opened once, when its turn comes, and closed after
 */
public record ManifestSource(String name, Opener text) {
    /** Hands a reader over; {@code rules} opens no file itself. */
    @FunctionalInterface
    public interface Opener {
        Reader open() throws IOException;
    }

    public static ManifestSource of(String name, Reader reader) {
        return new ManifestSource(name, () -> reader);
    }
}
