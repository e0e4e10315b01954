package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import java.util.concurrent.TimeUnit;

/**
 * Moves a connection's state with each packet: the {@code nf_conntrack_*_packet} functions of the kernel. Holds no
 * state of its own but the timeouts.
 */
public final class Tracker {
    /** What a packet is to its connection. */
    public enum Outcome {
        /** It belongs there. */
        VALID,
        /** INVALID: the filter rules decide. */
        INVALID,
        /** It opens a new connection over a dead one: forget the entry and begin anew (NF_REPEAT). */
        REOPENS,
        /** It belongs there and ends it: forget the entry afterwards. */
        ENDS
    }

    /** {@code udp_stream_ts}: UDP that was answered before is a stream this long after its start. */
    private static final long UDP_STREAM_AFTER_NS = TimeUnit.SECONDS.toNanos(2);

    private final long[] tcpNs;
    private final boolean isTcpLoose;
    private final long udpNs;
    private final long udpStreamNs;
    private final long icmpNs;
    private final long icmpv6Ns;
    private final long greNs;
    private final long greStreamNs;
    private final SctpTracker sctp;
    private final long genericNs;

    /** Null where windows are not tracked. */
    private final TcpTracker tcp;

    /** @param tracksWindows whether TCP segments must lie in the window; the connection table has room for that then */
    public Tracker(Sysctls sysctls, boolean tracksWindows) {
        tcpNs = TcpState.timeoutsNs(sysctls);
        isTcpLoose = sysctls.isOn(Sysctl.TCP_LOOSE);
        tcp = tracksWindows ? new TcpTracker(sysctls) : null;
        udpNs = sysctls.ns(Sysctl.UDP_TIMEOUT);
        udpStreamNs = sysctls.ns(Sysctl.UDP_TIMEOUT_STREAM);
        icmpNs = sysctls.ns(Sysctl.ICMP_TIMEOUT);
        icmpv6Ns = sysctls.ns(Sysctl.ICMPV6_TIMEOUT);
        greNs = sysctls.ns(Sysctl.GRE_TIMEOUT);
        greStreamNs = sysctls.ns(Sysctl.GRE_TIMEOUT_STREAM);
        sctp = new SctpTracker(SctpState.timeoutsNs(sysctls));
        genericNs = sysctls.ns(Sysctl.GENERIC_TIMEOUT);
    }

    /** Whether a packet that belongs to no connection may open one; if not, it is INVALID. */
    public boolean canOpen(Packet packet) {
        return switch (packet.protocol) {
            case Transport.TCP -> canOpenTcp(packet);
            case Transport.SCTP -> sctp.canOpen(packet);
            case Transport.ICMP -> packet.family != Packet.IPV4 || isIcmpQuery(packet.icmpTypeCode >>> 8);
            case Transport.ICMPV6 -> packet.family != Packet.IPV6 || isIcmpv6Query(packet.icmpTypeCode >>> 8);
            default -> true;
        };
    }

    /** {@code tcp_new}. */
    private boolean canOpenTcp(Packet packet) {
        int state = TcpState.next(TcpState.NONE, packet.tcpFlags, false);
        return state == TcpState.SYN_SENT || state != TcpState.INVALID && isTcpLoose;
    }

    /** {@code valid_new[]} of nf_conntrack_proto_icmp.c: echo, time stamp, information, address mask. */
    private static boolean isIcmpQuery(int type) {
        return type == 8 || type == 13 || type == 15 || type == 17;
    }

    /** Echo and node information (RFC 4620). */
    private static boolean isIcmpv6Query(int type) {
        return type == 128 || type == 139;
    }

    /** Sets the state of a connection that this packet opens. */
    public void open(Connection connection, Packet packet, long nowNs) {
        if (packet.protocol == Transport.TCP && isWindowTracked(packet)) {
            tcp.open(connection, packet, nowNs);
        } else if (packet.protocol == Transport.TCP) {
            int state = TcpState.next(TcpState.NONE, packet.tcpFlags, false);
            connection.state(state);
            connection.expiryNs(nowNs + tcpNs[state]);
        } else if (packet.protocol == Transport.SCTP && packet.memory != null) {
            sctp.open(connection, nowNs);
        } else {
            if (isIcmp(packet)) {
                connection.icmpTypeCode(packet.icmpTypeCode);
            }
            connection.expiryNs(nowNs + idleNs(packet.protocol));
        }
    }

    private static boolean isIcmp(Packet packet) {
        return packet.protocol == Transport.ICMP || packet.protocol == Transport.ICMPV6;
    }

    /** Whether an ICMP message is the query that opened the connection again, or its answer ({@code invmap[]}). */
    private static boolean isOfQuery(Connection connection, Packet packet, boolean reply) {
        int asked = connection.icmpTypeCode();
        return packet.icmpTypeCode == (reply ? icmpAnswer(packet.protocol, asked) : asked);
    }

