package io.vipline.dataplane.frame.live;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.List;

/**
 * The forwarder's end of the ring that a {@link SourceAgent} fills: frames stay in the ring while they are worked on.
 */
public final class RingSource implements FrameSource {
    private static final LinkType[] LINK_TYPES = LinkType.values();

    private final FrameRing ring;
    private final List<FrameInterface> interfaces;
    private final int[] records = new int[FrameBatch.CAPACITY];
    private int held;

    public RingSource(FrameRing ring, List<FrameInterface> interfaces) {
        this.ring = ring;
        this.interfaces = List.copyOf(interfaces);
    }

    @Override
    public int poll(FrameBatch batch, int limit) {
        ring.release(held);
        held = ring.peek(records, limit);
        NativeMemory memory = ring.memory();
        batch.memory.wrap(memory);
        batch.count = 0;
        for (int i = 0; i < held; i++) {
            int record = records[i];
            int length = FinishedFrame.length(memory, record);
            batch.add(
                    record + FinishedFrame.HEADER_BYTES,
                    length,
                    memory.getInt(record + FinishedFrame.ORIGINAL_LENGTH),
                    memory.getLong(record + FinishedFrame.TIME_NS),
                    memory.getInt(record + FinishedFrame.INTERFACE),
                    LINK_TYPES[memory.getInt(record + FinishedFrame.LINK_TYPE)]);
            batch.unfinishedChecksum(
                    i,
                    memory.getInt(record + FinishedFrame.CHECKSUM_START),
                    memory.getInt(record + FinishedFrame.CHECKSUM_OFFSET));
            batch.superFrame(
                    i, memory.getInt(record + FinishedFrame.GSO_TYPE), memory.getInt(record + FinishedFrame.GSO_SIZE));
        }
        return held;
    }

    @Override
    public List<FrameInterface> interfaces() {
        return interfaces;
    }

    @Override
    public void close() {
        ring.release(held);
        held = 0;
    }
}
