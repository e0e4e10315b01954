package io.vipline.rules.chain;

import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;

/** Names of kube-proxy's fixed chains, and the terms and targets that its rules share. */
final class KubeProxyChains {
    static final String FILTER = "filter";
    static final String NAT = "nat";

    static final String SERVICES = "KUBE-SERVICES";
    static final String EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES";
    static final String NODE_PORTS = "KUBE-NODEPORTS";
    static final String FORWARD = "KUBE-FORWARD";
    static final String PROXY_FIREWALL = "KUBE-PROXY-FIREWALL";
    static final String FIREWALL = "KUBE-FIREWALL";
    static final String POSTROUTING = "KUBE-POSTROUTING";
    static final String MARK_MASQ = "KUBE-MARK-MASQ";

    static final Target JUMP_MARK_MASQ = new Target.Jump(MARK_MASQ);

    private static final Target REJECT_V4 = new Target.Reject("icmp-port-unreachable", "");
    private static final Target REJECT_V6 = new Target.Reject("icmp6-port-unreachable", "");

    private KubeProxyChains() {}

    /** The bare {@code -j REJECT}. */
    static Target reject(IpFamily family) {
        return family == IpFamily.IPV4 ? REJECT_V4 : REJECT_V6;
    }

    private static final Match[] MODULES = new Match[256];
    private static final Match[] PROTOCOLS = new Match[256];

    static {
        for (Protocol protocol : Protocol.values()) {
            MODULES[protocol.number()] = new Match.Module(protocol.text());
            PROTOCOLS[protocol.number()] = new Match.Protocol(protocol.number(), protocol.text(), false);
        }
    }

    /** {@code -m tcp}. */
    static Match module(Protocol protocol) {
        return MODULES[protocol.number()];
    }

    /** {@code -p tcp}. */
    static Match protocol(Protocol protocol) {
        return PROTOCOLS[protocol.number()];
    }

    /** In quotes if it needs them. */
    static Match comment(String text) {
        return new Match.Comment(text, text.indexOf(' ') >= 0);
    }
}
