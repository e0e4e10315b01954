package io.vipline.tools;

import io.vipline.dataplane.conntrack.Timeouts;
import io.vipline.rules.manifest.ConntrackSettings;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** What the data path takes from a node and its kube-proxy's configuration. */
final class PipelineOptions {
    private PipelineOptions() {}

    /** The kernel's timeouts with those that kube-proxy sets. */
    static Timeouts timeouts(ConntrackSettings settings) {
        Timeouts base = Timeouts.KUBE_PROXY;
        return new Timeouts(
                base.tcpSynSent(),
                base.tcpSynRecv(),
                seconds(settings.tcpEstablishedTimeoutNs(), base.tcpEstablished()),
                base.tcpFinWait(),
                seconds(settings.tcpCloseWaitTimeoutNs(), base.tcpCloseWait()),
                base.tcpLastAck(),
                base.tcpTimeWait(),
                base.tcpClose(),
                seconds(settings.udpTimeoutNs(), base.udp()),
                seconds(settings.udpStreamTimeoutNs(), base.udpStream()),
                base.icmp(),
                base.sctp(),
                base.generic());
    }

    private static int seconds(OptionalLong ns, int otherwise) {
        return ns.isPresent() ? (int) TimeUnit.NANOSECONDS.toSeconds(ns.getAsLong()) : otherwise;
    }
}
