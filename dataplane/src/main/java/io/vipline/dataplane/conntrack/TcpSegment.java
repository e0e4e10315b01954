package io.vipline.dataplane.conntrack;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/** What window tracking reads of a TCP header; options as {@code tcp_options} and {@code tcp_sack} do. Reused. */
final class TcpSegment {
    private static final int SEQUENCE = 4;
    private static final int ACK_NUMBER = 8;
    private static final int DATA_OFFSET = 12;
    private static final int WINDOW = 14;

    private static final int END_OF_OPTIONS = 0;
    private static final int NO_OPERATION = 1;
    private static final int WINDOW_SCALE = 3;
    private static final int SACK_PERMITTED = 4;
    private static final int SACK = 5;
    private static final int SACK_BLOCK_BYTES = 8;
    /** RFC 7323 2.3. */
    private static final int HIGHEST_SCALE = 14;

    int flags;
    /** {@link TcpState#index}. */
    int index;

    int sequence;
    int ack;
    /** As it stands, unscaled. */
    int window;
    /** Behind its last octet in sequence space; SYN and FIN take one each. */
    int end;

    private NativeMemory memory;
    private int options;
    private int optionsEnd;

    /** @param packet has a whole TCP header, without options perhaps */
    void read(Packet packet) {
        memory = packet.memory;
        int at = packet.frameOffset + packet.transport;
        flags = packet.tcpFlags;
        index = TcpState.index(flags);
        sequence = memory.getInt(at + SEQUENCE, BIG_ENDIAN);
        ack = memory.getInt(at + ACK_NUMBER, BIG_ENDIAN);
        window = memory.getShort(at + WINDOW, BIG_ENDIAN) & 0xffff;
        int header = (memory.getByte(at + DATA_OFFSET) >>> 4 & 15) * 4;
        int counted = ((flags & Transport.SYN) != 0 ? 1 : 0) + ((flags & Transport.FIN) != 0 ? 1 : 0);
        end = sequence + packet.transportBytes - header + counted;
        options = at + Transport.TCP_MIN_BYTES;
        optionsEnd = at + Math.min(header, packet.transportCaptured);
    }

    boolean isSyn() {
        return (flags & Transport.SYN) != 0;
    }

    boolean isAck() {
        return (flags & Transport.ACK) != 0;
    }

    boolean isRst() {
        return (flags & Transport.RST) != 0;
    }

    /** Whether the header has options at all, padding included. */
    boolean hasOptions() {
        return optionsEnd > options;
    }

    /** {@link TcpWindow#SACK_PERMITTED} and {@link TcpWindow#WINDOW_SCALE} as the options say. */
    int permissions() {
        int found = find(SACK_PERMITTED, 2) > 0 ? TcpWindow.SACK_PERMITTED : 0;
        return found | (find(WINDOW_SCALE, 3) > 0 ? TcpWindow.WINDOW_SCALE : 0);
    }

    /** The window scale; 0 without the option. */
    int scale() {
        int option = find(WINDOW_SCALE, 3);
        return option < 0 ? 0 : Math.min(memory.getByte(option + 2) & 0xff, HIGHEST_SCALE);
    }

    /** The right edge of what is acknowledged, selectively too. */
    int selectiveAck() {
        int highest = ack;
        int option = find(SACK, -1);
        if (option > 0) {
            int end = option + (memory.getByte(option + 1) & 0xff);
            for (int block = option + 2; block + SACK_BLOCK_BYTES <= end; block += SACK_BLOCK_BYTES) {
                int edge = memory.getInt(block + 4, BIG_ENDIAN);
                highest = edge - highest > 0 ? edge : highest;
            }
        }
        return highest;
    }

    /** Where the last option of this kind stands; -1 if there is none. @param length that it must have; -1: of whole SACK blocks */
    private int find(int kind, int length) {
        int found = -1;
        int at = options;
        while (at < optionsEnd) {
            int type = memory.getByte(at) & 0xff;
            if (type == END_OF_OPTIONS) {
                return found;
            }
            if (type == NO_OPERATION) {
                at++;
                continue;
            }
            int bytes = at + 1 < optionsEnd ? memory.getByte(at + 1) & 0xff : 0;
            if (bytes < 2 || bytes > optionsEnd - at) {
                return found;
            }
            boolean isWhole =
                    length < 0 ? bytes >= 2 + SACK_BLOCK_BYTES && (bytes - 2) % SACK_BLOCK_BYTES == 0 : bytes == length;
            if (type == kind && isWhole) {
                found = at;
                if (length < 0) {
                    return found;
                }
            }
            at += bytes;
        }
        return found;
    }
}
