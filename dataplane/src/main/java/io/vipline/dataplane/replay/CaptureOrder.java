package io.vipline.dataplane.replay;

import java.util.List;

/**
 * The order of the capture among forwarders that each go their own pace: who has to decide something that hangs on all
 * frames before waits until every other has come as far. Only one then is at it, and sees what those before it did; the
 * outcome is the same for any number of threads. Owned by one forwarder's thread.
 *
 * <p>Nobody waits for ever: whoever waits has told how far it is, so the one with the lowest number goes on.
 */
final class CaptureOrder {
    private static final int SPINS = 100;

    private final List<Forwarder> forwarders;
    private final int self;

    /** @param forwarders complete before the first {@link #await} */
    CaptureOrder(List<Forwarder> forwarders, int self) {
        this.forwarders = forwarders;
        this.self = self;
    }

    /**
     * Waits until all frames before this one are done, whosever share they are.
     *
     * @param number of a frame that the forwarder is at
     */
    void await(long number) {
        forwarders.get(self).doneBefore(number);
        for (Forwarder other : forwarders) {
            int spins = 0;
            while (other.doneBefore() < number && !other.isStopped()) {
                if (spins++ < SPINS) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
            }
        }
    }
}
