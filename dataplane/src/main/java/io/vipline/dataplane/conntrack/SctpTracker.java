package io.vipline.dataplane.conntrack;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Packet;

/**
 * Moves SCTP associations from state to state, chunk by chunk, and checks verification tags (RFC 9260 8.5): {@code
 * nf_conntrack_sctp_packet}. Works on a copy of the connection's state, so that a packet can be tried before there is a
 * connection. Owned by one thread.
 */
final class SctpTracker {
    private static final int HEADER_BYTES = 12;
    private static final int CHUNK_HEADER_BYTES = 4;
    private static final int INIT_HEADER_BYTES = 16;
    private static final int TAG = 4;
    private static final int FLAG_T = 1;

    private static final int INIT_SEEN_ORIGINAL = 1;
    private static final int INIT_SEEN_REPLY = 2;
    private static final int HEARTBEAT_TAG_FAILED = 4;
    private static final int LAST_WAS_REPLY = 8;

    private static final long TAG_CHECKED_LATER = bit(SctpState.INIT)
            | bit(SctpState.SHUTDOWN_COMPLETE)
            | bit(SctpState.COOKIE_ECHO)
            | bit(SctpState.ABORT)
            | bit(SctpState.SHUTDOWN_ACK)
            | bit(SctpState.HEARTBEAT)
            | bit(SctpState.HEARTBEAT_ACK);
    private static final long OUT_OF_THE_BLUE =
            bit(SctpState.ABORT) | bit(SctpState.SHUTDOWN_COMPLETE) | bit(SctpState.COOKIE_ACK);

    private final long[] stateNs;
    private int state;
    private int flags;
    /** Tags that packets of the original and of the reply direction must carry. */
    private final int[] tags = new int[2];

    private long chunksSeen;
    private boolean isRefreshed;
    private boolean hasIgnoredHeartbeat;

    /** @param stateNs timeouts by state, nanoseconds */
    SctpTracker(long[] stateNs) {
        this.stateNs = stateNs;
    }

    private static long bit(int chunkType) {
        return 1L << chunkType;
    }

    /** Whether the packet may begin an association. */
    boolean canOpen(Packet packet) {
        state = SctpState.NONE;
        flags = 0;
        tags[0] = tags[1] = 0;
        return areChunksSound(packet)
                && (chunksSeen & OUT_OF_THE_BLUE) == 0
                && takeTagsOfNew(packet)
                && process(packet, false, false);
    }

    /** Gives a new connection the state that {@link #canOpen} came to. */
    void open(Connection connection, long nowNs) {
        store(connection);
        connection.expiryNs(nowNs + stateNs[state]);
    }

    /** Accounts for a packet of a known association. @return whether it belongs there */
    boolean track(Connection connection, Packet packet, boolean reply, long nowNs) {
        state = connection.state();
        tags[0] = connection.sctpTag(false);
        tags[1] = connection.sctpTag(true);
        flags = connection.sctpFlags();
        if (!areChunksSound(packet)) {
            return false;
        }
        boolean isValid = process(packet, reply, true);
        store(connection);
        if (isValid && isRefreshed) {
            connection.expiryNs(nowNs + stateNs[state]);
        }
        return isValid;
    }

    private void store(Connection connection) {
        connection.state(state);
        connection.sctpTag(false, tags[0]);
        connection.sctpTag(true, tags[1]);
        connection.sctpFlags(flags);
        if (state == SctpState.ESTABLISHED && !connection.has(Connection.ASSURED)) {
            connection.set(Connection.ASSURED);
        }
    }

    /** {@code do_basic_checks}: some chunks must stand first, some alone, and none may be of length 0. */
    private boolean areChunksSound(Packet packet) {
        NativeMemory memory = packet.memory;
        int end = packet.frameOffset + packet.transport + packet.transportCaptured;
        boolean mustBeAlone = false;
        int count = 0;
        chunksSeen = 0;
        int at = packet.frameOffset + packet.transport + HEADER_BYTES;
        for (; at + CHUNK_HEADER_BYTES <= end; at = next(memory, at)) {
            int type = memory.getByte(at) & 0xff;
            mustBeAlone |= type == SctpState.INIT || type == SctpState.INIT_ACK || type == SctpState.SHUTDOWN_COMPLETE;
            boolean mustBeFirst = mustBeAlone || type == SctpState.COOKIE_ACK || type == SctpState.COOKIE_ECHO;
            if (mustBeFirst && count > 0 || memory.getShort(at + 2) == 0) {
                return false;
            }
            chunksSeen |= type < Long.SIZE ? bit(type) : 0;
            count++;
        }
        return count > 0;
    }

    private static int next(NativeMemory memory, int at) {
        return at + ((memory.getShort(at + 2, BIG_ENDIAN) & 0xffff) + 3 & ~3);
    }

    private static int tag(Packet packet) {
        return packet.memory.getInt(packet.frameOffset + packet.transport + TAG, BIG_ENDIAN);
    }

    /** {@code sctp_new}. */
    private boolean takeTagsOfNew(Packet packet) {
        NativeMemory memory = packet.memory;
        int end = packet.frameOffset + packet.transport + packet.transportCaptured;
        int at = packet.frameOffset + packet.transport + HEADER_BYTES;
        for (; at + CHUNK_HEADER_BYTES <= end; at = next(memory, at)) {
            int type = memory.getByte(at) & 0xff;
            int after = SctpState.next(SctpState.NONE, type, false);
            if (after == SctpState.NONE || after == SctpState.INVALID) {
                return false;
            }
            if (type == SctpState.INIT) {
                if (tag(packet) != 0 || at + CHUNK_HEADER_BYTES + INIT_HEADER_BYTES > end) {
                    return false;
                }
                tags[1] = memory.getInt(at + CHUNK_HEADER_BYTES, BIG_ENDIAN);
            } else {
                boolean isHeartbeat = type == SctpState.HEARTBEAT || type == SctpState.HEARTBEAT_ACK;
                tags[isHeartbeat ? 0 : 1] = tag(packet);
            }
        }
        return true;
    }

