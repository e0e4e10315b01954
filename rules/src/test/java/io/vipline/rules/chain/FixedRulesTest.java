package io.vipline.rules.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyDraft;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class FixedRulesTest {
    private static final String TAIL = "KUBE-SERVICES -m comment --comment"
            + " \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" ";
    private static final String LOCALNET = "KUBE-FIREWALL -m comment --comment \"block incoming localnet connections\""
            + " -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP";

    /** @param rules those of the chain, in order */
    record Case(String name, ProxyDraft proxy, IpFamily family, String chain, List<String> rules) {}

    private static Stream<Case> cases() {
        IpFamily v4 = IpFamily.IPV4;
        IpFamily v6 = IpFamily.IPV6;
        return Stream.of(
                tail("every local address", ProxyDraft.node(), v4, "-m addrtype --dst-type LOCAL"),
                tail(
                        "no loopback without localhost node ports",
                        ProxyDraft.node().noLocalhostNodePorts(),
                        v4,
                        "-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8"),
                tail("never ::1", ProxyDraft.node(), v6, "-m addrtype --dst-type LOCAL ! -d ::1/128"),
                tail(
                        "a zero CIDR stands for every address",
                        ProxyDraft.node().nodePortsOn("10.0.0.0/8", "0.0.0.0/0"),
                        v4,
                        "-m addrtype --dst-type LOCAL"),
                tail(
                        "CIDRs of the other family only: every address of this one",
                        ProxyDraft.node().nodePortsOn("10.0.0.0/8"),
                        v6,
                        "-m addrtype --dst-type LOCAL ! -d ::1/128"),
                tail(
                        "each address inside the CIDRs",
                        ProxyDraft.node().nodePortsOn("192.168.0.0/16").address("eth1", "192.168.7.7/24"),
                        v4,
                        "-d 192.168.0.2",
                        "-d 192.168.7.7"),
                tail(
                        "loopback too if it is inside",
                        ProxyDraft.node().nodePortsOn("127.0.0.0/8", "192.168.0.0/24"),
                        v4,
                        "-d 127.0.0.1",
                        "-d 192.168.0.2"),
                tail(
                        "loopback inside but not wanted",
                        ProxyDraft.node()
                                .nodePortsOn("127.0.0.0/8", "192.168.0.0/24")
                                .noLocalhostNodePorts(),
                        v4,
                        "-d 192.168.0.2"),
                tail(
                        "::1 inside is left out",
                        ProxyDraft.node().nodePortsOn("::1/128", "2001:db8::/32"),
                        v6,
                        "-d 2001:db8::1"),
                new Case("localhost node ports need a wall", ProxyDraft.node(), v4, "KUBE-FIREWALL", List.of(LOCALNET)),
                new Case("no wall in IPv6", ProxyDraft.node(), v6, "KUBE-FIREWALL", List.of()),
                new Case(
                        "no wall where loopback has no node ports",
                        ProxyDraft.node().nodePortsOn("192.168.0.0/24"),
                        v4,
                        "KUBE-FIREWALL",
                        List.of()),
                new Case(
                        "forwarding",
                        ProxyDraft.node(),
                        v4,
                        "KUBE-FORWARD",
                        List.of(
                                "KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
                                "KUBE-FORWARD -m comment --comment \"kubernetes forwarding rules\" -m mark --mark"
                                        + " 0x00004000/0x00004000 -j ACCEPT",
                                "KUBE-FORWARD -m comment --comment \"kubernetes forwarding conntrack rule\""
                                        + " -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")),
                new Case(
                        "forwarding with a liberal conntrack and another mark",
                        ProxyDraft.node().liberal().masqueradeBit(0).nfacct(),
                        v6,
                        "KUBE-FORWARD",
                        List.of(
                                "KUBE-FORWARD -m comment --comment \"kubernetes forwarding rules\" -m mark --mark"
                                        + " 0x00000001/0x00000001 -j ACCEPT",
                                "KUBE-FORWARD -m comment --comment \"kubernetes forwarding conntrack rule\""
                                        + " -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")),
                new Case(
                        "masquerading with random ports and the topmost mark",
                        ProxyDraft.node().randomFully().masqueradeBit(31),
                        v4,
                        "KUBE-POSTROUTING",
                        List.of(
                                "KUBE-POSTROUTING -m mark ! --mark 0x80000000/0x80000000 -j RETURN",
                                "KUBE-POSTROUTING -j MARK --xor-mark 0x80000000",
                                "KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\""
                                        + " -j MASQUERADE --random-fully")),
                new Case(
                        "marking",
                        ProxyDraft.node(),
                        v6,
                        "KUBE-MARK-MASQ",
                        List.of("KUBE-MARK-MASQ -j MARK --or-mark 0x00004000")));
    }

    private static Case tail(String name, ProxyDraft proxy, IpFamily family, String... destinations) {
        List<String> rules = Stream.of(destinations)
                .map(destination -> TAIL + destination + " -j KUBE-NODEPORTS")
                .toList();
        return new Case("node ports: " + name, proxy, family, "KUBE-SERVICES", rules);
    }

    @TestFactory
    Stream<DynamicTest> rules_that_do_not_depend_on_services() {
        return cases().map(one -> DynamicTest.dynamicTest(one.name, () -> {
            Ruleset rules = KubeProxyWriter.write(one.proxy.build(), one.family, List.of())
                    .ruleset();
            List<String> written = new ArrayList<>();
            for (String table : rules.tables()) {
                rules.chain(table, one.chain)
                        .ifPresent(chain -> chain.rules()
                                .forEach(rule -> written.add(
                                        RulesetPrinter.rule(chain.name(), rule).substring(3))));
            }
            assertThat(written).isEqualTo(one.rules);
        }));
    }
}
