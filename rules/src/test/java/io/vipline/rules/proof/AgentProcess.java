package io.vipline.rules.proof;

import io.vipline.rules.NetworkNamespace;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link NamespaceAgent} in its namespace. Owned by one thread; what it says goes to a queue. */
final class AgentProcess implements AutoCloseable {
    private static final int TIMEOUT_SECONDS = 20;

    private final Process process;
    private final BufferedWriter commands;

    AgentProcess(NetworkNamespace namespace, BlockingQueue<String> said) {
        String java = System.getProperty("java.home") + "/bin/java";
        try {
            process = namespace.start(List.of(
                    java,
                    "-XX:TieredStopAtLevel=1",
                    "-Xshare:auto",
                    "-Xmx64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    NamespaceAgent.class.getName()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        commands = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        Thread.ofPlatform().daemon().start(() -> listen(said));
    }

    private void listen(BlockingQueue<String> said) {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            in.lines().forEach(said::add);
        } catch (IOException | UncheckedIOException e) {
            said.add("failed agent " + e.getMessage());
        }
    }

    void say(String command) {
        try {
            commands.write(command);
            commands.newLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void flush() {
        try {
            commands.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            commands.close();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
