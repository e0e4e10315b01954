package io.vipline.rules.manifest;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The {@code conntrack} part of a KubeProxyConfiguration: what kube-proxy writes into the kernel's settings. Empty: not
 * written, the kernel's default stays.
 *
 * @param maxPerCore entries per CPU; 0: no limit is written
 * @param min entries at least, whatever {@code maxPerCore} gives
 * @param tcpBeLiberal {@code nf_conntrack_tcp_be_liberal}
 */
public record ConntrackSettings(
        OptionalInt maxPerCore,
        OptionalInt min,
        OptionalLong tcpEstablishedTimeoutNs,
        OptionalLong tcpCloseWaitTimeoutNs,
        OptionalLong udpTimeoutNs,
        OptionalLong udpStreamTimeoutNs,
        boolean tcpBeLiberal) {
    /** {@code SetDefaults_KubeProxyConfiguration}: a day, */
    static final String DEFAULT_TCP_ESTABLISHED_TIMEOUT = "24h";
    /** and an hour; a timeout of 0 leaves the kernel's as it is. */
    static final String DEFAULT_TCP_CLOSE_WAIT_TIMEOUT = "1h";

    /** Of a configuration that says nothing. */
    public static final ConntrackSettings DEFAULT = new ConntrackSettings(
            OptionalInt.empty(),
            OptionalInt.empty(),
            GoDuration.parseNs(DEFAULT_TCP_ESTABLISHED_TIMEOUT),
            GoDuration.parseNs(DEFAULT_TCP_CLOSE_WAIT_TIMEOUT),
            OptionalLong.empty(),
            OptionalLong.empty(),
            false);
}
