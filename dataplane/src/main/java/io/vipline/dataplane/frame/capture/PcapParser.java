package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.List;

/**
 * The pcap format (IETF draft-ietf-opsawg-pcap), in either byte order, with micro- or nanoseconds, and the form with
 * longer record headers that some Linux systems of the 1990s wrote. Reads as libpcap's {@code sf-pcap.c} does: bytes
 * beyond the file's snap length are not shown; files before version 2.3 have the two lengths of a record swapped.
 *
 * <pre>
 *  0       4       6       8       12      16      20      24
 *  +-------+-------+-------+-------+-------+-------+-------+   record: +--------+--------+--------+--------+
 *  | magic | major | minor | zone  | figs  |snaplen| link  |           |seconds |fraction|captured|original|
 *  +-------+-------+-------+-------+-------+-------+-------+           +--------+--------+--------+--------+
 * </pre>
 */
final class PcapParser extends CaptureParser {
    static final int MICROSECONDS = 0xa1b2c3d4;
    static final int NANOSECONDS = 0xa1b23c4d;
    static final int LONG_RECORDS = 0xa1b2cd34;

    static final int FILE_HEADER_BYTES = 24;
    static final int RECORD_HEADER_BYTES = 16;
    private static final int LONG_RECORD_HEADER_BYTES = 24;
    /** The bits of the link type's field that are the type; above stands the length of the frame check sequence. */
    private static final int LINK_TYPE_MASK = 0x03ff_ffff;

    private final boolean swapped;
    private final boolean lengthsSwapped;
    private final boolean lengthsMaybeSwapped;
    private final int headerBytes;
    private final long fractionNs;
    private final int snapBytes;
    private final LinkType linkType;
    private final List<FrameInterface> interfaces;

    /** @param window shows the file's header, which has no {@link #headerProblem} */
    PcapParser(CaptureWindow window, NativeMemory memory) {
        super(window);
        int magic = memory.getInt(0);
        swapped = !isMagic(magic);
        int magicInOrder = swapped ? Integer.reverseBytes(magic) : magic;
        headerBytes = magicInOrder == LONG_RECORDS ? LONG_RECORD_HEADER_BYTES : RECORD_HEADER_BYTES;
        fractionNs = magicInOrder == NANOSECONDS ? 1 : 1_000;
        int major = getShort(memory, 4, swapped);
        int minor = getShort(memory, 6, swapped);
        // tcpdump of DG/UX wrote 543.0
        lengthsSwapped = major == 543 || minor < 3;
        lengthsMaybeSwapped = !lengthsSwapped && minor == 3;
        int snapLength = getInt(memory, 16, swapped);
        snapBytes = snapLength <= 0 ? MAX_FRAME_BYTES : snapLength;
        int linkNumber = getInt(memory, 20, swapped) & LINK_TYPE_MASK;
        FrameInterface only = FrameInterface.ofLinkNumber("", linkNumber, Math.max(snapLength, 0));
        linkType = only.linkType();
        interfaces = List.of(only);
        window.position = FILE_HEADER_BYTES;
    }

    /** What is wrong with a file header, whose magic is right; null: nothing. */
    static CaptureProblem headerProblem(NativeMemory memory) {
        boolean swapped = !isMagic(memory.getInt(0));
        int major = getShort(memory, 4, swapped);
        int minor = getShort(memory, 6, swapped);
        if (major == 2 && minor <= 4 || major == 543 && minor == 0) {
            return null;
        }
        String what = "pcap version " + major + "." + minor;
        return new CaptureProblem(4, what, "versions 2.0 to 2.4 are known", "write the capture with a current tool");
    }

    /** Whether a file that begins so, in host order, is pcap in host order. */
    static boolean isMagic(int magic) {
        return magic == MICROSECONDS || magic == NANOSECONDS || magic == LONG_RECORDS;
    }

    boolean nanoseconds() {
        return fractionNs == 1;
    }

    @Override
    int scan(FrameBatch batch, int limit) {
        NativeMemory memory = batch.memory;
        int end = window.length;
        int at = window.position;
        boolean oldLengths = lengthsSwapped || lengthsMaybeSwapped;
        while (batch.count < limit) {
            if (end - at < headerBytes) {
                return wants(at, headerBytes);
            }
            long record = at;
            int captured = getInt(memory, record + 8, swapped);
            int original = getInt(memory, record + 12, swapped);
            if (oldLengths && (lengthsSwapped || Integer.compareUnsigned(captured, original) > 0)) {
                int first = captured;
                captured = original;
                original = first;
            }
            if (captured < 0 || captured > MAX_FRAME_BYTES) {
                return brokenLength(at, captured);
            }
            int next = at + headerBytes + captured;
            if (next > end) {
                return wants(at, headerBytes + captured);
            }
            long seconds = Integer.toUnsignedLong(getInt(memory, record, swapped));
            long fraction = Integer.toUnsignedLong(getInt(memory, record + 4, swapped));
            long timeNs = seconds * 1_000_000_000L + fraction * fractionNs + timeShiftNs;
            int shown = Math.min(captured, snapBytes);
            batch.add(at + headerBytes, shown, originalBytes(shown, original), timeNs, 0, linkType);
            at = next;
        }
        window.position = at;
        return 0;
    }

    private int brokenLength(int at, int captured) {
        return broken(
                at,
                "a record of " + Integer.toUnsignedString(captured) + " captured bytes",
                "no frame is longer than " + MAX_FRAME_BYTES,
                "the frames before it were read; cut the file there or capture anew");
    }

    @Override
    void rewind() {
        window.position = FILE_HEADER_BYTES;
    }

    @Override
    List<FrameInterface> interfaces() {
        return interfaces;
    }

    @Override
    String recordName() {
        return "record";
    }
}
