package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Sends the finished frames of a ring, each by the device that its record names: a run of frames for one device goes to
 * the kernel as one batch, straight out of the ring.
 */
public final class SinkAgent implements Agent {
    private final FrameRing ring;
    private final LiveDevice[] devices;
    private final boolean[] lost;
    private final DeviceListener listener;
    private final int[] records = new int[FrameBatch.CAPACITY];
    private final AtomicLong undeliverable = new AtomicLong();

    /** @param devices in the order that {@link FinishedFrame#INTERFACE} counts them */
    public SinkAgent(FrameRing ring, List<? extends LiveDevice> devices, DeviceListener listener) {
        this.ring = ring;
        this.devices = devices.toArray(LiveDevice[]::new);
        this.lost = new boolean[this.devices.length];
        this.listener = listener;
    }

    @Override
    public int doWork() {
        int count = ring.peek(records, records.length);
        AtomicBuffer memory = ring.memory();
        int from = 0;
        while (from < count) {
            int device = memory.getInt(records[from] + FinishedFrame.INTERFACE);
            int to = from + 1;
            while (to < count && memory.getInt(records[to] + FinishedFrame.INTERFACE) == device) {
                to++;
            }
            transmit(device, memory, from, to);
            from = to;
        }
        ring.release(count);
        return count;
    }

    private void transmit(int device, AtomicBuffer memory, int from, int to) {
        if (!lost[device]) {
            try {
                devices[device].transmit(memory, records, from, to);
                return;
            } catch (SystemCallException cause) {
                lost[device] = true;
                listener.deviceLost(devices[device], cause);
            }
        }
        undeliverable.setRelease(undeliverable.getPlain() + to - from);
    }

    /** Frames for a device that is gone. For any thread. */
    public long undeliverable() {
        return undeliverable.getAcquire();
    }

    /** Sends what is still in the ring: its writer has stopped before. */
    @Override
    public void onClose() {
        while (doWork() > 0) {
            // until the ring is empty
        }
    }

    @Override
    public String roleName() {
        return "sink";
    }
}
