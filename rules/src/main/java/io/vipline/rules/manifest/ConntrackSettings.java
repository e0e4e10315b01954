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
    public static final ConntrackSettings NONE = new ConntrackSettings(
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            false);
}
