package io.vipline.dataplane.frame.capture;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The pcapng format (IETF draft-ietf-opsawg-pcapng): any number of sections, each in its own byte order and with its
 * own interfaces; enhanced, simple and the old packet blocks; blocks of other kinds are passed over. More is read than
 * libpcap's {@code sf-pcapng.c} does, which refuses interfaces of different link types or snap lengths and sections of
 * different byte orders.
 *
 * <pre>
 *  0      4        8                                    length-4
 *  +------+--------+--- body, padded to 4 bytes … ------+--------+
 *  | type | length | enhanced packet: interface, time   | length |
 *  |      |        | high, time low, captured, original |        |
 *  +------+--------+------------------------------------+--------+
 * </pre>
 */
final class PcapngParser extends CaptureParser {
    /** The same in either byte order, so that a section's start is found whatever the order before was. */
    static final int SECTION_HEADER = 0x0a0d0d0a;

    static final int INTERFACE_DESCRIPTION = 1;
    static final int PACKET = 2;
    static final int SIMPLE_PACKET = 3;
    static final int ENHANCED_PACKET = 6;
    static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;

    /** Longest block that is believed, as libpcap's. */
    static final int MAX_BLOCK_BYTES = 16 << 20;

    private static final int MIN_BLOCK_BYTES = 12;
    private static final int MIN_SECTION_HEADER_BYTES = 28;
    private static final int PACKET_DATA = 28;
    private static final int SIMPLE_PACKET_DATA = 12;
    private static final int TRAILER_BYTES = 4;
    private static final String MEND = "the frames before it were read; cut the file there or capture anew";

    private final List<FrameInterface> interfaces = new CopyOnWriteArrayList<>();
    private final List<FrameInterface> interfacesSeen = Collections.unmodifiableList(interfaces);
    private boolean swapped;
    private InterfaceDescription[] section = new InterfaceDescription[8];
    private int sectionCount;
    /** Index of the section's first interface in {@link #interfaces}. */
    private int sectionFirst;

    PcapngParser(CaptureWindow window) {
        super(window);
    }

    @Override
    int scan(FrameBatch batch, int limit) {
        NativeMemory memory = batch.memory;
        int end = window.length;
        while (true) {
            int at = scanEnhancedPackets(batch, limit);
            if (end - at < MIN_BLOCK_BYTES) {
                return wants(at, MIN_BLOCK_BYTES);
            }
            int type = getInt(memory, at, swapped);
            if (type == SECTION_HEADER) {
                if (end - at < MIN_SECTION_HEADER_BYTES) {
                    return wants(at, MIN_SECTION_HEADER_BYTES);
                }
                if (!isOrderSet(memory, at)) {
                    return 0;
                }
            }
            int length = getInt(memory, at + 4, swapped);
            if (length < MIN_BLOCK_BYTES || length > MAX_BLOCK_BYTES || (length & 3) != 0) {
                return brokenLength(at, type, length);
            }
            if (length > end - at) {
                return wants(at, length);
            }
            int trailer = getInt(memory, at + length - TRAILER_BYTES, swapped);
            if (trailer != length) {
                return brokenTrailer(at, length, trailer);
            }
            boolean isPacket = type == ENHANCED_PACKET || type == PACKET || type == SIMPLE_PACKET;
            if (isPacket && batch.count >= limit) {
                return 0;
            }
            if (isPacket ? !isPacketAdded(batch, at, type, length) : !isTakenIn(memory, at, type, length)) {
                return 0;
            }
            window.position = at + length;
        }
    }

    /**
     * Takes a run of enhanced packets that are whole in the window and in good order; most files are one such run. What
     * it stops at is looked at again by {@link #scan}, which finds out why.
     *
     * @return the window's position behind the run
     */
    private int scanEnhancedPackets(FrameBatch batch, int limit) {
        NativeMemory memory = batch.memory;
        boolean isSwapped = swapped;
        int end = window.length;
        int at = window.position;
        while (batch.count < limit && end - at >= PACKET_DATA + TRAILER_BYTES) {
            int length = getInt(memory, at + 4, isSwapped);
            int id = getInt(memory, at + 8, isSwapped);
            int captured = getInt(memory, at + 20, isSwapped);
            if (getInt(memory, at, isSwapped) != ENHANCED_PACKET
                    || length < PACKET_DATA + TRAILER_BYTES
                    || length > Math.min(end - at, MAX_BLOCK_BYTES)
                    || (length & 3) != 0
                    || getInt(memory, at + length - TRAILER_BYTES, isSwapped) != length
                    || Integer.compareUnsigned(id, sectionCount) >= 0
                    || Integer.compareUnsigned(captured, length - PACKET_DATA - TRAILER_BYTES) > 0
                    || captured > MAX_FRAME_BYTES) {
                break;
            }
            long high = Integer.toUnsignedLong(getInt(memory, at + 12, isSwapped));
            long low = Integer.toUnsignedLong(getInt(memory, at + 16, isSwapped));
            InterfaceDescription from = section[id];
            long timeNs = from.ticks().timeNs(high << 32 | low) + timeShiftNs;
            int original = originalBytes(captured, getInt(memory, at + 24, isSwapped));
            int place = at + PACKET_DATA;
            batch.add(
                    place,
                    captured,
                    original,
                    timeNs,
                    sectionFirst + id,
                    from.face().linkType());
            at += length;
        }
        window.position = at;
        return at;
    }

