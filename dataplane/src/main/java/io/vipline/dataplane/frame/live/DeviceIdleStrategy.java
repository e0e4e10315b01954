package io.vipline.dataplane.frame.live;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * Waits for frames: spins for a while, then sleeps in poll(2) until a device has some, or a millisecond is over. Owned by
 * the receiving thread.
 */
final class DeviceIdleStrategy implements IdleStrategy, AutoCloseable {
    private static final int SPINS = 100;
    private static final int SLEEP_MS = 1;
    private static final long SLEEP_NS = 1_000_000;
    private static final int POLLFD_BYTES = 8;

    private final Arena arena = Arena.ofShared();
    private final SystemCalls calls = new SystemCalls(arena);
    private final MemorySegment descriptors;
    private final int count;
    private int spins;

    DeviceIdleStrategy(List<? extends LiveDevice> devices) {
        count = devices.size();
        descriptors = arena.allocate((long) count * POLLFD_BYTES, 8);
        for (int i = 0; i < count; i++) {
            descriptors.set(JAVA_INT, (long) i * POLLFD_BYTES, devices.get(i).descriptor());
            descriptors.set(JAVA_SHORT, (long) i * POLLFD_BYTES + 4, Linux.POLLIN);
        }
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (spins < SPINS) {
            spins++;
            Thread.onSpinWait();
            return;
        }
        int ready = calls.poll(descriptors.address(), count, SLEEP_MS);
        if (ready > 0 && ++spins > 2 * SPINS) {
            // a device that is gone is always ready, and has nothing
            LockSupport.parkNanos(SLEEP_NS);
        }
    }

    @Override
    public void reset() {
        spins = 0;
    }

    @Override
    public void close() {
        arena.close();
    }
}
