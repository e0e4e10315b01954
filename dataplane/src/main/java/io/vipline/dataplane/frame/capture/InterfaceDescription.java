package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.memory.NativeMemory;
import java.nio.charset.StandardCharsets;

/**
 * An Interface Description Block (pcapng 4.2) as read.
 *
 * @param fault what is wrong with the block's options; null if nothing is
 */
record InterfaceDescription(FrameInterface face, TickScale ticks, String fault) {
    private static final int FIXED_BYTES = 16;
    private static final int TRAILER_BYTES = 4;

    private static final int OPT_END = 0;
    private static final int IF_NAME = 2;
    private static final int IF_TSRESOL = 9;
    private static final int IF_TSOFFSET = 14;

    /** Reads the block of {@code length} bytes at {@code at}, which lies whole in the memory. */
    static InterfaceDescription read(NativeMemory memory, int at, int length, boolean swapped) {
        if (length < FIXED_BYTES + TRAILER_BYTES) {
            return faulty("an interface description of " + length + " bytes");
        }
        String name = "";
        int resolution = TickScale.DEFAULT_RESOLUTION;
        long offsetSeconds = 0;
        int end = at + length - TRAILER_BYTES;
        int option = at + FIXED_BYTES;
        while (end - option >= 4) {
            int code = CaptureParser.getShort(memory, option, swapped);
            int bytes = CaptureParser.getShort(memory, option + 2, swapped);
            int value = option + 4;
            if (bytes > end - value) {
                return faulty("option " + code + " of " + bytes + " bytes where " + (end - value) + " are left");
            }
            if (code == OPT_END) {
                break;
            } else if (code == IF_NAME) {
                name = text(memory, value, bytes);
            } else if (code == IF_TSRESOL && bytes == 1) {
                resolution = Byte.toUnsignedInt(memory.getByte(value));
            } else if (code == IF_TSOFFSET && bytes == 8) {
                long seconds = memory.getLong(value);
                offsetSeconds = swapped ? Long.reverseBytes(seconds) : seconds;
            } else if (code == IF_TSRESOL || code == IF_TSOFFSET) {
                return faulty("option " + code + " of " + bytes + " bytes");
            }
            option = value + (bytes + 3 & ~3);
        }
        if (!TickScale.isPossible(resolution)) {
            return faulty("a time stamp resolution of 0x" + Integer.toHexString(resolution));
        }
        int linkNumber = CaptureParser.getShort(memory, at + 8, swapped);
        int snapLength = Math.max(CaptureParser.getInt(memory, at + 12, swapped), 0);
        FrameInterface face = FrameInterface.ofLinkNumber(name, linkNumber, snapLength);
        return new InterfaceDescription(face, TickScale.of(resolution, offsetSeconds), null);
    }

    private static InterfaceDescription faulty(String fault) {
        return new InterfaceDescription(null, null, fault);
    }

    private static String text(NativeMemory memory, int at, int bytes) {
        byte[] utf8 = new byte[bytes];
        memory.getBytes(at, utf8);
        String text = new String(utf8, StandardCharsets.UTF_8);
        int zero = text.indexOf('\0');
        return zero < 0 ? text : text.substring(0, zero);
    }
}
