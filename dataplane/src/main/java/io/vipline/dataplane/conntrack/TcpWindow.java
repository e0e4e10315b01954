package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.memory.NativeMemory;

/**
 * What conntrack remembers of a TCP connection's sequence space ({@code struct ip_ct_tcp}): view of 64 bytes beside the
 * connection's entry, in host order; reused, owned by the table's thread.
 *
 * <pre>
 *   0  original direction: end, maximal end, maximal window, maximal acknowledgment (4 bytes each), scale, flags, 2 spare
 *  20  reply direction: the same
 *  40  last packet: sequence, acknowledgment, end (4 bytes each), window (2), index, direction, retransmissions,
 *      window scale, flags (1 each)
 * </pre>
 */
final class TcpWindow {
    static final int BYTES = 64;

    /** Flags of a direction. */
    static final int SACK_PERMITTED = 1;

    static final int WINDOW_SCALE = 2;
    static final int BE_LIBERAL = 4;
    static final int CLOSE_INIT = 8;
    static final int DATA_UNACKNOWLEDGED = 16;
    static final int MAXIMAL_ACK_SET = 32;
    /** Flags of the last packet, beside {@link #SACK_PERMITTED} and {@link #WINDOW_SCALE}. */
    static final int EXPECTS_CHALLENGE_ACK = 64;

    static final int SIMULTANEOUS_OPEN = 128;

    private static final int DIRECTION_BYTES = 20;
    private static final int END = 0;
    private static final int MAXIMAL_END = 4;
    private static final int MAXIMAL_WINDOW = 8;
    private static final int MAXIMAL_ACK = 12;
    private static final int SCALE = 16;
    private static final int FLAGS = 17;

    private static final int LAST_SEQUENCE = 40;
    private static final int LAST_ACK = 44;
    private static final int LAST_END = 48;
    private static final int LAST_WINDOW = 52;
    private static final int LAST_INDEX = 54;
    private static final int LAST_DIRECTION = 55;
    private static final int RETRANSMISSIONS = 56;
    private static final int LAST_SCALE = 57;
    private static final int LAST_FLAGS = 58;

    private NativeMemory memory;
    private int at;

    /** Looks at a connection's from now on. */
    void wrap(NativeMemory chunk, int offset) {
        memory = chunk;
        at = offset;
    }

    void clear() {
        memory.setMemory(at, BYTES, (byte) 0);
        lastIndex(TcpState.NO_INDEX);
    }

    /** Forgets what was seen of a direction but whether it is taken liberally. */
    void clear(int direction) {
        int liberal = flags(direction) & BE_LIBERAL;
        memory.setMemory(at + direction * DIRECTION_BYTES, DIRECTION_BYTES, (byte) 0);
        flags(direction, liberal);
    }

    private int get(int direction, int field) {
        return memory.getInt(at + direction * DIRECTION_BYTES + field);
    }

    private void put(int direction, int field, int value) {
        memory.putInt(at + direction * DIRECTION_BYTES + field, value);
    }

    /** Highest sequence number sent, plus one. */
    int end(int direction) {
        return get(direction, END);
    }

    void end(int direction, int value) {
        put(direction, END, value);
    }

    /** Highest sequence number that the receiver has room for. */
    int maximalEnd(int direction) {
        return get(direction, MAXIMAL_END);
    }

    void maximalEnd(int direction, int value) {
        put(direction, MAXIMAL_END, value);
    }

    /** Largest window announced, bytes; 0: nothing was sent yet. */
    int maximalWindow(int direction) {
        return get(direction, MAXIMAL_WINDOW);
    }

    void maximalWindow(int direction, int value) {
        put(direction, MAXIMAL_WINDOW, value);
    }

    int maximalAck(int direction) {
        return get(direction, MAXIMAL_ACK);
    }

    void maximalAck(int direction, int value) {
        put(direction, MAXIMAL_ACK, value);
    }

    int scale(int direction) {
        return memory.getByte(at + direction * DIRECTION_BYTES + SCALE);
    }

    void scale(int direction, int value) {
        memory.putByte(at + direction * DIRECTION_BYTES + SCALE, (byte) value);
    }

    int flags(int direction) {
        return memory.getByte(at + direction * DIRECTION_BYTES + FLAGS);
    }

    void flags(int direction, int value) {
        memory.putByte(at + direction * DIRECTION_BYTES + FLAGS, (byte) value);
    }

    boolean has(int direction, int flag) {
        return (flags(direction) & flag) != 0;
    }

    void set(int direction, int flag) {
        flags(direction, flags(direction) | flag);
    }

    void unset(int direction, int flag) {
        flags(direction, flags(direction) & ~flag);
    }

    int lastSequence() {
        return memory.getInt(at + LAST_SEQUENCE);
    }

    void lastSequence(int value) {
        memory.putInt(at + LAST_SEQUENCE, value);
    }

    int lastAck() {
        return memory.getInt(at + LAST_ACK);
    }

    void lastAck(int value) {
        memory.putInt(at + LAST_ACK, value);
    }

    int lastEnd() {
        return memory.getInt(at + LAST_END);
    }

    void lastEnd(int value) {
        memory.putInt(at + LAST_END, value);
    }

    /** As it stood in the packet, unscaled. */
    int lastWindow() {
        return memory.getShort(at + LAST_WINDOW) & 0xffff;
    }

    void lastWindow(int value) {
        memory.putShort(at + LAST_WINDOW, (short) value);
    }

    /** {@link TcpState#index}. */
    int lastIndex() {
        return memory.getByte(at + LAST_INDEX);
    }

    void lastIndex(int value) {
        memory.putByte(at + LAST_INDEX, (byte) value);
    }

    int lastDirection() {
        return memory.getByte(at + LAST_DIRECTION);
    }

    void lastDirection(int value) {
        memory.putByte(at + LAST_DIRECTION, (byte) value);
    }

    int retransmissions() {
        return memory.getByte(at + RETRANSMISSIONS) & 0xff;
    }

    void retransmissions(int value) {
        memory.putByte(at + RETRANSMISSIONS, (byte) value);
    }

    int lastScale() {
        return memory.getByte(at + LAST_SCALE);
    }

    void lastScale(int value) {
        memory.putByte(at + LAST_SCALE, (byte) value);
    }

    int lastFlags() {
        return memory.getByte(at + LAST_FLAGS) & 0xff;
    }

    void lastFlags(int value) {
        memory.putByte(at + LAST_FLAGS, (byte) value);
    }
}
