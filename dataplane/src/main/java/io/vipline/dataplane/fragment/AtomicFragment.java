package io.vipline.dataplane.fragment;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;

/**
 * An IPv6 packet with a fragment header that says it is whole (RFC 6946): {@code nf_ct_frag6_gather} puts it together
 * from its one piece, so it goes on without the header. Holds one packet at a time; used by one thread.
 */
public final class AtomicFragment {
    private static final int HEADER_BYTES = Ipv6.FRAGMENT_HEADER_BYTES;
    private static final int LONGEST_FRAME = 1 << 17;

    private final FrameBatch batch = new FrameBatch(1);
    private final Packet packet = new Packet();
    private NativeMemory memory;

    /**
     * Makes a copy without the header.
     *
     * @return a batch with the copy alone, valid until the next call
     */
    public FrameBatch strip(FrameBatch from, Packet atomic) {
        if (memory == null) {
            memory = NativeMemory.allocate(LONGEST_FRAME);
            batch.memory.wrap(memory);
        }
        int header = atomic.fragmentHeader;
        int rest = atomic.captured - header - HEADER_BYTES;
        int frame = atomic.frameOffset;
        memory.putBytes(0, from.memory, frame, header);
        memory.putBytes(header, from.memory, frame + header + HEADER_BYTES, rest);
        int nextAt = Defragmented.nextHeaderAt(from.memory, frame + atomic.network, frame + header) - frame;
        memory.putByte(nextAt, from.memory.getByte(frame + header));
        int payload = atomic.ipBytes - Ipv6.HEADER_BYTES - HEADER_BYTES;
        memory.putShort(atomic.network + Ipv6.PAYLOAD_LENGTH, (short) payload, BIG_ENDIAN);
        int slot = atomic.slot;
        batch.count = 0;
        batch.add(
                0,
                atomic.captured - HEADER_BYTES,
                atomic.original - HEADER_BYTES,
                from.timeNs(slot),
                from.interfaceIndex(slot),
                from.linkType(slot));
        Decoder.decode(batch, 0, packet);
        packet.number = atomic.number;
        packet.inInterface = atomic.inInterface;
        return batch;
    }

    /** The copy, decoded. */
    public Packet packet() {
        return packet;
    }
}
