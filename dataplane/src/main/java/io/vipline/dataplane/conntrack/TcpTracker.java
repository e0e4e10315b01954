package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.conntrack.Tracker.Outcome;
import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Packet;
import java.util.concurrent.TimeUnit;

/**
 * Moves TCP connections from state to state and checks that segments lie in the window: {@code nf_conntrack_tcp_packet}
 * and {@code tcp_in_window}, after Guido van Rooij's "Real Stateful TCP Packet Filtering". Owned by one thread.
 */
final class TcpTracker {
    /** {@code nf_tcp_handle_invalid}: who has less left than this is not hurried. */
    private static final long HURRIED_NS = TimeUnit.SECONDS.toNanos(120);
    /** MAXACKWINCONST. */
    private static final int LEAST_ACK_WINDOW = 66_000;

    /** What a segment is to the window. */
    private enum Fit {
        IN_WINDOW,
        /** It passes, and changes nothing. */
        IGNORED,
        INVALID
    }

    private final long[] stateNs;
    private final long maxRetransNs;
    private final long unacknowledgedNs;
    private final int maxRetrans;
    private final boolean isLiberal;
    private final boolean ignoresInvalidRst;
    private final TcpSegment segment = new TcpSegment();
    private final TcpWindow window = new TcpWindow();
    private int next;
    private int old;
    private boolean isInvalidReset;

    TcpTracker(Sysctls sysctls) {
        stateNs = TcpState.timeoutsNs(sysctls);
        maxRetransNs = sysctls.ns(Sysctl.TCP_TIMEOUT_MAX_RETRANS);
        unacknowledgedNs = sysctls.ns(Sysctl.TCP_TIMEOUT_UNACKNOWLEDGED);
        maxRetrans = (int) sysctls.get(Sysctl.TCP_MAX_RETRANS);
        isLiberal = sysctls.isOn(Sysctl.TCP_BE_LIBERAL);
        ignoresInvalidRst = sysctls.isOn(Sysctl.TCP_IGNORE_INVALID_RST);
    }

    /** Sets the state of a connection that this packet opens. */
    void open(Connection connection, Packet packet, long nowNs) {
        connection.wrap(window);
        window.clear();
        segment.read(packet);
        old = TcpState.NONE;
        next = TcpState.next(TcpState.NONE, packet.tcpFlags, false);
        window.end(0, segment.end);
        window.maximalWindow(0, Math.max(segment.window, 1));
        window.maximalEnd(0, segment.end);
        if (next == TcpState.SYN_SENT) {
            takeOptions(0);
        } else {
            // under way already: how windows are scaled nobody knows
            window.maximalEnd(0, segment.end + window.maximalWindow(0));
            window.flags(0, TcpWindow.SACK_PERMITTED | TcpWindow.BE_LIBERAL);
            window.flags(1, TcpWindow.SACK_PERMITTED | TcpWindow.BE_LIBERAL);
        }
        fit(connection, 0);
        accept(connection, 0, nowNs);
    }

    /** Accounts for a packet of a known connection. */
    Outcome track(Connection connection, Packet packet, boolean reply, long nowNs) {
        int direction = reply ? 1 : 0;
        connection.wrap(window);
        segment.read(packet);
        isInvalidReset = false;
        old = connection.state();
        next = TcpState.next(old, packet.tcpFlags, reply);
        if (next == TcpState.INVALID) {
            return Outcome.INVALID;
        }
        boolean isReborn = next == TcpState.SYN_SENT && old >= TcpState.TIME_WAIT;
        if (isReborn && mayBeginAnew(direction)) {
            return Outcome.REOPENS;
        }
        if ((isReborn || next == TcpState.IGNORE) && !resynchronizes(direction)) {
            annotate(direction);
            return passed(connection, reply);
        }
        if (isChallengeAck(direction)) {
            window.lastFlags(window.lastFlags() & ~TcpWindow.EXPECTS_CHALLENGE_ACK);
            return passed(connection, reply);
        }
        openedByBoth(reply);
        boolean isUnchecked = next == TcpState.CLOSE && segment.isRst() && isUnchecked(connection, direction);
        if (isInvalidReset) {
            return Outcome.INVALID;
        }
        Fit fit = isUnchecked ? Fit.IN_WINDOW : fit(connection, direction);
        return switch (fit) {
            case IGNORED -> passed(connection, reply);
            case INVALID -> {
                outOfWindow(connection, direction, nowNs);
                yield Outcome.INVALID;
            }
            case IN_WINDOW -> {
                Outcome outcome = accept(connection, direction, nowNs);
                if (outcome == Outcome.VALID) {
                    passed(connection, reply);
                }
                yield outcome;
            }
        };
    }

