package io.vipline.rules.chain.save;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.NetworkNamespace;
import io.vipline.rules.NetworkNamespace.Output;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel's own tools save is read without a fault and printed back to the byte. */
class KernelDumpTest {
    /** As Docker, libvirt and people write them. */
    private static final String DOCKER = """
            *nat
            :DOCKER - [0:0]
            -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
            -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
            -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
            -A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p udp -j MASQUERADE --to-ports 1024-65535
            -A DOCKER -i docker0 -j RETURN
            -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
            COMMIT
            *mangle
            -A POSTROUTING -o virbr0 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill
            -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
            COMMIT
            *filter
            :FORWARD DROP [0:0]
            :DOCKER-USER - [0:0]
            :DOCKER-ISOLATION-STAGE-1 - [0:0]
            -A INPUT -i virbr0 -p udp -m udp --dport 53 -j ACCEPT
            -A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 5/min -j ACCEPT
            -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
            -A FORWARD -j DOCKER-USER
            -A FORWARD -g DOCKER-ISOLATION-STAGE-1
            -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A FORWARD -p tcp -m multiport --dports 22,80,8000:8080 -m comment --comment "people's ports" -j REJECT --reject-with tcp-reset
            -A DOCKER-USER -j LOG --log-prefix "docker: " --log-level 6
            COMMIT
            """;

    /** As Calico and Weave write them, sets and kernel modules aside that are not everywhere. */
    private static final String CALICO = """
            *raw
            :cali-PREROUTING - [0:0]
            -A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
            -A cali-PREROUTING -m comment --comment "cali:XFX5xbM8B9qR10JG" -j MARK --set-xmark 0x0/0xf0000
            -A cali-PREROUTING -i cali+ -m comment --comment "cali:EWMPb0zVROM-woQp" -j MARK --set-xmark 0x40000/0x40000
            -A cali-PREROUTING -p udp -m udp --dport 4789 -j CT --notrack
            COMMIT
            *filter
            :cali-FORWARD - [0:0]
            :cali-from-wl-dispatch - [0:0]
            :cali-fw-cali1234567890a - [0:0]
            -A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD
            -A cali-FORWARD -i cali+ -m comment --comment "cali:8ZoYfO5HKXWbB3pk" -j cali-from-wl-dispatch
            -A cali-FORWARD -m comment --comment "cali:MH9kMp5aNICL-Olv" -m mark --mark 0x10000/0x10000 -j ACCEPT
            -A cali-from-wl-dispatch -i cali1234567890a -m comment --comment "cali:zTj6P0TIgYvgz-md" -g cali-fw-cali1234567890a
            -A cali-from-wl-dispatch -m comment --comment "cali:Unknown" -m conntrack --ctstate INVALID -j DROP
            -A cali-from-wl-dispatch -m comment --comment "cali:x" -m mark ! --mark 0x0/0x20000 -j RETURN
            COMMIT
            """;

    private static final String IPV6 = """
            *filter
            :INPUT DROP [0:0]
            -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
            -A INPUT ! -s fe80::/10 -d ff02::1:2/128 -p udp -m udp --sport 547 --dport 546 -j ACCEPT
            -A INPUT -j REJECT --reject-with icmp6-adm-prohibited
            COMMIT
            *nat
            -A PREROUTING -d 2001:db8::1/128 -p tcp -m tcp --dport 443 -j DNAT --to-destination [fd00::2]:8443
            -A POSTROUTING -s fd00::/64 -j SNAT --to-source 2001:db8::1 --random-fully
            COMMIT
            """;

    static Stream<Arguments> dumps() {
        return Stream.of("legacy", "nft")
                .flatMap(kind -> Stream.of(
                        Arguments.of("iptables-" + kind, "Docker, libvirt", DOCKER),
                        Arguments.of("iptables-" + kind, "Calico", CALICO),
                        Arguments.of("ip6tables-" + kind, "IPv6", IPV6)));
    }

    @ParameterizedTest(name = "{1} by {0}")
    @MethodSource("dumps")
    void what_the_kernel_gives_back_we_give_back(String frontEnd, String name, String text) {
        try (NetworkNamespace namespace = NetworkNamespace.open(frontEnd + "-restore", frontEnd + "-save")) {
            Output loading = namespace.run(text, frontEnd + "-restore");
            assertThat(loading.exitCode()).as(loading.text()).isZero();
            for (String[] command : new String[][] {{frontEnd + "-save"}, {frontEnd + "-save", "-c"}}) {
                String saved = namespace.run("", command).text();
                IptablesDump dump = IptablesSaveReaderTest.read(saved);
                assertThat(dump.problems()).isEmpty();
                assertThat(saved).contains("COMMIT");
                assertThat(IptablesSaveReaderTest.printed(dump)).isEqualTo(saved);
            }
        }
    }

    @ParameterizedTest(name = "by {0}")
    @ValueSource(strings = {"iptables-legacy", "iptables-nft"})
    void sets_as_the_kernel_saves_them_decide_the_rules_that_ask_for_them(String frontEnd) throws IOException {
        try (NetworkNamespace namespace = NetworkNamespace.open(frontEnd + "-restore", frontEnd + "-save", "ipset")) {
            Output made = namespace.run("""
                    create clients hash:net counters
                    add clients 10.0.0.0/8
                    add clients 10.1.0.0/16 nomatch
                    create services hash:ip,port timeout 300
                    add services 10.96.0.10,udp:53
                    create all list:set
                    add all clients
                    """, "ipset", "restore");
            Assumptions.assumeTrue(made.exitCode() == 0, () -> "no ipset here: " + made.text());
            Output loaded = namespace.run("""
                    *filter
                    :FORWARD DROP [0:0]
                    -A FORWARD -m set --match-set all src -m set --match-set services dst,dst -j ACCEPT
                    COMMIT
                    """, frontEnd + "-restore");
            Assumptions.assumeTrue(loaded.exitCode() == 0, () -> "no set match here: " + loaded.text());
            IpsetSaveReader sets = new IpsetSaveReader();
            sets.read(
                    "sets.txt",
                    new StringReader(namespace.run("", "ipset", "save").text()));
            assertThat(sets.problems()).isEmpty();
            String saved = namespace.run("", frontEnd + "-save").text();
            IptablesDump dump = IptablesSaveReader.read("rules.txt", new StringReader(saved), sets.sets());
            assertThat(IptablesSaveReaderTest.printed(dump)).isEqualTo(saved);
            ChainWalker walker = new ChainWalker(dump.ruleset(IpFamily.IPV4).orElseThrow(), NodeNetwork.of(List.of()));
            assertThat(kind(walker, "10.2.0.1", "10.96.0.10")).isEqualTo(Walk.Kind.ACCEPT);
            assertThat(kind(walker, "10.1.0.1", "10.96.0.10")).isEqualTo(Walk.Kind.DROP);
            assertThat(kind(walker, "10.2.0.1", "10.96.0.11")).isEqualTo(Walk.Kind.DROP);
        }
    }

    private static Walk.Kind kind(ChainWalker walker, String source, String destination) {
        return walker.walk(PacketDescription.first(17, IpAddress.of(source), 4000, IpAddress.of(destination), 53))
                .kind();
    }
}
