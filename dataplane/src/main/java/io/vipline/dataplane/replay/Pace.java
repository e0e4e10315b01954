package io.vipline.dataplane.replay;

import java.util.concurrent.locks.LockSupport;

/**
 * Holds frames back until their time has come, counted from the first one: by time stamps that are absolute, so that
 * lateness does not add up. Owned by one thread.
 */
final class Pace {
    private static final long SPIN_NS = 50_000;

    private final double speed;
    private boolean started;
    private long firstFrameNs;
    private long startNs;

    /** @param speed captured seconds a second; {@link ReplayPlan#MAX_SPEED}: no holding back */
    Pace(double speed) {
        this.speed = speed;
    }

    boolean isUnlimited() {
        return speed == ReplayPlan.MAX_SPEED;
    }

    void await(long frameNs) {
        if (isUnlimited()) {
            return;
        }
        if (!started) {
            started = true;
            firstFrameNs = frameNs;
            startNs = System.nanoTime();
        }
        long dueNs = startNs + (long) ((frameNs - firstFrameNs) / speed);
        long leftNs = dueNs - System.nanoTime();
        while (leftNs > 0 && !Thread.currentThread().isInterrupted()) {
            if (leftNs > SPIN_NS) {
                LockSupport.parkNanos(leftNs - SPIN_NS);
            } else {
                Thread.onSpinWait();
            }
            leftNs = dueNs - System.nanoTime();
        }
    }
}
