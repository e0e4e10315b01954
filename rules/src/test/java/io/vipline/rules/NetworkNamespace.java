package io.vipline.rules;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** A network namespace of the kernel's, fresh and removed again: root only. */
public final class NetworkNamespace implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final int TIMEOUT_SECONDS = 60;

    private final String name;

    private NetworkNamespace(String name) {
        this.name = name;
    }

    /** Makes one; skips the test, saying so, without root or a command that it needs. */
    public static NetworkNamespace open(String... commands) {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")), "needs root to make a network namespace");
        for (String command : commands) {
            boolean there = List.of("/usr/sbin/", "/sbin/", "/usr/bin/").stream()
                    .anyMatch(folder -> Files.isExecutable(Path.of(folder + command)));
            Assumptions.assumeTrue(there, () -> "needs " + command + ", which is not installed");
        }
        NetworkNamespace made =
                new NetworkNamespace("vl-rules-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
        Output output = execute(List.of("ip", "netns", "add", made.name), "");
        Assumptions.assumeTrue(output.exitCode == 0, () -> "cannot make a network namespace: " + output.text);
        return made;
    }

    /** What a command said on stdout and stderr together. */
    public record Output(int exitCode, String text) {}

    /** Runs a command inside, with {@code input} for stdin. */
    public Output run(String input, String... command) {
        List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
        words.addAll(List.of(command));
        return execute(words, input);
    }

    public String name() {
        return name;
    }

    /** Starts a command inside that talks by its stdin and stdout; what it says on stderr is seen. */
    public Process start(List<String> command) throws IOException {
        List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
        words.addAll(command);
        return new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Output execute(List<String> command, String input) {
        try {
            Path out = Files.createTempFile("vl-rules", ".out");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
                try (OutputStream stdin = process.getOutputStream()) {
                    stdin.write(input.getBytes(StandardCharsets.UTF_8));
                }
                if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException(command + " took longer than " + TIMEOUT_SECONDS + " s");
                }
                return new Output(process.exitValue(), Files.readString(out));
            } finally {
                Files.delete(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        execute(List.of("ip", "netns", "del", name), "");
    }
}
