package io.vipline.dataplane.sysctl;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A setting of the kernel that decides what becomes of packets, with the kernel's own default
 * (Documentation/networking/nf_conntrack-sysctl.rst, ip-sysctl.rst). All are of a network namespace, that is, a node.
 */
public enum Sysctl {
    TCP_TIMEOUT_SYN_SENT("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", Unit.SECONDS, 120),
    TCP_TIMEOUT_SYN_RECV("net.netfilter.nf_conntrack_tcp_timeout_syn_recv", Unit.SECONDS, 60),
    TCP_TIMEOUT_ESTABLISHED("net.netfilter.nf_conntrack_tcp_timeout_established", Unit.SECONDS, 432_000),
    TCP_TIMEOUT_FIN_WAIT("net.netfilter.nf_conntrack_tcp_timeout_fin_wait", Unit.SECONDS, 120),
    TCP_TIMEOUT_CLOSE_WAIT("net.netfilter.nf_conntrack_tcp_timeout_close_wait", Unit.SECONDS, 60),
    TCP_TIMEOUT_LAST_ACK("net.netfilter.nf_conntrack_tcp_timeout_last_ack", Unit.SECONDS, 30),
    TCP_TIMEOUT_TIME_WAIT("net.netfilter.nf_conntrack_tcp_timeout_time_wait", Unit.SECONDS, 120),
    TCP_TIMEOUT_CLOSE("net.netfilter.nf_conntrack_tcp_timeout_close", Unit.SECONDS, 10),
    /** At most so long once {@link #TCP_MAX_RETRANS} is reached, or the window is closed. */
    TCP_TIMEOUT_MAX_RETRANS("net.netfilter.nf_conntrack_tcp_timeout_max_retrans", Unit.SECONDS, 300),
    /** At most so long while something is not acknowledged, or no answer was seen. */
    TCP_TIMEOUT_UNACKNOWLEDGED("net.netfilter.nf_conntrack_tcp_timeout_unacknowledged", Unit.SECONDS, 300),
    /** Whether a connection may be picked up in its midst. */
    TCP_LOOSE("net.netfilter.nf_conntrack_tcp_loose", Unit.SWITCH, 1),
    /** Whether segments out of the window are taken, too. */
    TCP_BE_LIBERAL("net.netfilter.nf_conntrack_tcp_be_liberal", Unit.SWITCH, 0),
    /** How often the same segment may come before {@link #TCP_TIMEOUT_MAX_RETRANS} holds. */
    TCP_MAX_RETRANS("net.netfilter.nf_conntrack_tcp_max_retrans", Unit.COUNT, 3),
    /** Whether a reset before what is acknowledged is let be, where else it is INVALID. */
    TCP_IGNORE_INVALID_RST("net.netfilter.nf_conntrack_tcp_ignore_invalid_rst", Unit.SWITCH, 0),

    UDP_TIMEOUT("net.netfilter.nf_conntrack_udp_timeout", Unit.SECONDS, 30),
    UDP_TIMEOUT_STREAM("net.netfilter.nf_conntrack_udp_timeout_stream", Unit.SECONDS, 120),
    ICMP_TIMEOUT("net.netfilter.nf_conntrack_icmp_timeout", Unit.SECONDS, 30),
    ICMPV6_TIMEOUT("net.netfilter.nf_conntrack_icmpv6_timeout", Unit.SECONDS, 30),
    GRE_TIMEOUT("net.netfilter.nf_conntrack_gre_timeout", Unit.SECONDS, 30),
    GRE_TIMEOUT_STREAM("net.netfilter.nf_conntrack_gre_timeout_stream", Unit.SECONDS, 180),
    /** Of every protocol that has none of its own. */
    GENERIC_TIMEOUT("net.netfilter.nf_conntrack_generic_timeout", Unit.SECONDS, 600),