    private static Outcome passed(Connection connection, boolean reply) {
        if (reply && !connection.has(Connection.SEEN_REPLY)) {
            connection.set(Connection.SEEN_REPLY);
        }
        return Outcome.VALID;
    }

    /** A SYN over a connection that is closing: that of one that both sides know to be over. */
    private boolean mayBeginAnew(int direction) {
        boolean isClosed = window.has(0, TcpWindow.CLOSE_INIT) || window.has(1, TcpWindow.CLOSE_INIT);
        return isClosed || window.lastDirection() == direction && window.lastIndex() == TcpState.INDEX_RST;
    }

    /** A SYN-ACK to a SYN that was let through unbelieved: both sides are in step, so we get in step with them. */
    private boolean resynchronizes(int direction) {
        int other = 1 - direction;
        boolean answers = segment.index == TcpState.INDEX_SYN_ACK
                && window.lastIndex() == TcpState.INDEX_SYN
                && window.lastDirection() == other
                && segment.ack == window.lastEnd();
        if (!answers) {
            return false;
        }
        old = TcpState.SYN_SENT;
        next = TcpState.SYN_RECV;
        window.lastFlags(window.lastFlags() & ~TcpWindow.EXPECTS_CHALLENGE_ACK);
        window.end(other, window.lastEnd());
        window.maximalEnd(other, window.lastEnd());
        window.maximalWindow(other, Math.max(window.lastWindow(), 1));
        window.scale(other, window.lastScale());
        window.flags(other, window.lastFlags() & (TcpWindow.SACK_PERMITTED | TcpWindow.WINDOW_SCALE));
        window.clear(direction);
        return true;
    }

    /** Remembers a packet that passes unbelieved. */
    private void annotate(int direction) {
        window.lastIndex(segment.index);
        window.lastDirection(direction);
        window.lastSequence(segment.sequence);
        window.lastEnd(segment.end);
        window.lastWindow(segment.window);
        if (segment.index == TcpState.INDEX_SYN && direction == 0) {
            window.lastScale(segment.scale());
            int challenge = old == TcpState.LAST_ACK ? TcpWindow.EXPECTS_CHALLENGE_ACK : 0;
            window.lastFlags(segment.permissions() | challenge);
        }
        if (old == TcpState.SYN_SENT && segment.index == TcpState.INDEX_ACK && direction == 1) {
            window.lastAck(segment.ack);
        }
    }

    /** RFC 5961: an ACK in answer to a SYN that came unexpected does not acknowledge the last FIN. */
    private boolean isChallengeAck(int direction) {
        return next == TcpState.TIME_WAIT
                && old == TcpState.LAST_ACK
                && segment.index == TcpState.INDEX_ACK
                && window.lastDirection() != direction
                && window.lastIndex() == TcpState.INDEX_SYN
                && (window.lastFlags() & TcpWindow.EXPECTS_CHALLENGE_ACK) != 0;
    }

    private void openedByBoth(boolean reply) {
        if (next == TcpState.SYN_SENT2) {
            window.lastFlags(window.lastFlags() | TcpWindow.SIMULTANEOUS_OPEN);
        } else if (next == TcpState.SYN_RECV
                && reply
                && segment.index == TcpState.INDEX_ACK
                && (window.lastFlags() & TcpWindow.SIMULTANEOUS_OPEN) != 0) {
            next = TcpState.ESTABLISHED;
        }
    }

    /** A reset. @return whether it is believed without a look at the window; sets {@link #isInvalidReset} */
    private boolean isUnchecked(Connection connection, int direction) {
        int other = 1 - direction;
        if (connection.state() >= TcpState.FIN_WAIT && connection.state() <= TcpState.CLOSE) {
            return true;
        }
        boolean isEstablished = connection.state() == TcpState.ESTABLISHED && connection.has(Connection.ASSURED);
        if (window.has(other, TcpWindow.MAXIMAL_ACK_SET) && window.lastIndex() != TcpState.INDEX_SYN) {
            if (segment.sequence == 0 && !isEstablished) {
                return false;
            }
            if (isBefore(segment.sequence, window.maximalAck(other)) && !ignoresInvalidRst) {
                isInvalidReset = true;
                return false;
            }
            boolean isExact = segment.sequence == window.maximalAck(other);
            boolean isPartOfTrain = window.lastIndex() == TcpState.INDEX_ACK
                    && window.lastDirection() == direction
                    && segment.sequence == window.lastEnd();
            if (!isEstablished || isExact || isPartOfTrain) {
                return false;
            }
            // whoever gets it may answer with a challenge ACK
            next = old;
        }
        boolean answersSyn = connection.has(Connection.SEEN_REPLY)
                && window.lastIndex() == TcpState.INDEX_SYN
                && window.lastDirection() != direction;
        boolean answersAck = !connection.has(Connection.ASSURED) && window.lastIndex() == TcpState.INDEX_ACK;
        if ((answersSyn || answersAck) && segment.ack == window.lastEnd()) {
            return true;
        }
        return old == TcpState.SYN_SENT
                && window.lastIndex() == TcpState.INDEX_ACK
                && window.lastDirection() == 1
                && segment.sequence == window.lastAck();
    }

