package io.vipline.dataplane.wire;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). Sums are plain longs of 16-bit words in network
 * order, folded at the end; differences are sums of new words and complements of old ones, so that one difference serves
 * every checksum that covers the changed words.
 */
public final class Checksum {
    private Checksum() {}

    /** Folds a sum of 16- and 32-bit words to 16 bits, with end-around carry. */
    public static int fold(long sum) {
        sum = (sum >>> 32) + (sum & 0xffff_ffffL);
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        return (int) sum;
    }

    /** What changes in a sum when a 32-bit value takes the place of another; both at an even offset. */
    public static long difference32(int old, int now) {
        return (~old & 0xffff_ffffL) + (now & 0xffff_ffffL);
    }

    /** As {@link #difference32} for 16 bits. */
    public static long difference16(int old, int now) {
        return (~old & 0xffff) + (now & 0xffff);
    }

    /** As {@link #difference32} for 64 bits. */
    public static long difference64(long old, long now) {
        return difference32((int) (old >>> 32), (int) (now >>> 32)) + difference32((int) old, (int) now);
    }

    /**
     * RFC 1624 equation 3: the checksum field after a change.
     *
     * @param checksum the field, as read from the packet
     * @param difference sum of differences
     */
    public static int update(int checksum, long difference) {
        return ~fold((~checksum & 0xffff) + difference) & 0xffff;
    }

    /** {@link #update} with a difference that is folded already. */
    public static int updateFolded(int checksum, int difference) {
        int sum = (~checksum & 0xffff) + difference;
        return ~((sum >>> 16) + sum) & 0xffff;
    }

    /**
     * A field that holds the plain sum of the pseudo-header, as an unfinished (offloaded) checksum does, after a change of
     * the pseudo-header.
     */
    public static int updatePartial(int sum, long difference) {
        return fold((sum & 0xffff) + difference);
    }

    /** Sum of {@code length} bytes; an odd last byte counts as the high half of a word. */
    public static long sum(NativeMemory memory, int offset, int length) {
        long sum = 0;
        int at = offset;
        int end = offset + (length & ~3);
        for (; at < end; at += 4) {
            sum += memory.getInt(at, java.nio.ByteOrder.BIG_ENDIAN) & 0xffff_ffffL;
        }
        int rest = offset + length - at;
        if (rest >= 2) {
            sum += memory.getShort(at, java.nio.ByteOrder.BIG_ENDIAN) & 0xffff;
            at += 2;
            rest -= 2;
        }
        return rest == 1 ? sum + ((memory.getByte(at) & 0xff) << 8) : sum;
    }

    /** Sum of a pseudo-header (RFC 9293 3.1, RFC 8200 8.1); addresses as halves of {@code IpAddress}. */
    public static long pseudoHeader(Packet packet, int protocol, int transportBytes) {
        long sum = protocol + transportBytes;
        if (packet.family == Packet.IPV4) {
            return sum + (packet.sourceLow & 0xffff_ffffL) + (packet.destinationLow & 0xffff_ffffL);
        }
        return sum
                + (packet.sourceHigh >>> 32)
                + (packet.sourceHigh & 0xffff_ffffL)
                + (packet.sourceLow >>> 32)
                + (packet.sourceLow & 0xffff_ffffL)
                + (packet.destinationHigh >>> 32)
                + (packet.destinationHigh & 0xffff_ffffL)
                + (packet.destinationLow >>> 32)
                + (packet.destinationLow & 0xffff_ffffL);
    }
}
