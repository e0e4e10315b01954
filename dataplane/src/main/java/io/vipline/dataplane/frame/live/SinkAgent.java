package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.Agent;

/**
 * Sends the finished frames of a ring, each by the device that its record names: a run of frames for one device goes to
 * the kernel as one batch, straight out of the ring.
 */
public final class SinkAgent implements Agent {
    /** What becomes of unfinished checksums and of super-frames. */
    public enum Offload {
        /** They are finished and cut here: whoever captures behind us sees frames as on a cable. */
        FINISH,
        /** They are left to the receiving kernel or card, as between interfaces of one machine. */
        KEEP
    }

    private final FrameRing ring;
    private final LiveDevice[] devices;
    private final boolean[] lost;
    private final Offload offload;
    private final DeviceListener listener;
    private final OffloadFinisher finisher = new OffloadFinisher();
    private final int[] records = new int[FrameBatch.CAPACITY];
    private final AtomicLong undeliverable = new AtomicLong();

    /** @param devices in the order that {@link FinishedFrame#INTERFACE} counts them */
    public SinkAgent(FrameRing ring, List<? extends LiveDevice> devices, Offload offload, DeviceListener listener) {
        this.ring = ring;
        this.devices = devices.toArray(LiveDevice[]::new);
        this.lost = new boolean[this.devices.length];
        this.offload = offload;
        this.listener = listener;
    }

    @Override
    public int doWork() {
        int count = ring.peek(records, records.length);
        NativeMemory memory = ring.memory();
        int from = 0;
        while (from < count) {
            int device = memory.getInt(records[from] + FinishedFrame.INTERFACE);
            int to = from + 1;
            while (to < count && memory.getInt(records[to] + FinishedFrame.INTERFACE) == device) {
                to++;
            }
            if (offload == Offload.FINISH) {
                finishAndTransmit(device, memory, from, to);
            } else {
                transmit(device, memory, records, from, to);
            }
            from = to;
        }
        ring.release(count);
        return count;
    }

    private void finishAndTransmit(int device, NativeMemory memory, int from, int to) {
        int unsent = from;
        for (int i = from; i < to; i++) {
            if (!OffloadFinisher.isSuperFrame(memory, records[i])) {
                OffloadFinisher.finishChecksum(memory, records[i]);
            } else if (finisher.begin(memory, records[i])) {
                transmit(device, memory, records, unsent, i);
                unsent = i + 1;
                for (int segments = finisher.next(); segments > 0; segments = finisher.next()) {
                    transmit(device, finisher.segments(), finisher.records(), 0, segments);
                }
            }
        }
        transmit(device, memory, records, unsent, to);
    }

    private void transmit(int device, NativeMemory memory, int[] which, int from, int to) {
        if (from == to) {
            return;
        }
        if (!lost[device]) {
            try {
                devices[device].transmit(memory, which, from, to);
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
        finisher.close();
    }

    @Override
    public String roleName() {
        return "sink";
    }
}
