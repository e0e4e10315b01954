package io.vipline.dataplane.conntrack;

import java.util.concurrent.TimeUnit;

/**
 * How long an idle connection is kept, by state; seconds, under the names of the {@code net.netfilter.nf_conntrack_*}
 * sysctls. {@link #KUBE_PROXY} are the kernel's defaults with the two that kube-proxy sets ({@code
 * conntrack.tcpEstablishedTimeout}, {@code conntrack.tcpCloseWaitTimeout}).
 */
public record Timeouts(
        int tcpSynSent,
        int tcpSynRecv,
        int tcpEstablished,
        int tcpFinWait,
        int tcpCloseWait,
        int tcpLastAck,
        int tcpTimeWait,
        int tcpClose,
        int udp,
        int udpStream,
        int icmp,
        int sctp,
        int generic) {
    public static final Timeouts KUBE_PROXY =
            new Timeouts(120, 60, 86_400, 120, 3_600, 30, 120, 10, 30, 120, 30, 210, 600);

    /** Timeout of a {@link TcpState} in nanoseconds. */
    long tcpNs(int state) {
        int seconds = switch (state) {
            case TcpState.SYN_SENT, TcpState.SYN_SENT2 -> tcpSynSent;
            case TcpState.SYN_RECV -> tcpSynRecv;
            case TcpState.ESTABLISHED -> tcpEstablished;
            case TcpState.FIN_WAIT -> tcpFinWait;
            case TcpState.CLOSE_WAIT -> tcpCloseWait;
            case TcpState.LAST_ACK -> tcpLastAck;
            case TcpState.TIME_WAIT -> tcpTimeWait;
            default -> tcpClose;
        };
        return TimeUnit.SECONDS.toNanos(seconds);
    }
}