    private boolean isPacketAdded(FrameBatch batch, int at, int type, int length) {
        if (type == SIMPLE_PACKET) {
            return isSimplePacketAdded(batch, at, length);
        }
        NativeMemory memory = batch.memory;
        if (length < PACKET_DATA + TRAILER_BYTES) {
            brokenLength(at, type, length);
            return false;
        }
        int id = type == ENHANCED_PACKET ? getInt(memory, at + 8, swapped) : getShort(memory, at + 8, swapped);
        int captured = getInt(memory, at + 20, swapped);
        if (id < 0 || id >= sectionCount) {
            brokenInterface(at, id);
            return false;
        }
        if (captured < 0 || captured > length - PACKET_DATA - TRAILER_BYTES || captured > MAX_FRAME_BYTES) {
            brokenPacket(at, captured, length - PACKET_DATA - TRAILER_BYTES);
            return false;
        }
        InterfaceDescription from = section[id];
        long high = Integer.toUnsignedLong(getInt(memory, at + 12, swapped));
        long low = Integer.toUnsignedLong(getInt(memory, at + 16, swapped));
        long timeNs = from.ticks().timeNs(high << 32 | low) + timeShiftNs;
        int original = originalBytes(captured, getInt(memory, at + 24, swapped));
        LinkType linkType = from.face().linkType();
        batch.add(at + PACKET_DATA, captured, original, timeNs, sectionFirst + id, linkType);
        return true;
    }

    /** A simple packet is the first interface's, cut at its snap length, and has no time. */
    private boolean isSimplePacketAdded(FrameBatch batch, int at, int length) {
        if (length < SIMPLE_PACKET_DATA + TRAILER_BYTES) {
            brokenLength(at, SIMPLE_PACKET, length);
            return false;
        }
        if (sectionCount == 0) {
            brokenInterface(at, 0);
            return false;
        }
        FrameInterface from = section[0].face();
        int original = getInt(batch.memory, at + 8, swapped);
        int snapLength = from.snapLength() == 0 ? MAX_FRAME_BYTES : from.snapLength();
        int captured = Integer.compareUnsigned(original, snapLength) > 0 ? snapLength : original;
        int room = length - SIMPLE_PACKET_DATA - TRAILER_BYTES;
        if (captured > room || captured > MAX_FRAME_BYTES) {
            brokenPacket(at, captured, room);
            return false;
        }
        int place = at + SIMPLE_PACKET_DATA;
        batch.add(place, captured, originalBytes(captured, original), timeShiftNs, sectionFirst, from.linkType());
        return true;
    }

    /** Sets the byte order of the section that begins here. */
    private boolean isOrderSet(NativeMemory memory, int at) {
        int magic = memory.getInt(at + 8);
        if (magic != BYTE_ORDER_MAGIC && magic != Integer.reverseBytes(BYTE_ORDER_MAGIC)) {
            String what = "a section header with byte-order magic 0x" + Integer.toHexString(magic);
            broken(at, what, "it is 0x1a2b3c4d in one byte order or the other", MEND);
            return false;
        }
        swapped = magic != BYTE_ORDER_MAGIC;
        return true;
    }

    private boolean isTakenIn(NativeMemory memory, int at, int type, int length) {
        return switch (type) {
            case SECTION_HEADER -> isSectionOpened(memory, at, length);
            case INTERFACE_DESCRIPTION -> isInterfaceAdded(memory, at, length);
            default -> true;
        };
    }

    private boolean isSectionOpened(NativeMemory memory, int at, int length) {
        if (length < MIN_SECTION_HEADER_BYTES) {
            brokenLength(at, SECTION_HEADER, length);
            return false;
        }
        int major = getShort(memory, at + 12, swapped);
        int minor = getShort(memory, at + 14, swapped);
        if (major != 1 || minor != 0 && minor != 2) {
            broken(at, "pcapng version " + major + "." + minor, "versions 1.0 and 1.2 are known", MEND);
            return false;
        }
        sectionFirst += sectionCount;
        sectionCount = 0;
        return true;
    }

    private boolean isInterfaceAdded(NativeMemory memory, int at, int length) {
        InterfaceDescription description = InterfaceDescription.read(memory, at, length, swapped);
        if (description.fault() != null) {
            broken(at, description.fault(), "an interface cannot be understood without it", MEND);
            return false;
        }
        if (sectionCount == section.length) {
            section = Arrays.copyOf(section, 2 * sectionCount);
        }
        section[sectionCount++] = description;
        // after a rewind the interfaces of the file are known
        if (sectionFirst + sectionCount > interfaces.size()) {
            interfaces.add(description.face());
        }
        return true;
    }

    private int brokenLength(int at, int type, int length) {
        return broken(
                at,
                "block of type 0x" + Integer.toHexString(type) + " with length " + Integer.toUnsignedString(length),
                "blocks have 12 to " + MAX_BLOCK_BYTES + " bytes, enough for their fields, and a multiple of 4",
                MEND);
    }

    private int brokenTrailer(int at, int length, int trailer) {
        String what = "a block of " + length + " bytes that ends saying " + Integer.toUnsignedString(trailer);
        return broken(at, what, "both lengths of a block are the same", MEND);
    }

    private void brokenInterface(int at, int id) {
        String what = "a packet of interface " + Integer.toUnsignedString(id);
        broken(at, what, "its section has described " + sectionCount + " interfaces so far", MEND);
    }

    private void brokenPacket(int at, int captured, int room) {
        String what = "a packet of " + Integer.toUnsignedString(captured) + " captured bytes";
        broken(at, what, "its block has room for " + room + ", and no frame is longer than " + MAX_FRAME_BYTES, MEND);
    }

    @Override
    void rewind() {
        swapped = false;
        sectionCount = 0;
        sectionFirst = 0;
    }

    @Override
    List<FrameInterface> interfaces() {
        return interfacesSeen;
    }

    @Override
    String recordName() {
        return "block";
    }
}
