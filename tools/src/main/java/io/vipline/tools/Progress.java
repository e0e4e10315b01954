package io.vipline.tools;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a long run is: a bar on a terminal, a line each ten seconds elsewhere, nothing for a short run. */
final class Progress implements AutoCloseable {
    private static final long BAR_EVERY_MS = 200;
    private static final long LINE_EVERY_MS = TimeUnit.SECONDS.toMillis(10);

    private final Thread watcher;

    private Progress(Thread watcher) {
        this.watcher = watcher;
    }

    /**
     * Begins to watch.
     *
     * @param wholeBytes of the work; negative if nobody knows
     * @param doneBytes asked on another thread
     */
    static Progress of(long wholeBytes, LongSupplier doneBytes, PrintWriter err) {
        boolean isTerminal =
                System.console() != null && System.console().isTerminal() && !"dumb".equals(System.getenv("TERM"));
        Runnable watch = isTerminal ? () -> bar(wholeBytes, doneBytes) : () -> lines(wholeBytes, doneBytes, err);
        return new Progress(Thread.ofPlatform().daemon().name("progress").start(watch));
    }

    private static void bar(long wholeBytes, LongSupplier doneBytes) {
        if (!pause(5 * BAR_EVERY_MS)) {
            return;
        }
        ProgressBarBuilder builder = new ProgressBarBuilder()
                .setTaskName("replay")
                .setInitialMax(wholeBytes)
                .setUnit(" MiB", 1 << 20)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err));
        try (ProgressBar bar = builder.build()) {
            do {
                bar.stepTo(doneBytes.getAsLong());
            } while (pause(BAR_EVERY_MS));
        }
    }

    private static void lines(long wholeBytes, LongSupplier doneBytes, PrintWriter err) {
        while (pause(LINE_EVERY_MS)) {
            long done = doneBytes.getAsLong();
            String share = wholeBytes > 0 ? " of " + (wholeBytes >> 20) : "";
            err.println("replay: " + (done >> 20) + share + " MiB");
        }
    }

    /** @return whether to go on */
    private static boolean pause(long ms) {
        try {
            Thread.sleep(ms);
            return true;
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        watcher.interrupt();
        try {
            watcher.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