    SCTP_TIMEOUT_CLOSED("net.netfilter.nf_conntrack_sctp_timeout_closed", Unit.SECONDS, 10),
    SCTP_TIMEOUT_COOKIE_WAIT("net.netfilter.nf_conntrack_sctp_timeout_cookie_wait", Unit.SECONDS, 3),
    SCTP_TIMEOUT_COOKIE_ECHOED("net.netfilter.nf_conntrack_sctp_timeout_cookie_echoed", Unit.SECONDS, 3),
    SCTP_TIMEOUT_ESTABLISHED("net.netfilter.nf_conntrack_sctp_timeout_established", Unit.SECONDS, 210),
    SCTP_TIMEOUT_SHUTDOWN_SENT("net.netfilter.nf_conntrack_sctp_timeout_shutdown_sent", Unit.SECONDS, 3),
    SCTP_TIMEOUT_SHUTDOWN_RECD("net.netfilter.nf_conntrack_sctp_timeout_shutdown_recd", Unit.SECONDS, 3),
    SCTP_TIMEOUT_SHUTDOWN_ACK_SENT("net.netfilter.nf_conntrack_sctp_timeout_shutdown_ack_sent", Unit.SECONDS, 3),
    SCTP_TIMEOUT_HEARTBEAT_SENT("net.netfilter.nf_conntrack_sctp_timeout_heartbeat_sent", Unit.SECONDS, 30),

    /** Whether a packet with a wrong transport checksum is INVALID, where checksums are judged at all. */
    CHECKSUM("net.netfilter.nf_conntrack_checksum", Unit.SWITCH, 1),

    IPFRAG_TIME("net.ipv4.ipfrag_time", Unit.SECONDS, 30),
    IPFRAG_HIGH_THRESH("net.ipv4.ipfrag_high_thresh", Unit.BYTES, 4_194_304),
    FRAG6_TIMEOUT("net.netfilter.nf_conntrack_frag6_timeout", Unit.SECONDS, 60),
    FRAG6_HIGH_THRESH("net.netfilter.nf_conntrack_frag6_high_thresh", Unit.BYTES, 4_194_304),

    /** Whether 127.0.0.0/8 may be on a wire. */
    ROUTE_LOCALNET("net.ipv4.conf.all.route_localnet", Unit.SWITCH, 0),

    /** An address gets an ICMP error in so long, if it had six of late; 0: as many as there is cause for. */
    ICMP_RATELIMIT("net.ipv4.icmp_ratelimit", Unit.MILLISECONDS, 1000),
    ICMPV6_RATELIMIT("net.ipv6.icmp.ratelimit", Unit.MILLISECONDS, 100),
    /** ICMP errors a second of both families, whoever gets them, */
    ICMP_MSGS_PER_SEC("net.ipv4.icmp_msgs_per_sec", Unit.NUMBER, 1000),
    /** and at once. */
    ICMP_MSGS_BURST("net.ipv4.icmp_msgs_burst", Unit.NUMBER, 50);

    /** What the values of a setting are, and how high they go; none is below 0. */
    public enum Unit {
        /** {@code INT_MAX} ticks of a kernel that has 250 a second. */
        SECONDS(8_589_934),
        MILLISECONDS(Integer.MAX_VALUE / 250 * 1000L),
        /** Off or on. */
        SWITCH(1),
        /** One byte. */
        COUNT(255),
        NUMBER(Integer.MAX_VALUE),
        BYTES(Integer.MAX_VALUE);

        private final long highest;

        Unit(long highest) {
            this.highest = highest;
        }

        public long highest() {
            return highest;
        }
    }

    private final String dotted;
    private final Unit unit;
    private final long kernelDefault;

    Sysctl(String dotted, Unit unit, long kernelDefault) {
        this.dotted = dotted;
        this.unit = unit;
        this.kernelDefault = kernelDefault;
    }

    /** The whole name, as {@code sysctl} prints it: {@code net.netfilter.nf_conntrack_udp_timeout}. */
    public String dotted() {
        return dotted;
    }

    /** The last part of the name: {@code nf_conntrack_udp_timeout}. */
    public String lastComponent() {
        return dotted.substring(dotted.lastIndexOf('.') + 1);
    }

    /** Below {@code /proc/sys}: {@code net/netfilter/nf_conntrack_udp_timeout}. */
    public String path() {
        return dotted.replace('.', '/');
    }

    public Unit unit() {
        return unit;
    }

    public long kernelDefault() {
        return kernelDefault;
    }

    /** Whether the kernel takes a value. */
    public boolean takes(long value) {
        return value >= 0 && value <= unit.highest();
    }

    /** The setting of a name, which may be {@link #dotted}, have slashes for the dots, or be the {@link #lastComponent}. */
    public static Optional<Sysctl> named(String name) {
        String wanted = name.replace('/', '.').toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(sysctl ->
                        sysctl.dotted.equals(wanted) || sysctl.lastComponent().equals(wanted))
                .findFirst();
    }
}
