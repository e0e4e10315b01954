package io.vipline.dataplane.route;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;
import java.util.concurrent.TimeUnit;

/**
 * What a router does about IPv4 options: {@code ip_options_compile} judges them on arrival, {@code ip_forward_options}
 * writes into them on departure. A route is recorded, the time is stamped where no address is asked for in advance, what
 * stands behind the end is cleared. Source routes are refused, as {@code accept_source_route} is off on routers.
 */
public final class Ipv4Options {
    /** {@link #problem}: none. */
    public static final int NONE = 0;
    /** {@link #problem}: a source route. */
    public static final int SOURCE_ROUTE = -1;

    private static final int END = 0;
    private static final int NO_OPERATION = 1;
    /** A bit of the type: the option goes into all fragments. */
    private static final int COPIED = 0x80;

    private static final int RECORD_ROUTE = 7;
    private static final int TIME_STAMP = 0x44;
    private static final int LOOSE_ROUTE = 0x83;
    private static final int STRICT_ROUTE = 0x89;
    private static final int ROUTER_ALERT = 0x94;

    private static final int FIRST_POINTER = 4;
    private static final int ADDRESS_BYTES = 4;

    private static final int OVERFLOW_AND_FLAG = 3;
    private static final int WITH_ADDRESS = 1;
    private static final long MILLIS_A_DAY = TimeUnit.DAYS.toMillis(1);

    private Ipv4Options() {}

    public static boolean has(Packet packet) {
        return packet.family == Packet.IPV4 && packet.transport - packet.network > Ipv4.MIN_HEADER_BYTES;
    }

    /**
     * Judges the options of a packet that has some.
     *
     * @return {@link #NONE}, {@link #SOURCE_ROUTE}, or the offset in the IP header of the octet that is wrong
     */
    public static int problem(NativeMemory memory, Packet packet) {
        int header = packet.frameOffset + packet.network;
        int end = packet.frameOffset + packet.transport;
        boolean isRouted = false;
        int at = header + Ipv4.MIN_HEADER_BYTES;
        while (at < end && memory.getByte(at) != END) {
            int type = memory.getByte(at) & 0xff;
            if (type == NO_OPERATION) {
                at++;
                continue;
            }
            int length = at + 1 < end ? memory.getByte(at + 1) & 0xff : 0;
            if (length < 2 || length > end - at) {
                return at - header;
            }
            int wrong = wrongOctet(memory, at, type, length);
            if (wrong > 0) {
                return at + wrong - header;
            }
            boolean isRoute = type == LOOSE_ROUTE || type == STRICT_ROUTE;
            if (isRoute && isRouted) {
                return at - header;
            }
            isRouted |= isRoute;
            at += length;
        }
        return isRouted ? SOURCE_ROUTE : NONE;
    }

    /** @return which octet of the option is wrong; 0 if none is */
    private static int wrongOctet(NativeMemory memory, int at, int type, int length) {
        int pointer = length > 2 ? memory.getByte(at + 2) & 0xff : 0;
        return switch (type) {
            case LOOSE_ROUTE, STRICT_ROUTE -> length < 3 ? 1 : pointer < FIRST_POINTER ? 2 : 0;
            case RECORD_ROUTE ->
                length < 3
                        ? 1
                        : pointer < FIRST_POINTER || pointer <= length && pointer + ADDRESS_BYTES - 1 > length ? 2 : 0;
            case TIME_STAMP ->
                length < 4
                        ? 1
                        : pointer < FIRST_POINTER + 1 || pointer <= length && pointer + ADDRESS_BYTES - 1 > length
                                ? 2
                                : 0;
            case ROUTER_ALERT -> length < 4 ? 1 : 0;
            default -> 0;
        };
    }

    /**
     * Writes into the options of a packet that leaves, and mends the header's checksum.
     *
     * @param out holds a copy of the frame, which begins at {@code frame}
     * @param address the node's, in network order, to record
     * @param timeNs nanoseconds since 1970, to stamp
     */
    public static void forward(NativeMemory out, int frame, Packet packet, int address, long timeNs) {
        int header = frame + packet.network;
        int options = header + Ipv4.MIN_HEADER_BYTES;
        int end = frame + packet.transport;
        long before = Checksum.fold(Checksum.sum(out, options, end - options));
        write(out, options, end, address, (int) (TimeUnit.NANOSECONDS.toMillis(timeNs) % MILLIS_A_DAY));
        long difference = (~before & 0xffff) + Checksum.fold(Checksum.sum(out, options, end - options));
        int field = header + Ipv4.CHECKSUM;
        out.putShort(field, (short) Checksum.update(out.getShort(field, BIG_ENDIAN), difference), BIG_ENDIAN);
    }

    /**
     * Leaves only those options that all fragments carry ({@code ip_options_fragment}); no-operations stand in for the
     * others.
     *
     * @param out holds the frame, from 0 on
     */
    public static void keepCopied(NativeMemory out, Packet packet) {
        int at = packet.network + Ipv4.MIN_HEADER_BYTES;
        int end = packet.transport;
        while (at < end && out.getByte(at) != END) {
            int type = out.getByte(at) & 0xff;
            int length = type == NO_OPERATION ? 1 : out.getByte(at + 1) & 0xff;
            if (type != NO_OPERATION && (type & COPIED) == 0) {
                out.setMemory(at, length, (byte) NO_OPERATION);
            }
            at += length;
        }
    }

    private static void write(NativeMemory out, int options, int end, int address, int millisOfDay) {
        int at = options;
        while (at < end) {
            int type = out.getByte(at) & 0xff;
            if (type == END) {
                out.setMemory(at, end - at, (byte) END);
                return;
            }
            if (type == NO_OPERATION) {
                at++;
                continue;
            }
            if (type == RECORD_ROUTE) {
                append(out, at, address);
            } else if (type == TIME_STAMP) {
                stamp(out, at, address, millisOfDay);
            }
            at += out.getByte(at + 1) & 0xff;
        }
    }

    /** Puts a value where the option's pointer says, if there is room, and moves the pointer on. @return whether there was */
    private static boolean append(NativeMemory out, int option, int value) {
        int length = out.getByte(option + 1) & 0xff;
        int pointer = out.getByte(option + 2) & 0xff;
        if (pointer + ADDRESS_BYTES - 1 > length) {
            return false;
        }
        out.putInt(option + pointer - 1, value, BIG_ENDIAN);
        out.putByte(option + 2, (byte) (pointer + ADDRESS_BYTES));
        return true;
    }

    private static void stamp(NativeMemory out, int option, int address, int millisOfDay) {
        int flag = out.getByte(option + OVERFLOW_AND_FLAG) & 15;
        if (flag == WITH_ADDRESS) {
            append(out, option, address);
        }
        boolean isPrespecified = flag > WITH_ADDRESS;
        if (!isPrespecified && !append(out, option, millisOfDay)) {
            out.putByte(option + OVERFLOW_AND_FLAG, (byte) (out.getByte(option + OVERFLOW_AND_FLAG) + 0x10));
        }
    }
}