    private static boolean isBefore(int a, int b) {
        return a - b < 0;
    }

    private static boolean isAfter(int a, int b) {
        return b - a < 0;
    }

    /** {@code tcp_in_window}. */
    private Fit fit(Connection connection, int sender) {
        int receiver = 1 - sender;
        int ack = segment.ack;
        int sack = window.has(receiver, TcpWindow.SACK_PERMITTED) ? segment.selectiveAck() : ack;
        int state = connection.state();
        if (window.maximalWindow(sender) == 0) {
            if (segment.isSyn()) {
                initialize(sender);
                if (!segment.isAck()) {
                    return Fit.IN_WINDOW;
                }
            } else {
                pickUp(sender, sack);
            }
        } else if (segment.isSyn()
                && isAfter(segment.end, window.end(sender))
                && (state == TcpState.SYN_SENT || state == TcpState.SYN_RECV)) {
            initialize(sender);
            if (sender == 1 && !segment.isAck()) {
                return Fit.IN_WINDOW;
            }
        }
        if (!segment.isAck() || segment.isRst() && ack == 0) {
            ack = window.end(receiver);
            sack = ack;
        }
        int sequence = segment.sequence;
        int end = segment.end;
        if (segment.isRst() && sequence == 0 && state == TcpState.SYN_SENT) {
            sequence = window.end(sender);
            end = sequence;
        }
        Fit fit = position(sender, sequence, end, sack);
        if (fit == null) {
            update(sender, sequence, end, ack, sack);
            return Fit.IN_WINDOW;
        }
        return isLiberal || window.has(sender, TcpWindow.BE_LIBERAL) ? Fit.IN_WINDOW : fit;
    }

    /** The first that a direction says. */
    private void initialize(int sender) {
        window.end(sender, segment.end);
        window.maximalEnd(sender, segment.end);
        window.maximalWindow(sender, Math.max(segment.window, 1));
        takeOptions(sender);
        boolean bothScale = window.has(0, TcpWindow.WINDOW_SCALE) && window.has(1, TcpWindow.WINDOW_SCALE);
        if (sender == 1 && !bothScale) {
            window.scale(0, 0);
            window.scale(1, 0);
        }
    }

    private void takeOptions(int sender) {
        if (segment.hasOptions()) {
            window.scale(sender, segment.scale());
            window.flags(sender, window.flags(sender) & TcpWindow.BE_LIBERAL | segment.permissions());
        }
    }

    private void pickUp(int sender, int sack) {
        int receiver = 1 - sender;
        int scaled = Math.max(segment.window << window.scale(sender), 1);
        window.end(sender, segment.end);
        window.maximalWindow(sender, scaled);
        window.maximalEnd(sender, segment.end + scaled);
        if (window.maximalWindow(receiver) == 0) {
            window.end(receiver, sack);
            window.maximalEnd(receiver, sack);
        } else if (sack == window.end(receiver) + 1) {
            // the answer to a keep-alive probe
            window.end(receiver, sack);
        }
    }

    /** @return null if the segment lies in the window */
    private Fit position(int sender, int sequence, int end, int sack) {
        int receiver = 1 - sender;
        int receiverWindow = window.maximalWindow(receiver);
        boolean isAboveLower = isAfter(end, window.end(sender) - receiverWindow - 1);
        int ackWindow = Math.max(window.maximalWindow(sender), LEAST_ACK_WINDOW);
        boolean isAckAboveLower = isAfter(sack, window.end(receiver) - ackWindow - 1);
        boolean isAckBelowUpper = isBefore(sack, window.end(receiver) + 1);
        if (!isBefore(sequence, window.maximalEnd(sender) + 1)) {
            int overshot = end - window.maximalEnd(sender) + 1;
            boolean isNearly = receiverWindow != 0
                    && isAboveLower
                    && isAckAboveLower
                    && isAckBelowUpper
                    && Integer.compareUnsigned(overshot, receiverWindow) <= 0;
            if (!isNearly) {
                return Fit.INVALID;
            }
            // more than there was room for: should the peer acknowledge it, so do we
            window.end(sender, end);
            window.set(sender, TcpWindow.DATA_UNACKNOWLEDGED);
            return Fit.IGNORED;
        }
        if (!isAckBelowUpper) {
            return Fit.INVALID;
        }
        return receiverWindow != 0 && !isAboveLower || !isAckAboveLower ? Fit.IGNORED : null;
    }

