package io.vipline.tools;

import io.vipline.dataplane.frame.RewindableSource;
import io.vipline.dataplane.frame.capture.CaptureProblem;
import io.vipline.dataplane.frame.capture.CaptureReader;
import io.vipline.dataplane.frame.filter.BpfFilter;
import io.vipline.dataplane.frame.filter.FilteredSource;
import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The capture that a verb was given: opened as often as it is asked for, and what was wrong with it. */
final class CaptureInput {
    private final String name;
    private final Path file;
    private final String filter;
    private final List<CaptureReader> readers = new ArrayList<>();

    /** @param name a file, or {@code -} for stdin. @param filter a pcap filter; empty for none */
    CaptureInput(String name, String filter) {
        this(name, name.equals("-") ? null : Path.of(name), filter);
    }

    /** @param file null: stdin */
    private CaptureInput(String name, Path file, String filter) {
        this.name = name;
        this.file = file;
        this.filter = filter;
    }

    /** The same for who reads it several times: what comes from stdin is kept in a temporary file until the JVM ends. */
    static CaptureInput rereadable(String name, String filter) throws IOException {
        if (!name.equals("-")) {
            return new CaptureInput(name, filter);
        }
        Path kept = Files.createTempFile("vipline-", ".capture");
        kept.toFile().deleteOnExit();
        Files.copy(System.in, kept, StandardCopyOption.REPLACE_EXISTING);
        return new CaptureInput(name, kept, filter);
    }

    RewindableSource open() throws IOException {
        CaptureReader reader = file == null
                ? CaptureReader.of(Channels.newChannel(System.in), CaptureReader.STREAM_BYTES)
                : CaptureReader.open(file);
        readers.add(reader);
        return filter.isEmpty() ? reader : new FilteredSource(reader, new BpfFilter(filter, reader.interfaces()));
    }

    /** Bytes of the capture; -1 if it is a pipe. */
    long sizeBytes() {
        return readers.isEmpty() ? -1 : readers.getFirst().sizeBytes();
    }

    boolean isFinerThanMicroseconds() {
        return readers.getFirst().isFinerThanMicroseconds();
    }

    /** Where and why reading stopped before the end; to be asked after the run. */
    List<Problem> problems() {
        return readers.stream()
                .limit(1)
                .flatMap(reader -> reader.problem().stream())
                .map(this::problem)
                .toList();
    }

    private Problem problem(CaptureProblem problem) {
        String what = "at byte " + problem.offset() + ": " + problem.what();
        return Problem.error(new Origin(name, 0, 0), what, problem.why(), problem.mend());
    }
}
