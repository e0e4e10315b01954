package io.vipline.tools;

import io.vipline.rules.live.LiveRules;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServedUdpServices;
import io.vipline.rules.table.TableRef;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * Keeps the rules of a running node those of its manifests. Looks at the files twice a second, which also sees a folder
 * that is exchanged behind a link, as a mounted ConfigMap is, and reads them once two looks in a row saw the same.
 * Manifests that do not load change nothing, nor does what they say of the Node itself; either is told.
 *
 * <p>Has a thread of its own, which owns the rules from here on.
 */
final class ManifestWatch implements AutoCloseable {
    private static final long LOOK_MS = 500;

    private final ClusterOptions options;
    private final UnaryOperator<ProxyConfig> onThisNode;
    private final LiveRules rules;
    private final TableRef tables;
    private final PrintWriter err;
    private final ProxyConfig atStart;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final Thread thread;

    /**
     * @param options have loaded the manifests that the rules are of
     * @param onThisNode what the node's own interfaces make of a configuration
     */
    ManifestWatch(
            ClusterOptions options,
            UnaryOperator<ProxyConfig> onThisNode,
            LiveRules rules,
            TableRef tables,
            PrintWriter err)
            throws IOException {
        this.options = options;
        this.onThisNode = onThisNode;
        this.rules = rules;
        this.tables = tables;
        this.err = err;
        atStart = onThisNode.apply(options.proxyConfig());
        Map<Path, String> loaded = options.loadedStamps();
        thread = Thread.ofPlatform().daemon().name("vl-manifests").start(() -> watch(loaded));
    }

    /** Completes exceptionally on a fault of ours; never otherwise. */
    CompletableFuture<Void> failure() {
        return failure;
    }

    private void watch(Map<Path, String> loaded) {
        Map<Path, String> tried = loaded;
        Map<Path, String> before = loaded;
        try {
            while (!closing.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                Map<Path, String> now = options.stamps();
                if (now.equals(before) && !now.equals(tried)) {
                    tried = now;
                    reload();
                }
                before = now;
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException fault) {
            failure.completeExceptionally(fault);
        }
    }

    private void reload() {
        try {
            options.reload();
            ProxyConfig config = onThisNode.apply(options.proxyConfig());
            int differences = rules.become(options.cluster());
            tables.publish(rules.table(), ServedUdpServices.of(options.cluster(), config.nodeName()));
            err.println("vipline: the manifests have changed: " + differences
                    + " Services and EndpointSlices differ, new connections go by them");
            if (!config.equals(atStart)) {
                err.println("vipline: note: what they say of the Node differs, too: that needs a new start");
            }
        } catch (InputException unusable) {
            FailureReport.print(unusable.problems(), err);
            err.println("vipline: the manifests have changed, but do not load: the rules stay as they are");
        } catch (IOException unreadable) {
            err.println("vipline: " + FailureReport.message(unreadable) + ": the rules stay as they are");
        }
        err.flush();
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
