package io.vipline.rules.manifest;

import java.io.Reader;

/**
 * Manifests to read. Whoever opened the reader closes it.
 *
 * @param name how problems name it: the file as given on the command line, {@code -} for stdin
 */
public record ManifestSource(String name, Reader reader) {}