    /** Type and code of the answer to a query. */
    static int icmpAnswer(int protocol, int asked) {
        return protocol == Transport.ICMP && asked >>> 8 == 8 ? asked & 0xff : asked + (1 << 8);
    }

    /**
     * Sets the state of a connection whose request was not captured, so that this answer fits it: a SYN-ACK answers a
     * SYN, anything else belongs to a conversation under way.
     */
    public void openForReply(Connection connection, Packet reply, long nowNs) {
        if (reply.protocol == Transport.TCP) {
            boolean synAck = (reply.tcpFlags & Transport.SYN) != 0;
            connection.state(synAck ? TcpState.SYN_SENT : TcpState.ESTABLISHED);
        }
        connection.expiryNs(nowNs + udpNs);
    }

    /** A header cut by a snap length says too little. */
    private boolean isWindowTracked(Packet packet) {
        return tcp != null && packet.transportCaptured >= Transport.TCP_MIN_BYTES;
    }

    /** Accounts for a packet of a known connection. */
    public Outcome track(Connection connection, Packet packet, boolean reply, long nowNs) {
        if (packet.protocol == Transport.UDP) {
            trackUdp(connection, reply, nowNs);
            return Outcome.VALID;
        }
        if (packet.protocol == Transport.TCP) {
            return isWindowTracked(packet)
                    ? tcp.track(connection, packet, reply, nowNs)
                    : trackTcp(connection, packet, reply, nowNs);
        }
        if (packet.protocol == Transport.SCTP && !sctp.track(connection, packet, reply, nowNs)) {
            return Outcome.INVALID;
        }
        if (isIcmp(packet) && !isOfQuery(connection, packet, reply)) {
            return canOpen(packet) ? Outcome.VALID : Outcome.INVALID;
        }
        if (packet.protocol == Transport.GRE) {
            trackGre(connection, nowNs);
        } else if (packet.protocol != Transport.SCTP) {
            connection.expiryNs(nowNs + idleNs(packet.protocol));
        }
        if (reply && !connection.has(Connection.SEEN_REPLY)) {
            connection.set(Connection.SEEN_REPLY);
        }
        return Outcome.VALID;
    }

    private long idleNs(int protocol) {
        return switch (protocol) {
            case Transport.UDP -> udpNs;
            case Transport.ICMP -> icmpNs;
            case Transport.ICMPV6 -> icmpv6Ns;
            case Transport.GRE -> greNs;
            default -> genericNs;
        };
    }

    /** {@link #track} for UDP, which is always {@link Outcome#VALID}. */
    public void trackUdp(Connection connection, boolean reply, long nowNs) {
        int flags = connection.flags();
        boolean wasAnswered = (flags & Connection.SEEN_REPLY) != 0;
        boolean stream = wasAnswered && nowNs - connection.createdNs() > UDP_STREAM_AFTER_NS;
        int now = flags | (reply ? Connection.SEEN_REPLY : 0) | (stream ? Connection.ASSURED : 0);
        if (now != flags) {
            connection.set(now);
        }
        connection.expiryNs(nowNs + (stream ? udpStreamNs : udpNs));
    }

    /** {@code nf_conntrack_gre_packet}: two-way from the packet after the first answer on. */
    private void trackGre(Connection connection, long nowNs) {
        boolean isStream = connection.has(Connection.SEEN_REPLY);
        if (isStream && !connection.has(Connection.ASSURED)) {
            connection.set(Connection.ASSURED);
        }
        connection.expiryNs(nowNs + (isStream ? greStreamNs : greNs));
    }

    private Outcome trackTcp(Connection connection, Packet packet, boolean reply, long nowNs) {
        int old = connection.state();
        int next = TcpState.next(old, packet.tcpFlags, reply);
        if (next == TcpState.INVALID) {
            return Outcome.INVALID;
        }
        if (next == TcpState.IGNORE) {
            return Outcome.VALID;
        }
        if (next == TcpState.SYN_SENT && old >= TcpState.TIME_WAIT) {
            return Outcome.REOPENS;
        }
        boolean replied = connection.has(Connection.SEEN_REPLY);
        // a conversation of nothing but a reset is none, whoever sent it
        if (!replied && (packet.tcpFlags & Transport.RST) != 0) {
            return Outcome.ENDS;
        }
        connection.state(next);
        if (reply && !replied) {
            connection.set(Connection.SEEN_REPLY);
        }
        if (next == TcpState.ESTABLISHED
                && (replied || reply)
                && (old == TcpState.SYN_RECV || old == TcpState.ESTABLISHED)
                && !connection.has(Connection.ASSURED)) {
            connection.set(Connection.ASSURED);
        }
        connection.expiryNs(nowNs + tcpNs[next]);
        return Outcome.VALID;
    }
}