    private void update(int sender, int sequence, int end, int ack, int sack) {
        int receiver = 1 - sender;
        int size = segment.isSyn() ? segment.window : segment.window << window.scale(sender);
        window.maximalWindow(sender, Math.max(window.maximalWindow(sender), size + (sack - ack)));
        if (isAfter(end, window.end(sender))) {
            window.end(sender, end);
            window.set(sender, TcpWindow.DATA_UNACKNOWLEDGED);
        }
        boolean isFirstAck = !window.has(sender, TcpWindow.MAXIMAL_ACK_SET);
        if (segment.isAck() && (isFirstAck || isAfter(ack, window.maximalAck(sender)))) {
            window.maximalAck(sender, ack);
            window.set(sender, TcpWindow.MAXIMAL_ACK_SET);
        }
        if (window.maximalWindow(receiver) != 0 && isAfter(end, window.maximalEnd(sender))) {
            window.maximalWindow(receiver, window.maximalWindow(receiver) + end - window.maximalEnd(sender));
        }
        if (isAfter(sack + size, window.maximalEnd(receiver) - 1)) {
            window.maximalEnd(receiver, sack + size + (size == 0 ? 1 : 0));
        }
        if (ack == window.end(receiver)) {
            window.unset(receiver, TcpWindow.DATA_UNACKNOWLEDGED);
        }
        if (segment.index == TcpState.INDEX_ACK) {
            countRetransmissions(sender, sequence, end, ack);
        }
    }

    private void countRetransmissions(int sender, int sequence, int end, int ack) {
        boolean isAgain = window.lastDirection() == sender
                && window.lastSequence() == sequence
                && window.lastAck() == ack
                && window.lastEnd() == end
                && window.lastWindow() == segment.window;
        window.retransmissions(isAgain ? window.retransmissions() + 1 : 0);
        window.lastDirection(sender);
        window.lastSequence(sequence);
        window.lastAck(ack);
        window.lastEnd(end);
        window.lastWindow(segment.window);
    }

    /** {@code nf_tcp_handle_invalid}: two sides that both close out of the window will not be waited for as long. */
    private void outOfWindow(Connection connection, int direction, long nowNs) {
        boolean isClosing = segment.index == TcpState.INDEX_RST || segment.index == TcpState.INDEX_FIN;
        if (!connection.has(Connection.ASSURED) || !isClosing) {
            return;
        }
        int last = window.lastIndex();
        boolean otherCloses =
                window.lastDirection() != direction && (last == TcpState.INDEX_FIN || last == TcpState.INDEX_RST);
        if (otherCloses) {
            long leftNs = connection.expiryNs() - nowNs;
            if (leftNs >= HURRIED_NS && leftNs > unacknowledgedNs) {
                connection.expiryNs(nowNs + unacknowledgedNs);
            }
        } else {
            window.lastIndex(segment.index);
            window.lastDirection(direction);
        }
    }

    /** Takes the packet in: it lies in the window. */
    private Outcome accept(Connection connection, int direction, long nowNs) {
        window.lastIndex(segment.index);
        window.lastDirection(direction);
        connection.state(next);
        if (old != next && next == TcpState.FIN_WAIT) {
            window.set(direction, TcpWindow.CLOSE_INIT);
        }
        long timeoutNs = timeoutNs();
        if (!connection.has(Connection.SEEN_REPLY)) {
            if (segment.isRst()) {
                // a conversation of nothing but a reset is none, whoever sent it
                return Outcome.ENDS;
            }
            if (segment.index == TcpState.INDEX_SYN && old == TcpState.SYN_SENT) {
                return Outcome.VALID;
            }
            timeoutNs = next == TcpState.ESTABLISHED ? Math.min(timeoutNs, unacknowledgedNs) : timeoutNs;
        } else if (next == TcpState.ESTABLISHED
                && (old == TcpState.SYN_RECV || old == TcpState.ESTABLISHED)
                && !connection.has(Connection.ASSURED)) {
            connection.set(Connection.ASSURED);
        }
        connection.expiryNs(nowNs + timeoutNs);
        return Outcome.VALID;
    }

    private long timeoutNs() {
        long usualNs = stateNs[next];
        boolean hasUnacknowledged =
                window.has(0, TcpWindow.DATA_UNACKNOWLEDGED) || window.has(1, TcpWindow.DATA_UNACKNOWLEDGED);
        if (window.retransmissions() >= maxRetrans && usualNs > maxRetransNs) {
            return maxRetransNs;
        }
        if (segment.index == TcpState.INDEX_RST) {
            return stateNs[TcpState.CLOSE];
        }
        if (hasUnacknowledged && usualNs > unacknowledgedNs) {
            return unacknowledgedNs;
        }
        return window.lastWindow() == 0 ? Math.min(usualNs, maxRetransNs) : usualNs;
    }
}
