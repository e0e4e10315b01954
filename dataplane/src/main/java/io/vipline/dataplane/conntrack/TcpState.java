package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Transport;
import java.util.concurrent.TimeUnit;

/**
 * The TCP state machine of conntrack: what {@code tcp_conntracks[][][]} of {@code nf_conntrack_proto_tcp.c} says of a
 * flag in a state, in either direction.
 */
public final class TcpState {
    public static final int NONE = 0;
    public static final int SYN_SENT = 1;
    public static final int SYN_RECV = 2;
    public static final int ESTABLISHED = 3;
    public static final int FIN_WAIT = 4;
    public static final int CLOSE_WAIT = 5;
    public static final int LAST_ACK = 6;
    public static final int TIME_WAIT = 7;
    public static final int CLOSE = 8;
    /** Both sides sent a SYN. */
    public static final int SYN_SENT2 = 9;
    /** No state: the packet passes and changes nothing. */
    public static final int IGNORE = 10;
    /** No state: the packet is INVALID. */
    public static final int INVALID = 11;

    static final int INDEX_SYN = 0;
    static final int INDEX_SYN_ACK = 1;
    static final int INDEX_FIN = 2;
    static final int INDEX_ACK = 3;
    static final int INDEX_RST = 4;
    /** Of no packet. */
    static final int NO_INDEX = 5;

    private static final int STATES = 10;

    private static final String NAMES = "NO SS SR ES FW CW LA TW CL S2 IG IV";

    // Columns:                                       NO SS SR ES FW CW LA TW CL S2
    private static final byte[] ORIGINAL = table(
            /* SYN */ "SS SS IG IG IG IG IG SS SS S2",
            /* SYN-ACK */ "IV IV SR IV IV IV IV IV IV SR",
            /* FIN */ "IV IV FW FW LA LA LA TW CL IV",
            /* ACK */ "ES IV ES ES CW CW TW TW CL IV",
            /* RST */ "IV CL CL CL CL CL CL CL CL CL");

    private static final byte[] REPLY = table(
            /* SYN */ "IV S2 IV IV IV IV IV SS IV S2",
            /* SYN-ACK */ "IV SR IG IG IG IG IG IG IG SR",
            /* FIN */ "IV IV FW FW LA LA LA TW CL IV",
            /* ACK */ "IV IG SR ES CW CW TW TW CL IG",
            /* RST */ "IV CL CL CL CL CL CL CL CL CL");

    /** The kernel has no setting for it, and it does not follow that of {@link #SYN_SENT}. */
    private static final long SYN_SENT2_NS = TimeUnit.MINUTES.toNanos(2);

    private TcpState() {}

    /** How long a connection is kept in each state, nanoseconds. */
    static long[] timeoutsNs(Sysctls sysctls) {
        long[] ns = new long[STATES];
        ns[SYN_SENT] = sysctls.ns(Sysctl.TCP_TIMEOUT_SYN_SENT);
        ns[SYN_RECV] = sysctls.ns(Sysctl.TCP_TIMEOUT_SYN_RECV);
        ns[ESTABLISHED] = sysctls.ns(Sysctl.TCP_TIMEOUT_ESTABLISHED);
        ns[FIN_WAIT] = sysctls.ns(Sysctl.TCP_TIMEOUT_FIN_WAIT);
        ns[CLOSE_WAIT] = sysctls.ns(Sysctl.TCP_TIMEOUT_CLOSE_WAIT);
        ns[LAST_ACK] = sysctls.ns(Sysctl.TCP_TIMEOUT_LAST_ACK);
        ns[TIME_WAIT] = sysctls.ns(Sysctl.TCP_TIMEOUT_TIME_WAIT);
        ns[CLOSE] = sysctls.ns(Sysctl.TCP_TIMEOUT_CLOSE);
        ns[SYN_SENT2] = SYN_SENT2_NS;
        return ns;
    }

    private static byte[] table(String... rows) {
        byte[] next = new byte[rows.length * STATES];
        for (int row = 0; row < rows.length; row++) {
            String[] cells = rows[row].split(" ");
            for (int column = 0; column < STATES; column++) {
                next[row * STATES + column] = (byte) (NAMES.indexOf(cells[column]) / 3);
            }
        }
        return next;
    }

    /**
     * The state after a packet.
     *
     * @param flags byte 13 of the TCP header, a combination that makes sense
     * @return a state, {@link #IGNORE} or {@link #INVALID}
     */
    public static int next(int state, int flags, boolean reply) {
        return (reply ? REPLY : ORIGINAL)[index(flags) * STATES + state];
    }

    /** Which of the flags counts: one of the {@code INDEX_} constants. */
    static int index(int flags) {
        if ((flags & Transport.RST) != 0) {
            return INDEX_RST;
        }
        if ((flags & Transport.SYN) != 0) {
            return (flags & Transport.ACK) != 0 ? INDEX_SYN_ACK : INDEX_SYN;
        }
        return (flags & Transport.FIN) != 0 ? INDEX_FIN : INDEX_ACK;
    }
}
