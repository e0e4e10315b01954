package io.vipline.dataplane.frame.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bed of network namespaces, each with a role, made with {@code ip netns} and gone with {@link #close}: also when the
 * JVM is stopped or killed, for a process of its own watches it. What is left behind all the same goes when the next bed
 * is made. Names are {@code vl-PID-BED-ROLE}; namespaces of another name are never touched. Needs root.
 */
public final class NetworkNamespaces implements AutoCloseable {
    private static final Path NAMED = Path.of("/run/netns");
    private static final Pattern OURS = Pattern.compile("vl-(\\d+)-\\d+-.*");
    private static final Duration IP_LIMIT = Duration.ofSeconds(10);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(5);
    private static final AtomicInteger BEDS = new AtomicInteger();

    private final int bed = BEDS.getAndIncrement();
    private final Map<String, String> names = new LinkedHashMap<>();
    private final List<Process> started = new ArrayList<>();
    private final Path scratch;
    private final Process watchdog;
    private final Thread atExit = Thread.ofPlatform().name("vl-netns-cleanup").unstarted(this::remove);
    private int outputs;

    /** How a command ended. */
    public record Outcome(int exit, String out, String err) {
        public boolean succeeded() {
            return exit == 0;
        }
    }

    public NetworkNamespaces() {
        removeLeftovers();
        try {
            scratch = Files.createTempDirectory("vl-netns-");
            watchdog = watchdog();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Whether this process may make namespaces here: root, with {@code ip} installed. */
    public static boolean isAvailable() {
        return "root".equals(System.getProperty("user.name"))
                && Files.isWritable(Path.of("/run"))
                && (Files.isExecutable(Path.of("/usr/sbin/ip")) || Files.isExecutable(Path.of("/sbin/ip")));
    }

    /**
     * A process of its own session that waits for the end of this one, however it ends (its pipe from us is closed then),
     * and removes what is left.
     */
    private Process watchdog() throws IOException {
        String ours = NAMED + "/vl-" + ProcessHandle.current().pid() + "-" + bed + "-*";
        String script = "trap '' HUP INT TERM; cat; for n in " + ours + "; do [ -e \"$n\" ] || continue; n=${n##*/};"
                + " kill -9 $(ip netns pids \"$n\"); ip netns del \"$n\"; done; rm -rf \"$0\"";
        return new ProcessBuilder("setsid", "sh", "-c", script, scratch.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Makes a namespace with its loopback up and no IPv6 addresses of the kernel's own making. */
    public synchronized NetworkNamespaces add(String role) {
        String name = "vl-" + ProcessHandle.current().pid() + "-" + bed + "-" + role;
        require(execute(IP_LIMIT, List.of("ip", "netns", "add", name)), "ip netns add " + name);
        names.put(role, name);
        ip(role, "link set lo up");
        return this;
    }

    /** The name that {@code ip netns} knows the namespace by. */
    public synchronized String name(String role) {
        String name = names.get(role);
        if (name == null) {
            throw new IllegalArgumentException("no namespace has the role " + role);
        }
        return name;
    }

    /**
     * Runs {@code ip} commands in a namespace.
     *
     * @param commands without the leading {@code ip}; {@code @ROLE} stands for the name of another namespace
     * @throws IllegalStateException if one fails, with what it said
     */
    public void ip(String role, String... commands) {
        StringBuilder batch = new StringBuilder();
        for (String command : commands) {
            batch.append(resolveRoles(command)).append('\n');
        }
        Path script = write(batch.toString());
        List<String> command = List.of("ip", "-n", name(role), "-batch", script.toString());
        require(execute(IP_LIMIT, command), "ip -n " + name(role) + ":\n" + batch);
    }

    private synchronized String resolveRoles(String command) {
        String resolved = command;
        for (Map.Entry<String, String> entry : names.entrySet()) {
            resolved = resolved.replaceAll("@" + Pattern.quote(entry.getKey()) + "\\b", entry.getValue());
        }
        return resolved;
    }

    /** Sets a sysctl of the namespace's own, as in {@code net/ipv4/ip_forward}. */
    public void sysctl(String role, String path, String value) {
        List<String> command = List.of("sh", "-c", "echo " + value + " > /proc/sys/" + path);
        require(run(role, IP_LIMIT, command.toArray(String[]::new)), command.toString());
    }

    /** Runs a command in a namespace to its end; one that takes longer than {@code limit} is killed: exit code -1. */
    public Outcome run(String role, Duration limit, String... command) {
        return execute(limit, inside(role, command));
    }

    /** Starts a command in a namespace; it is killed when the bed is closed. Its output goes to {@code output}. */
    public synchronized Process start(String role, Path output, String... command) {
        try {
            Process process = new ProcessBuilder(inside(role, command))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            started.add(process);
            return process;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A new file of the bed's own, gone with it. */
    public synchronized Path scratchFile(String suffix) {
        return scratch.resolve(outputs++ + suffix);
    }

    private List<String> inside(String role, String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", name(role)));
        whole.addAll(List.of(command));
        return whole;
    }

    /** Writes a text into a new file of the bed's own. */
    public Path write(String text) {
        try {
            return Files.writeString(scratchFile(".ip"), text);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Outcome execute(Duration limit, List<String> command) {
        Path out = scratchFile(".out");
        Path err = scratchFile(".err");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            int exit = -1;
            if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                exit = process.exitValue();
            } else {
                kill(process);
            }
            Outcome outcome = new Outcome(exit, Files.readString(out), Files.readString(err));
            Files.delete(out);
            Files.delete(err);
            return outcome;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command, interrupted);
        }
    }

    private static void require(Outcome outcome, String what) {
        if (!outcome.succeeded()) {
            throw new IllegalStateException(what + "\nfailed with " + outcome.exit() + ": " + outcome.err());
        }
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(KILL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills what was started and removes the namespaces. */
    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException stopping) {
            // the hook runs, or has run: nothing is left to remove
        }
    }

    private synchronized void remove() {
        started.forEach(NetworkNamespaces::kill);
        started.clear();
        names.values().forEach(NetworkNamespaces::delete);
        names.clear();
        try {
            watchdog.getOutputStream().close();
        } catch (IOException ended) {
            // it has nothing left to watch
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(scratch)) {
            for (Path file : files) {
                Files.delete(file);
            }
            Files.deleteIfExists(scratch);
        } catch (IOException gone) {
            // temporary files only
        }
    }

    private static void delete(String name) {
        try {
            Process process = new ProcessBuilder("ip", "netns", "del", name)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.waitFor(IP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Removes the namespaces of processes that are no more. */
    public static void removeLeftovers() {
        if (!Files.isDirectory(NAMED)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(NAMED, "vl-*")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                Matcher matcher = OURS.matcher(name);
                if (matcher.matches()
                        && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()) {
                    delete(name);
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
