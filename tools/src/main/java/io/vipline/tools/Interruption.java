package io.vipline.tools;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C, and SIGTERM: a verb that {@linkplain #heed heeds} them ends its run in order, with its files whole and its
 * summary printed, before the JVM goes. Any other is cut off as always.
 */
final class Interruption {
    /** A verb that does not come to an end by then is cut off, too. */
    private static final long PATIENCE_SECONDS = 30;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean asked;
    private volatile Runnable stop;

    /** Whether the run should end. */
    boolean isAsked() {
        return asked;
    }

    /** @param stopping called on another thread, once, when the run should end */
    void heed(Runnable stopping) {
        stop = stopping;
        if (asked) {
            stopping.run();
        }
    }

    /** Makes the JVM wait for a verb that heeds. To be called once a process. */
    void watch() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::ask));
    }

    /** The verb has ended and all it had to say is out. */
    void end() {
        ended.countDown();
    }

    private void ask() {
        asked = true;
        Runnable stopping = stop;
        if (stopping == null || ended.getCount() == 0) {
            return;
        }
        stopping.run();
        try {
            boolean inOrder = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!inOrder) {
                System.err.println("vipline: did not end in time, files may be incomplete");
            }
        } catch (InterruptedException cutOff) {
            Thread.currentThread().interrupt();
        }
    }
}
