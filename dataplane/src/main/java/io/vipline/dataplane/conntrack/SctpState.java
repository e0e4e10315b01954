package io.vipline.dataplane.conntrack;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;

/**
 * The SCTP state machine of conntrack: what {@code sctp_conntracks[][][]} of {@code nf_conntrack_proto_sctp.c} says of a
 * chunk in a state, in either direction.
 */
public final class SctpState {
    public static final int NONE = 0;
    public static final int CLOSED = 1;
    public static final int COOKIE_WAIT = 2;
    public static final int COOKIE_ECHOED = 3;
    public static final int ESTABLISHED = 4;
    public static final int SHUTDOWN_SENT = 5;
    public static final int SHUTDOWN_RECEIVED = 6;
    public static final int SHUTDOWN_ACK_SENT = 7;
    public static final int HEARTBEAT_SENT = 8;
    /** No state: the packet is INVALID. */
    public static final int INVALID = 9;

    static final int STATES = 9;

    /** Chunk types (RFC 9260 3.2). */
    static final int DATA = 0;

    static final int INIT = 1;
    static final int INIT_ACK = 2;
    static final int HEARTBEAT = 4;
    static final int HEARTBEAT_ACK = 5;
    static final int ABORT = 6;
    static final int SHUTDOWN = 7;
    static final int SHUTDOWN_ACK = 8;
    static final int ERROR = 9;
    static final int COOKIE_ECHO = 10;
    static final int COOKIE_ACK = 11;
    static final int SHUTDOWN_COMPLETE = 14;

    private static final String NAMES = "NO CL CW CE ES SS SR SA HS IV";
    private static final int NO_ROW = -1;

    // Columns:                  NO CL CW CE ES SS SR SA HS
    private static final byte[] ORIGINAL = table(
            /* INIT */ "CL CL CW CE ES CL CL SA CW",
            /* INIT ACK */ "CL CL CW CE ES SS SR SA CL",
            /* ABORT */ "CL CL CL CL CL CL CL CL CL",
            /* SHUTDOWN */ "CL CL CW CE SS SS SR SA CL",
            /* SHUTDOWN ACK */ "SA CL CW CE ES SA SA SA SA",
            /* ERROR */ "CL CL CW CE ES SS SR SA CL",
            /* COOKIE ECHO */ "CL CL CE CE ES SS SR SA CL",
            /* COOKIE ACK */ "CL CL CW ES ES SS SR SA CL",
            /* SHUTDOWN COMPLETE */ "CL CL CW CE ES SS SR CL CL",
            /* HEARTBEAT */ "HS CL CW CE ES SS SR SA HS",
            /* HEARTBEAT ACK */ "CL CL CW CE ES SS SR SA HS");

    private static final byte[] REPLY = table(
            /* INIT */ "IV CL CW CE ES SS SR SA IV",
            /* INIT ACK */ "IV CW CW CE ES SS SR SA IV",
            /* ABORT */ "IV CL CL CL CL CL CL CL IV",
            /* SHUTDOWN */ "IV CL CW CE SR SS SR SA IV",
            /* SHUTDOWN ACK */ "IV CL CW CE ES SA SA SA IV",
            /* ERROR */ "IV CL CW CL ES SS SR SA IV",
            /* COOKIE ECHO */ "IV CL CE CE ES SS SR SA IV",
            /* COOKIE ACK */ "IV CL CW ES ES SS SR SA IV",
            /* SHUTDOWN COMPLETE */ "IV CL CW CE ES SS SR CL IV",
            /* HEARTBEAT */ "IV CL CW CE ES SS SR SA HS",
            /* HEARTBEAT ACK */ "IV CL CW CE ES SS SR SA ES");

    private SctpState() {}

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

    /** The state after a chunk; chunks that carry data, and unknown ones, change nothing. */
    static int next(int state, int chunkType, boolean reply) {
        int row = row(chunkType);
        return row == NO_ROW ? state : (reply ? REPLY : ORIGINAL)[row * STATES + state];
    }

    private static int row(int chunkType) {
        return switch (chunkType) {
            case INIT -> 0;
            case INIT_ACK -> 1;
            case ABORT -> 2;
            case SHUTDOWN -> 3;
            case SHUTDOWN_ACK -> 4;
            case ERROR -> 5;
            case COOKIE_ECHO -> 6;
            case COOKIE_ACK -> 7;
            case SHUTDOWN_COMPLETE -> 8;
            case HEARTBEAT -> 9;
            case HEARTBEAT_ACK -> 10;
            default -> NO_ROW;
        };
    }

    /** How long an association is kept in each state, nanoseconds ({@code sctp_timeouts[]}). */
    static long[] timeoutsNs(Sysctls sysctls) {
        long[] ns = new long[STATES];
        ns[CLOSED] = sysctls.ns(Sysctl.SCTP_TIMEOUT_CLOSED);
        ns[COOKIE_WAIT] = sysctls.ns(Sysctl.SCTP_TIMEOUT_COOKIE_WAIT);
        ns[COOKIE_ECHOED] = sysctls.ns(Sysctl.SCTP_TIMEOUT_COOKIE_ECHOED);
        ns[ESTABLISHED] = sysctls.ns(Sysctl.SCTP_TIMEOUT_ESTABLISHED);
        ns[SHUTDOWN_SENT] = sysctls.ns(Sysctl.SCTP_TIMEOUT_SHUTDOWN_SENT);
        ns[SHUTDOWN_RECEIVED] = sysctls.ns(Sysctl.SCTP_TIMEOUT_SHUTDOWN_RECD);
        ns[SHUTDOWN_ACK_SENT] = sysctls.ns(Sysctl.SCTP_TIMEOUT_SHUTDOWN_ACK_SENT);
        ns[HEARTBEAT_SENT] = sysctls.ns(Sysctl.SCTP_TIMEOUT_HEARTBEAT_SENT);
        return ns;
    }
}
