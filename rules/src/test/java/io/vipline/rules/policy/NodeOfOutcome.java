package io.vipline.rules.policy;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import java.util.List;

/** The node as {@link KubeProxyOutcome} needs it: its addresses, its node ports, and who a packet comes from. */
record NodeOfOutcome(ProxyConfig config, IpFamily family) {
    private static final Cidr LOOPBACK = Cidr.of("127.0.0.0/8");
    private static final Cidr LOOPBACK_V6 = Cidr.of("::1/128");

    /** Who sends a packet, as far as kube-proxy can tell. */
    enum Sender {
        POD,
        NODE,
        OUTSIDER
    }

    boolean isNftables() {
        return config.mode() == ProxyConfig.Mode.NFTABLES;
    }

    /** The kernel calls every address of 127.0.0.0/8 local. */
    boolean isLocal(IpAddress address) {
        return LOOPBACK.contains(address)
                || config.localAddresses().stream()
                        .anyMatch(local -> local.address().equals(address));
    }

    static boolean isLoopback(IpAddress address) {
        return LOOPBACK.contains(address) || LOOPBACK_V6.contains(address);
    }

    Sender sender(Packet packet) {
        if (Boolean.TRUE.equals(isFromPod(packet))) {
            return Sender.POD;
        }
        return isLocal(packet.source()) ? Sender.NODE : Sender.OUTSIDER;
    }

    /** Whether a local pod sent it; null if kube-proxy has no means to tell. */
    Boolean isFromPod(Packet packet) {
        return switch (config.detectLocal()) {
            case DetectLocal.None() -> null;
            case DetectLocal.BySource(List<Cidr> cidrs) -> {
                List<Cidr> own =
                        cidrs.stream().filter(cidr -> cidr.family() == family).toList();
                yield own.isEmpty() ? null : Boolean.valueOf(own.getFirst().contains(packet.source()));
            }
            case DetectLocal.ByInterface(String pattern) -> {
                boolean arrived = !isLocal(packet.source());
                yield arrived
                        && (pattern.endsWith("+")
                                ? packet.inInterface().startsWith(pattern.substring(0, pattern.length() - 1))
                                : packet.inInterface().equals(pattern));
            }
        };
    }

    /** Whether node ports answer on this address. */
    boolean hasNodePorts(IpAddress address) {
        if (!isLocal(address)) {
            return false;
        }
        if (isLoopback(address) && (family == IpFamily.IPV6 || !localhostNodePorts())) {
            return false;
        }
        List<Cidr> only = ranges();
        return matchesAll(only)
                || config.localAddresses().stream()
                                .anyMatch(local -> local.address().equals(address))
                        && only.stream().anyMatch(cidr -> cidr.contains(address));
    }

    /** Never in nftables mode, which does not route loopback addresses. */
    boolean localhostNodePorts() {
        List<Cidr> only = ranges();
        return !isNftables()
                && family == IpFamily.IPV4
                && config.localhostNodePorts()
                && (matchesAll(only)
                        || only.stream()
                                .anyMatch(cidr ->
                                        cidr.contains(IpAddress.of("127.0.0.1")) || LOOPBACK.contains(cidr.address())));
    }

    private List<Cidr> ranges() {
        return config.nodePortAddresses().stream()
                .filter(cidr -> cidr.family() == family)
                .toList();
    }

    private static boolean matchesAll(List<Cidr> ranges) {
        return ranges.isEmpty() || ranges.stream().anyMatch(cidr -> cidr.prefixLength() == 0);
    }
}