    private boolean process(Packet packet, boolean reply, boolean isKnown) {
        NativeMemory memory = packet.memory;
        int own = reply ? 1 : 0;
        isRefreshed = true;
        hasIgnoredHeartbeat = false;
        if ((chunksSeen & TAG_CHECKED_LATER) == 0 && tag(packet) != tags[own]) {
            return false;
        }
        int end = packet.frameOffset + packet.transport + packet.transportCaptured;
        int at = packet.frameOffset + packet.transport + HEADER_BYTES;
        for (; at + CHUNK_HEADER_BYTES <= end; at = next(memory, at)) {
            int type = memory.getByte(at) & 0xff;
            if (!isTagRight(memory, at, tag(packet), reply)) {
                return false;
            }
            boolean isHeartbeat = type == SctpState.HEARTBEAT;
            if (isHeartbeat && !heartbeat(tag(packet), reply)) {
                return false;
            }
            if (isHeartbeat && tag(packet) != tags[own]) {
                continue;
            }
            int before = state;
            int after = SctpState.next(before, type, reply);
            if (after == SctpState.INVALID || !takeInitTag(packet, at, end, reply)) {
                return false;
            }
            isRefreshed &=
                    !(type == SctpState.INIT && before == SctpState.CLOSED && after == SctpState.CLOSED && isKnown);
            state = after;
        }
        return true;
    }

    /** RFC 9260 8.5.1: chunks with rules of their own. */
    private boolean isTagRight(NativeMemory memory, int chunk, int tag, boolean reply) {
        int own = reply ? 1 : 0;
        int type = memory.getByte(chunk) & 0xff;
        return switch (type) {
            case SctpState.INIT -> tag == 0;
            case SctpState.ABORT, SctpState.SHUTDOWN_COMPLETE -> {
                boolean isReflected = (memory.getByte(chunk + 1) & FLAG_T) != 0;
                yield tag == tags[isReflected ? 1 - own : own];
            }
            case SctpState.COOKIE_ECHO -> tag == tags[own];
            case SctpState.COOKIE_ACK -> {
                flags &= ~(INIT_SEEN_ORIGINAL | INIT_SEEN_REPLY);
                yield true;
            }
            case SctpState.HEARTBEAT_ACK -> heartbeatAck(tag, reply);
            default -> true;
        };
    }

    /** @return false: INVALID. One with a wrong tag may come from a peer that has begun anew. */
    private boolean heartbeat(int tag, boolean reply) {
        int own = reply ? 1 : 0;
        if (tags[own] == 0) {
            tags[own] = tag;
        } else if (tag != tags[own]) {
            if ((chunksSeen & bit(SctpState.DATA)) != 0 || hasIgnoredHeartbeat) {
                return false;
            }
            flags = flags & ~LAST_WAS_REPLY | HEARTBEAT_TAG_FAILED | (reply ? LAST_WAS_REPLY : 0);
            hasIgnoredHeartbeat = true;
            isRefreshed = false;
        } else {
            flags &= ~HEARTBEAT_TAG_FAILED;
        }
        return true;
    }

    private boolean heartbeatAck(int tag, boolean reply) {
        int own = reply ? 1 : 0;
        if (tags[own] == 0) {
            tags[own] = tag;
        } else if (tag != tags[own]) {
            boolean wasOwnDirection = ((flags & LAST_WAS_REPLY) != 0) == reply;
            boolean isExpected = (flags & HEARTBEAT_TAG_FAILED) != 0 && !wasOwnDirection;
            if ((chunksSeen & bit(SctpState.DATA)) != 0 || hasIgnoredHeartbeat || !isExpected) {
                return false;
            }
            flags &= ~HEARTBEAT_TAG_FAILED;
            tags[own] = tag;
            tags[1 - own] = 0;
        } else {
            flags &= ~HEARTBEAT_TAG_FAILED;
        }
        return true;
    }

    /** INIT and INIT ACK tell which tag the other side is to use. */
    private boolean takeInitTag(Packet packet, int chunk, int end, boolean reply) {
        NativeMemory memory = packet.memory;
        int type = memory.getByte(chunk) & 0xff;
        if (type != SctpState.INIT && type != SctpState.INIT_ACK) {
            return true;
        }
        if (chunk + CHUNK_HEADER_BYTES + INIT_HEADER_BYTES > end) {
            return false;
        }
        int initTag = memory.getInt(chunk + CHUNK_HEADER_BYTES, BIG_ENDIAN);
        int other = reply ? 0 : 1;
        int ownInit = reply ? INIT_SEEN_REPLY : INIT_SEEN_ORIGINAL;
        int otherInit = reply ? INIT_SEEN_ORIGINAL : INIT_SEEN_REPLY;
        boolean both = (flags & ownInit) != 0 && (flags & otherInit) != 0;
        if (type == SctpState.INIT) {
            flags = (both ? flags & ~otherInit : flags) | ownInit;
        } else {
            boolean isOther = tags[other] != initTag;
            boolean isStray = (flags & otherInit) == 0 && tags[other] != 0 && isOther;
            if (isStray || both && isOther) {
                return false;
            }
        }
        tags[other] = initTag;
        return true;
    }
}
