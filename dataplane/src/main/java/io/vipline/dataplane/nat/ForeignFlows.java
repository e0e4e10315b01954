package io.vipline.dataplane.nat;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/**
 * Tuples whose {@linkplain Shards shard} is another thread's, so that their frames are passed over before anything is
 * decoded. Every thread of a replay scans the whole capture; what it need not look at is what it gains.
 *
 * <p>A cache of pairs, in which the latest comes first: a tuple that falls out of it is told by its shard again. Only Ethernet frames with an IPv4 header without
 * tags, options or fragments are in it. An entry is 16 bytes, all in the byte order of the frame:
 *
 * <pre>
 *   0  source address, destination address
 *   8  ports, protocol, 1
 * </pre>
 *
 * Owned by one thread.
 */
public final class ForeignFlows {
    private static final int PAIRS_LOG2 = 15;
    private static final int ENTRY_BYTES = 16;

    private static final int NETWORK = 14;
    private static final int ETHERTYPE = 12;
    private static final int PORTS = NETWORK + Ipv4.MIN_HEADER_BYTES;
    private static final long TAKEN = 1L << 40;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private static final short ETHERTYPE_IPV4 = NativeMemory.inNetworkOrder((short) 0x0800);
    private static final short ANY_FRAGMENT =
            NativeMemory.inNetworkOrder((short) (Ipv4.MORE_FRAGMENTS | Ipv4.FRAGMENT_OFFSET_MASK));

    private final NativeMemory entries = NativeMemory.allocate(2 * ENTRY_BYTES << PAIRS_LOG2);

    /** Whether the frame is known to be another thread's. */
    public boolean has(FrameBatch batch, int slot) {
        int frame = batch.offset(slot);
        if (!isSimple(batch, slot, frame)) {
            return false;
        }
        long addresses = batch.memory.getLong(frame + NETWORK + Ipv4.SOURCE);
        long rest = rest(batch.memory, frame);
        int first = pair(addresses, rest);
        return holds(first, addresses, rest) || holds(first + ENTRY_BYTES, addresses, rest);
    }

    /** Remembers that a packet, which nothing is special about, is another thread's. */
    public void add(FrameBatch batch, Packet packet) {
        int frame = packet.frameOffset;
        if (isSimple(batch, packet.slot, frame)) {
            long addresses = batch.memory.getLong(frame + NETWORK + Ipv4.SOURCE);
            long rest = rest(batch.memory, frame);
            int first = pair(addresses, rest);
            entries.putBytes(first + ENTRY_BYTES, entries, first, ENTRY_BYTES);
            entries.putLong(first, addresses);
            entries.putLong(first + 8, rest);
        }
    }

    /** Forgets all. */
    public void clear() {
        entries.setMemory(0, entries.capacity(), (byte) 0);
    }

    private boolean holds(int entry, long addresses, long rest) {
        return entries.getLong(entry) == addresses && entries.getLong(entry + 8) == rest;
    }

    private static boolean isSimple(FrameBatch batch, int slot, int frame) {
        NativeMemory memory = batch.memory;
        return batch.linkType(slot) == LinkType.ETHERNET
                && batch.captured(slot) >= PORTS + Transport.UDP_BYTES
                && memory.getShort(frame + ETHERTYPE) == ETHERTYPE_IPV4
                && memory.getByte(frame + NETWORK) == 0x45
                && (memory.getShort(frame + NETWORK + Ipv4.FRAGMENT) & ANY_FRAGMENT) == 0
                && hasRightLength(batch, slot, frame);
    }

    /** A frame whose length lies belongs to nobody's connection: who drops it goes by its number. */
    private static boolean hasRightLength(FrameBatch batch, int slot, int frame) {
        int ipBytes = batch.memory.getShort(frame + NETWORK + Ipv4.TOTAL_LENGTH, BIG_ENDIAN) & 0xffff;
        return ipBytes >= Ipv4.MIN_HEADER_BYTES && ipBytes <= batch.original(slot) - NETWORK;
    }

    private static long rest(NativeMemory memory, int frame) {
        long ports = Integer.toUnsignedLong(memory.getInt(frame + PORTS));
        return ports | (memory.getByte(frame + NETWORK + Ipv4.PROTOCOL) & 0xffL) << 32 | TAKEN;
    }

    private static int pair(long addresses, long rest) {
        long mixed = (addresses * MIX ^ rest) * MIX;
        return (int) (mixed >>> 64 - PAIRS_LOG2) * 2 * ENTRY_BYTES;
    }
}
