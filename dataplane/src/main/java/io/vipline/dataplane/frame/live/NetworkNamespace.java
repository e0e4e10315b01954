package io.vipline.dataplane.frame.live;

import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Opens devices in another network namespace. A namespace belongs to a thread and a socket keeps the one it was made in,
 * so a thread goes there, opens and ends; what it opened is used from anywhere.
 */
public final class NetworkNamespace {
    /** Where {@code ip netns} keeps its namespaces. */
    private static final String NAMED = "/run/netns/";

    private NetworkNamespace() {}

    /**
     * Runs {@code opening} in a namespace and waits for it.
     *
     * @param name as {@code ip netns} lists it, or the path of a namespace's file; empty: the process's own
     * @throws SystemCallException if there is no such namespace, or without CAP_SYS_ADMIN
     */
    public static <T> T call(String name, Supplier<T> opening) {
        if (name.isEmpty()) {
            return opening.get();
        }
        AtomicReference<T> result = new AtomicReference<>();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread visitor = Thread.ofPlatform().name("netns-" + name).unstarted(() -> {
            enter(name);
            result.set(opening.get());
        });
        visitor.setUncaughtExceptionHandler((thread, cause) -> failure.set(cause));
        visitor.start();
        joinUninterrupted(visitor);
        switch (failure.get()) {
            case null -> {
                return result.get();
            }
            case RuntimeException cause -> throw cause;
            case Error cause -> throw cause;
            case Throwable cause -> throw new AssertionError("a Supplier throws nothing checked", cause);
        }
    }

    private static void enter(String name) {
        String path = name.startsWith("/") ? name : NAMED + name;
        try (Arena arena = Arena.ofConfined()) {
            SystemCalls calls = new SystemCalls(arena);
            int file = SystemCalls.check("open " + path, calls.open(path, Linux.O_RDONLY | Linux.O_CLOEXEC));
            int result = calls.enterNetworkNamespace(file);
            calls.close(file);
            SystemCalls.check("setns " + path, result);
        }
    }

    private static void joinUninterrupted(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
