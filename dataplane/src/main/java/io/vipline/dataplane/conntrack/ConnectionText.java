package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import java.util.concurrent.TimeUnit;

/**
 * A connection as conntrack(8) lists it: {@code tcp 6 119 SYN_SENT src=10.244.1.9 dst=10.96.0.10 sport=40000 dport=80
 * [UNREPLIED] src=10.244.2.2 dst=10.244.1.9 sport=8080 dport=40000}. The third word is how many seconds it is kept yet.
 */
final class ConnectionText {
    private static final String[] TCP_STATES = {
        "NONE",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "FIN_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
        "SYN_SENT2"
    };
    private static final String[] SCTP_STATES = {
        "NONE",
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "ESTABLISHED",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT"
    };

    private ConnectionText() {}

    static String of(Connection connection, long nowNs) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(connection.expiryNs() - nowNs);
        String state = switch (connection.protocol()) {
            case Transport.TCP -> TCP_STATES[connection.state()] + " ";
            case Transport.SCTP -> SCTP_STATES[connection.state()] + " ";
            default -> "";
        };
        return name(connection.protocol()) + " " + connection.protocol() + " " + seconds + " " + state
                + original(connection) + (connection.has(Connection.SEEN_REPLY) ? " " : " [UNREPLIED] ")
                + reply(connection) + (connection.has(Connection.ASSURED) ? " [ASSURED]" : "");
    }

    private static String name(int protocol) {
        return switch (protocol) {
            case Transport.TCP -> "tcp";
            case Transport.UDP -> "udp";
            case Transport.SCTP -> "sctp";
            case Transport.ICMP -> "icmp";
            case Transport.ICMPV6 -> "icmpv6";
            case Transport.GRE -> "gre";
            default -> "unknown";
        };
    }

    private static String original(Connection connection) {
        IpAddress source = new IpAddress(connection.originalSourceHigh(), connection.originalSourceLow());
        IpAddress destination =
                new IpAddress(connection.originalDestinationHigh(), connection.originalDestinationLow());
        return "src=" + source + " dst=" + destination
                + ends(
                        connection,
                        connection.originalSourcePort(),
                        connection.originalDestinationPort(),
                        connection.icmpTypeCode());
    }

    private static String reply(Connection connection) {
        IpAddress source = new IpAddress(connection.replySourceHigh(), connection.replySourceLow());
        IpAddress destination = new IpAddress(connection.replyDestinationHigh(), connection.replyDestinationLow());
        return "src=" + source + " dst=" + destination
                + ends(
                        connection,
                        connection.replySourcePort(),
                        connection.replyDestinationPort(),
                        Tracker.icmpAnswer(connection.protocol(), connection.icmpTypeCode()));
    }

    private static String ends(Connection connection, int sourcePort, int destinationPort, int icmpTypeCode) {
        return switch (connection.protocol()) {
            case Transport.TCP, Transport.UDP, Transport.SCTP -> " sport=" + sourcePort + " dport=" + destinationPort;
            case Transport.ICMP, Transport.ICMPV6 ->
                " type=" + (icmpTypeCode >>> 8) + " code=" + (icmpTypeCode & 0xff) + " id=" + sourcePort;
            case Transport.GRE -> " srckey=0x0 dstkey=0x0";
            default -> "";
        };
    }
}
