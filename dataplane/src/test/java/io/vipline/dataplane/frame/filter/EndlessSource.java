package io.vipline.dataplane.frame.filter;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.RewindableSource;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.List;

/** Empty frames without end. */
final class EndlessSource implements RewindableSource {
    private final NativeMemory memory = NativeMemory.allocate(64);
    private boolean closed;

    @Override
    public int poll(FrameBatch batch, int limit) {
        batch.memory.wrap(memory);
        batch.count = 0;
        batch.add(0, 0, 0, 0, 0, LinkType.ETHERNET);
        return batch.count;
    }

    @Override
    public long lengthNs() {
        return 0;
    }

    @Override
    public void rewind(long timeShiftNs) {}

    @Override
    public long consumedBytes() {
        return 0;
    }

    @Override
    public List<FrameInterface> interfaces() {
        return List.of();
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
    }
}
