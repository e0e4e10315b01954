package io.vipline.dataplane.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * The Ethernet header (IEEE 802.3 3.1.1). Addresses are the low 48 bits of a long, first byte highest.
 *
 * <pre>
 *  0             6             12          14
 *  +-------------+-------------+-----------+----
 *  | destination | source      | EtherType | …
 *  +-------------+-------------+-----------+----
 * </pre>
 */
public final class Ethernet {
    public static final int DESTINATION = 0;
    public static final int SOURCE = 6;
    public static final int TYPE = 12;
    public static final int HEADER_BYTES = 14;
    public static final int ADDRESS_BYTES = 6;

    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_IPV6 = 0x86dd;

    public static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final long GROUP_BIT = 1L << 40;

    private Ethernet() {}

    public static long address(NativeMemory memory, int at) {
        return (memory.getInt(at, BIG_ENDIAN) & 0xffff_ffffL) << 16 | memory.getShort(at + 4, BIG_ENDIAN) & 0xffff;
    }

    public static void putAddress(NativeMemory memory, int at, long address) {
        memory.putInt(at, (int) (address >>> 16), BIG_ENDIAN);
        memory.putShort(at + 4, (short) address, BIG_ENDIAN);
    }

    public static int type(NativeMemory memory, int frame) {
        return memory.getShort(frame + TYPE, BIG_ENDIAN) & 0xffff;
    }

    /** Whether an address is that of a group of stations, or of all. */
    public static boolean isGroup(long address) {
        return (address & GROUP_BIT) != 0;
    }

    /** As people write it: {@code 02:00:5e:10:00:01}. */
    public static String text(long address) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (address >>> shift) & 0xff;
            text.append(text.isEmpty() ? "" : ":").append(Character.forDigit(octet >>> 4, 16));
            text.append(Character.forDigit(octet & 15, 16));
        }
        return text.toString();
    }
}
