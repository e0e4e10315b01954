package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.LinkType;
import java.util.List;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Frames from several devices, asked in turn: each batch is of one device, and no busy one keeps the others waiting. The
 * interface index of a frame is its device's place in the list. A device that is gone is left out from then on.
 */
public final class DeviceSource implements FrameSource {
    private static final long COLLECT_DROPS_EVERY_NS = 1_000_000_000L;

    private final LiveDevice[] devices;
    private final boolean[] lost;
    private final List<FrameInterface> interfaces;
    private final EpochNanoClock clock;
    private final DeviceListener listener;
    private int next;
    private int left;
    private long collectAtNs;

    public DeviceSource(List<? extends LiveDevice> devices, EpochNanoClock clock, DeviceListener listener) {
        this.devices = devices.toArray(LiveDevice[]::new);
        this.lost = new boolean[this.devices.length];
        this.left = this.devices.length;
        this.interfaces = devices.stream()
                .map(device -> new FrameInterface(device.name(), LinkType.ETHERNET, 0))
                .toList();
        this.clock = clock;
        this.listener = listener;
    }

    @Override
    public int poll(FrameBatch batch, int limit) {
        long nowNs = clock.nanoTime();
        for (int asked = 0; asked < devices.length; asked++) {
            int index = next;
            next = next + 1 == devices.length ? 0 : next + 1;
            if (!lost[index]) {
                int frames = receive(batch, limit, index, nowNs);
                if (frames > 0) {
                    return frames;
                }
            }
        }
        if (nowNs - collectAtNs >= 0) {
            collectAtNs = nowNs + COLLECT_DROPS_EVERY_NS;
            collectDrops();
        }
        batch.count = 0;
        return left == 0 ? END : 0;
    }

    private int receive(FrameBatch batch, int limit, int index, long nowNs) {
        try {
            return devices[index].receive(batch, limit, index, nowNs);
        } catch (SystemCallException cause) {
            lost[index] = true;
            left--;
            listener.deviceLost(devices[index], cause);
            return 0;
        }
    }

    private void collectDrops() {
        for (int i = 0; i < devices.length; i++) {
            if (!lost[i]) {
                devices[i].collectDrops();
            }
        }
    }

    @Override
    public List<FrameInterface> interfaces() {
        return interfaces;
    }

    /** Collects what the kernel dropped to the end; the devices belong to who opened them. */
    @Override
    public void close() {
        collectDrops();
    }
}
