package io.vipline.dataplane.replay;

import io.vipline.dataplane.frame.FrameInterface;
import java.util.AbstractList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The capture's interfaces as far as any forwarder has met them: each finds the same ones in the same order, some
 * sooner. Grows; any thread may read.
 */
final class InterfaceRegistry extends AbstractList<FrameInterface> {
    private final CopyOnWriteArrayList<FrameInterface> known = new CopyOnWriteArrayList<>();

    synchronized void take(List<FrameInterface> found) {
        for (int i = known.size(); i < found.size(); i++) {
            known.add(found.get(i));
        }
    }

    @Override
    public FrameInterface get(int index) {
        return known.get(index);
    }

    @Override
    public int size() {
        return known.size();
    }
}
