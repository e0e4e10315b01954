package io.vipline.dataplane.wire;

import io.vipline.dataplane.memory.NativeMemory;
import java.util.zip.CRC32C;

/**
 * SCTP's checksum (RFC 9260 appendix A): CRC32c over the packet with the field zero, stored least significant byte first.
 * It is linear, so a changed word changes it by an amount that depends on the word's difference and the length alone: a
 * wrong checksum stays wrong, and a packet cut by a snap length can be updated without its payload.
 *
 * <p>Owned by one thread.
 */
public final class Crc32c {
    private static final byte[] ZEROS = new byte[4096];

    private final CRC32C crc = new CRC32C();
    private final byte[] word = new byte[4];
    private final byte[] copy = new byte[4096];

    /**
     * What to XOR the checksum with, as a number in host order, when the first four bytes of a packet change.
     *
     * @param changed XOR of the old and the new first word, in network order
     * @param lengthBytes length of the SCTP packet
     */
    public int differenceOfFirstWord(int changed, int lengthBytes) {
        for (int i = 0; i < 4; i++) {
            word[i] = (byte) (changed >>> (24 - 8 * i));
        }
        int with = ofWordAndZeros(lengthBytes);
        word[0] = word[1] = word[2] = word[3] = 0;
        return with ^ ofWordAndZeros(lengthBytes);
    }

    private int ofWordAndZeros(int lengthBytes) {
        crc.reset();
        crc.update(word, 0, 4);
        for (int left = lengthBytes - 4; left > 0; left -= ZEROS.length) {
            crc.update(ZEROS, 0, Math.min(left, ZEROS.length));
        }
        return (int) crc.getValue();
    }

    /** The checksum that the SCTP packet at {@code offset} should have, as a number in host order. */
    public int of(NativeMemory memory, int offset, int lengthBytes) {
        crc.reset();
        for (int done = 0; done < lengthBytes; done += copy.length) {
            int part = Math.min(lengthBytes - done, copy.length);
            memory.getBytes(offset + done, copy, 0, part);
            if (done == 0) {
                copy[8] = copy[9] = copy[10] = copy[11] = 0;
            }
            crc.update(copy, 0, part);
        }
        return (int) crc.getValue();
    }
}
