package io.vipline.rules.chain.save;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.CorpusScenario;
import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IptablesSaveReaderTest {
    static IptablesDump read(String text) {
        try {
            return IptablesSaveReader.read("rules.txt", new StringReader(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String printed(IptablesDump dump) {
        StringBuilder text = new StringBuilder();
        dump.print(text);
        return text.toString();
    }

    /** A table with one rule in FORWARD and a chain to go to. */
    private static String table(String rule) {
        return "*filter\n:FORWARD ACCEPT [0:0]\n:TO - [0:0]\n-A FORWARD " + rule + "\nCOMMIT\n";
    }

    private static Rule rule(IptablesDump dump, IpFamily family) {
        return dump.ruleset(family)
                .orElseThrow()
                .chain("filter", "FORWARD")
                .orElseThrow()
                .rules()
                .getFirst();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"kubeadm-1.29-flannel-docker.txt", "legacy-2017-externalips.txt"})
    void a_real_machines_dump_is_understood_and_printed_back(String name) throws IOException {
        String text = Files.readString(CorpusScenario.file("iptables-save/" + name));
        IptablesDump dump = read(text);
        assertThat(dump.problems()).isEmpty();
        assertThat(printed(dump)).isEqualTo(text);
        assertThat(opaque(dump.ruleset(IpFamily.IPV4).orElseThrow())).isEmpty();
    }

    private static List<String> opaque(Ruleset ruleset) {
        List<String> found = new ArrayList<>();
        for (String table : ruleset.tables()) {
            for (Chain chain : ruleset.chains(table)) {
                for (Rule rule : chain.rules()) {
                    rule.matches().forEach(match -> {
                        if (match instanceof Match.Opaque(String text, String _, String _, boolean _)) {
                            found.add(text);
                        }
                    });
                    if (rule.target() instanceof Target.Opaque(String text, String _)) {
                        found.add(text);
                    }
                }
            }
        }
        return found;
    }

    record Term(String text, Match... matches) {}

    private static Stream<Term> terms() {
        Cidr ten = Cidr.of("10.0.0.0/8");
        return Stream.of(
                new Term("-s 10.0.0.0/8", new Match.Source(ten, "-s 10.0.0.0/8", false)),
                new Term("! -d 10.0.0.0/255.0.0.0", new Match.Destination(ten, "! -d 10.0.0.0/255.0.0.0", true)),
                new Term("-p tcp -m tcp", new Match.Protocol(6, "tcp", false), new Match.Module("tcp")),
                new Term("! -p 47", new Match.Protocol(47, "47", true)),
                new Term(
                        "-i docker0 ! -o cali+",
                        new Match.InInterface("docker0", false),
                        new Match.OutInterface("cali+", true)),
                new Term(
                        "-p udp -m udp --sport 53 ! --dport 67:68",
                        new Match.Protocol(17, "udp", false),
                        new Match.Module("udp"),
                        new Match.SourcePort(PortRange.single(53), false),
                        new Match.DestinationPort(new PortRange(67, 68), true)),
                new Term(
                        "-p tcp -m comment --comment \"say \\\"hi\\\"\" -m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
                        new Match.Protocol(6, "tcp", false),
                        new Match.Comment("say \"hi\"", true),
                        new Match.Module("tcp"),
                        new Match.TcpFlags(0x17, 0x02, "--tcp-flags FIN,SYN,RST,ACK SYN", false)),
                new Term("-m comment --comment cali:-_X9", new Match.Comment("cali:-_X9", false)),
                new Term(
                        "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT",
                        new Match.ConnectionState(
                                "conntrack",
                                Set.of(CtState.RELATED, CtState.ESTABLISHED, CtState.DNAT),
                                "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT",
                                true)),
                new Term(
                        "-m state --state NEW",
                        new Match.ConnectionState("state", Set.of(CtState.NEW), "-m state --state NEW", false)),
                new Term(
                        "-m mark ! --mark 0x4000/0x4000",
                        new Match.Mark(0x4000, 0x4000, "-m mark ! --mark 0x4000/0x4000", true)),
                new Term("-m mark --mark 0x1", new Match.Mark(1, -1, "-m mark --mark 0x1", false)),
                new Term(
                        "-m addrtype ! --src-type LOCAL --dst-type LOCAL",
                        new Match.AddressType(
                                Match.Side.SOURCE, Set.of("LOCAL"), "-m addrtype ! --src-type LOCAL", true),
                        new Match.AddressType(Match.Side.DESTINATION, Set.of("LOCAL"), "--dst-type LOCAL", false)),
                new Term(
                        "-m statistic --mode random --probability 0.33333333349",
                        new Match.Statistic(0.33333333349, "-m statistic --mode random --probability 0.33333333349")),
                new Term(
                        "-m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource",
                        new Match.Recent(
                                Match.RecentOperation.RCHECK,
                                "KUBE-SEP-A",
                                10800,
                                true,
                                "-m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource",
                                false)),
                new Term(
                        "-p tcp -m recent --set --name DEFAULT --rsource -m multiport ! --dports 80,443,8000:8080",
                        new Match.Protocol(6, "tcp", false),
                        new Match.Recent(
                                Match.RecentOperation.SET,
                                "DEFAULT",
                                0,
                                false,
                                "-m recent --set --name DEFAULT --rsource",
                                false),
                        new Match.MultiPort(
                                Match.Side.DESTINATION,
                                List.of(PortRange.single(80), PortRange.single(443), new PortRange(8000, 8080)),
                                true)),
                new Term(
                        "-m set ! --match-set KUBE-CLUSTER-IP dst,dst",
                        new Match.IpSet(
                                "KUBE-CLUSTER-IP",
                                List.of(Match.Side.DESTINATION, Match.Side.DESTINATION),
                                Optional.empty(),
                                "-m set ! --match-set KUBE-CLUSTER-IP dst,dst",
                                true)),
                new Term(
                        "-p icmp -m icmp --icmp-type 3/4",
                        new Match.Protocol(1, "icmp", false),
                        new Match.Module("icmp"),
                        new Match.IcmpType(3, 4, "--icmp-type 3/4", false)),
                new Term("-m nfacct --nfacct-name drops", new Match.NfAcct("drops")),
                new Term(
                        "-m physdev ! --physdev-is-in",
                        new Match.Granted(true, "the packet passes no bridge port", "-m physdev ! --physdev-is-in")),
                new Term(
                        "-m limit --limit 5/min --limit-burst 10 -m ipvs --ipvs",
                        new Match.Opaque(
                                "-m limit --limit 5/min --limit-burst 10",
                                "whether the limit is reached depends on other packets"),
                        new Match.Opaque(
                                "-m ipvs --ipvs",
                                "the match ipvs with --ipvs is not decided offline",
                                "-m ipvs --ipvs",
                                false)),
                new Term(
                        "-m hashlimit --hashlimit-above 5/sec --hashlimit-name h -m connlimit --connlimit-above 3",
                        new Match.Opaque(
                                "-m hashlimit --hashlimit-above 5/sec --hashlimit-name h",
                                "whether the limit is reached depends on other packets"),
                        new Match.Opaque(
                                "-m connlimit --connlimit-above 3", "how many connections there are is not known")),
                new Term(
                        "-m ttl --ttl-lt 5 -m hl --hl-eq 255 -m ttl ! --ttl-eq 1",
                        new Match.HeaderField(Match.Field.TTL, 255, 0, 4, "-m ttl --ttl-lt 5", false),
                        new Match.HeaderField(Match.Field.TTL, 255, 255, 255, "-m hl --hl-eq 255", false),
                        new Match.HeaderField(Match.Field.TTL, 255, 1, 1, "-m ttl ! --ttl-eq 1", true)),
                new Term(
                        "-m length --length 0:100 -m tos --tos 0x10/0x3f -m dscp ! --dscp 0x2e -m ecn --ecn-ip-ect 2",
                        new Match.HeaderField(Match.Field.LENGTH, 0xffff, 0, 100, "-m length --length 0:100", false),
                        new Match.HeaderField(Match.Field.TOS, 0x3f, 0x10, 0x10, "-m tos --tos 0x10/0x3f", false),
                        new Match.HeaderField(Match.Field.TOS, 0xfc, 0xb8, 0xb8, "-m dscp ! --dscp 0x2e", true),
                        new Match.HeaderField(Match.Field.TOS, 3, 2, 2, "-m ecn --ecn-ip-ect 2", false)),
                new Term(
                        "-m conntrack --ctstate NEW --ctproto 6 ! --ctorigdst 10.0.0.0/8 --ctorigdstport 80:90"
                                + " --ctdir ORIGINAL --ctstatus SEEN_REPLY,ASSURED",
                        new Match.ConnectionState(
                                "conntrack", Set.of(CtState.NEW), "-m conntrack --ctstate NEW", false),
                        new Match.ConnectionTrait(Match.Trait.PROTOCOL, 6, "--ctproto 6", false),
                        new Match.TupleAddress(
                                false, Match.Side.DESTINATION, Cidr.of("10.0.0.0/8"), "! --ctorigdst 10.0.0.0/8", true),
                        new Match.TuplePort(
                                false, Match.Side.DESTINATION, new PortRange(80, 90), "--ctorigdstport 80:90", false),
                        new Match.ConnectionTrait(Match.Trait.DIRECTION, 0, "--ctdir ORIGINAL", false),
                        new Match.ConnectionTrait(
                                Match.Trait.STATUS,
                                Match.ConnectionTrait.SEEN_REPLY | Match.ConnectionTrait.ASSURED,
                                "--ctstatus SEEN_REPLY,ASSURED",
                                false)),
                new Term(
                        "-m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --dst-type LOCAL --limit-iface-in",
                        new Match.LocalOnInterface(
                                Match.Side.SOURCE, false, "-m addrtype ! --src-type LOCAL --limit-iface-out", true),
                        new Match.LocalOnInterface(
                                Match.Side.DESTINATION, true, "-m addrtype --dst-type LOCAL --limit-iface-in", false)),
                new Term(
                        "-m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 10.1.0.0-10.1.0.5",
                        new Match.AddressRange(
                                Match.Side.SOURCE,
                                IpAddress.of("10.0.0.1"),
                                IpAddress.of("10.0.0.9"),
                                "-m iprange --src-range 10.0.0.1-10.0.0.9",
                                false),
                        new Match.AddressRange(
                                Match.Side.DESTINATION,
                                IpAddress.of("10.1.0.0"),
                                IpAddress.of("10.1.0.5"),
                                "! --dst-range 10.1.0.0-10.1.0.5",
                                true)),
                new Term(
                        "-m connmark ! --mark 0x80/0x80",
                        new Match.ConnectionMark(0x80, 0x80, "-m connmark ! --mark 0x80/0x80", true)),
                new Term(
                        "-m owner --uid-owner 1337 ! --gid-owner 7",
                        new Match.SocketOwner(false, "-m owner --uid-owner 1337 ! --gid-owner 7", "")),
                new Term(
                        "-m owner ! --uid-owner 1337",
                        new Match.SocketOwner(true, "-m owner ! --uid-owner 1337", "-m owner --uid-owner 1337")),
                new Term(
                        "-m policy --dir in --pol ipsec",
                        new Match.Granted(false, "the packet is not IPsec's", "-m policy --dir in --pol ipsec")),
                new Term(
                        "-m bpf ! --object-pinned /sys/fs/bpf/x",
                        new Match.Opaque(
                                "-m bpf ! --object-pinned /sys/fs/bpf/x",
                                "the match bpf with --object-pinned is not decided offline",
                                "-m bpf --object-pinned /sys/fs/bpf/x",
                                true)),
                new Term(
                        "-p icmp -m icmp --icmp-type echo-request",
                        new Match.Protocol(1, "icmp", false),
                        new Match.Module("icmp"),
                        new Match.IcmpType(8, -1, "--icmp-type echo-request", false)),
                new Term(
                        "-m statistic --mode nth --every 3 --packet 0",
                        new Match.Statistic(1.0 / 3, "-m statistic --mode nth --every 3 --packet 0")),
                new Term(
                        "-m rpfilter -m mark --mark 0x1",
                        new Match.Granted(
                                true, "the packet came by the interface that leads to its source", "-m rpfilter"),
                        new Match.Mark(1, -1, "-m mark --mark 0x1", false)));
    }

    @TestFactory
    Stream<DynamicTest> matches_are_read_and_printed_back() {
        return terms().map(one -> DynamicTest.dynamicTest(one.text, () -> {
            String text = table(one.text + " -j ACCEPT");
            IptablesDump dump = read(text);
            assertThat(dump.problems()).isEmpty();
            assertThat(rule(dump, IpFamily.IPV4).matches()).containsExactly(one.matches);
            assertThat(printed(dump)).isEqualTo(text);
        }));
    }

    record Action(String text, Target target) {}

    private static Stream<Action> actions() {
        return Stream.of(
                new Action("", new Target.Continue()),
                new Action("-j RETURN", new Target.Return()),
                new Action("-j TO", new Target.Jump("TO")),
                new Action("-g TO", new Target.Goto("TO")),
                new Action("-j REJECT", new Target.Reject("icmp-port-unreachable", "-j REJECT")),
                new Action(
                        "-j REJECT --reject-with tcp-reset",
                        new Target.Reject("tcp-reset", "-j REJECT --reject-with tcp-reset")),
                new Action(
                        "-j MARK --set-xmark 0x4000/0x4000",
                        new Target.SetMark(0x4000, 0x4000, "-j MARK --set-xmark 0x4000/0x4000")),
                new Action(
                        "-j MARK --set-xmark 0x4000/0x0",
                        new Target.SetMark(0, 0x4000, "-j MARK --set-xmark 0x4000/0x0")),
                new Action("-j MARK --set-mark 0x1/0xf0", new Target.SetMark(0xf1, 1, "-j MARK --set-mark 0x1/0xf0")),
                new Action("-j MARK --and-mark 0xff", new Target.SetMark(~0xff, 0, "-j MARK --and-mark 0xff")),
                new Action(
                        "-j DNAT --to-destination 10.0.0.1:80 --persistent",
                        new Target.Dnat(
                                Optional.of(IpAddress.of("10.0.0.1")),
                                80,
                                "-j DNAT --to-destination 10.0.0.1:80 --persistent")),
                new Action(
                        "-j DNAT --to-destination :8080",
                        new Target.Dnat(Optional.empty(), 8080, "-j DNAT --to-destination :8080")),
                new Action(
                        "-j DNAT --to-destination 10.0.0.1-10.0.0.9",
                        new Target.Opaque(
                                "-j DNAT --to-destination 10.0.0.1-10.0.0.9",
                                "the kernel chooses among several destinations")),
                new Action(
                        "-j SNAT --to-source 192.168.1.1:1024-2048 --random-fully",
                        new Target.Snat(
                                IpAddress.of("192.168.1.1"),
                                Optional.of(new PortRange(1024, 2048)),
                                true,
                                "-j SNAT --to-source 192.168.1.1:1024-2048 --random-fully")),
                new Action(
                        "-j MASQUERADE --random-fully",
                        new Target.Masquerade(true, Optional.empty(), "-j MASQUERADE --random-fully")),
                new Action(
                        "-j MASQUERADE --to-ports 1024-2048",
                        new Target.Masquerade(
                                false, Optional.of(new PortRange(1024, 2048)), "-j MASQUERADE --to-ports 1024-2048")),
                new Action("-j REDIRECT --to-ports 15001", new Target.Redirect(15001, "-j REDIRECT --to-ports 15001")),
                new Action("-j CT --notrack", new Target.NoTrack("-j CT --notrack")),
                new Action("-j LOG --log-prefix \"IN: \"", new Target.Ignored("-j LOG --log-prefix \"IN: \"")),
                new Action(
                        "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
                        new Target.ConnectionMark(
                                Target.MarkOperation.SAVE,
                                -1,
                                -1,
                                "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff")),
                new Action(
                        "-j CONNMARK --restore-mark",
                        new Target.ConnectionMark(Target.MarkOperation.RESTORE, -1, -1, "-j CONNMARK --restore-mark")),
                new Action(
                        "-j CONNMARK --set-xmark 0x80/0xff",
                        new Target.ConnectionMark(
                                Target.MarkOperation.SET, 0x80, 0xff, "-j CONNMARK --set-xmark 0x80/0xff")),
                new Action(
                        "-j TPROXY --on-port 1",
                        new Target.Opaque(
                                "-j TPROXY --on-port 1", "what the target TPROXY does is not decided offline")));
    }

    @TestFactory
    Stream<DynamicTest> targets_are_read_and_printed_back() {
        return actions()
                .map(one -> DynamicTest.dynamicTest("target: " + one.text, () -> {
                    String text = table(("-p udp " + one.text).strip());
                    IptablesDump dump = read(text);
                    assertThat(dump.problems()).isEmpty();
                    assertThat(rule(dump, IpFamily.IPV4).target()).isEqualTo(one.target);
                    assertThat(printed(dump)).isEqualTo(text);
                }));
    }

    @Test
    void counters_policies_and_comments_come_back_and_chains_know_their_hooks() {
        String text = """
                # Generated by ip6tables-nft-save v1.8.9 (nf_tables) on Mon Nov 23 21:31:19 2026
                *nat
                :PREROUTING ACCEPT [12:900]
                :POSTROUTING DROP [0:0]
                :KUBE-X - [0:0]
                [3:180] -A PREROUTING -d fd00::1/128 -j KUBE-X
                [0:0] -A KUBE-X -p tcp -m tcp -j DNAT --to-destination [fd00::2]:80
                COMMIT
                # Completed on Mon Nov 23 21:31:19 2026

                *raw
                :PREROUTING ACCEPT [0:0]
                COMMIT""";
        IptablesDump dump = read(text);
        assertThat(dump.problems()).isEmpty();
        assertThat(printed(dump)).isEqualTo(text);
        Ruleset ruleset = dump.ruleset(IpFamily.IPV6).orElseThrow();
        assertThat(dump.ruleset(IpFamily.IPV4)).isEmpty();
        assertThat(ruleset.chain("nat", "POSTROUTING").orElseThrow().base())
                .contains(new BaseChain(Hook.POSTROUTING, 100, true, false));
        assertThat(ruleset.chain("raw", "PREROUTING").orElseThrow().base())
                .contains(new BaseChain(Hook.PREROUTING, -300, false, true));
        Rule dnat = ruleset.chain("nat", "KUBE-X").orElseThrow().rules().getFirst();
        assertThat(dnat.target())
                .isEqualTo(new Target.Dnat(
                        Optional.of(IpAddress.of("fd00::2")), 80, "-j DNAT --to-destination [fd00::2]:80"));
        assertThat(dnat.origin().toString()).isEqualTo("rules.txt:7");
    }

    @Test
    void rules_without_a_comment_belong_to_the_service_whose_chain_they_stand_in() {
        IptablesDump dump = read("""
                *nat
                :KUBE-SERVICES - [0:0]
                :KUBE-SVC-A - [0:0]
                :KUBE-SEP-B - [0:0]
                :KUBE-MARK-MASQ - [0:0]
                -A KUBE-SERVICES -d 10.96.0.1/32 -m comment --comment "ns/web:http cluster IP" -j KUBE-SVC-A
                -A KUBE-SVC-A -j KUBE-SEP-B
                -A KUBE-SEP-B -s 10.0.0.1/32 -j KUBE-MARK-MASQ
                -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
                COMMIT
                """);
        Ruleset ruleset = dump.ruleset(IpFamily.IPV4).orElseThrow();
        assertThat(ruleset.chains("nat"))
                .flatExtracting(Chain::rules)
                .extracting(Rule::service)
                .containsExactly("ns/web:http", "ns/web:http", "ns/web:http", "");
    }

    @TestFactory
    Stream<DynamicTest> comments_name_services() {
        record Naming(String comment, String service) {}
        return Stream.of(
                        new Naming("ns/web:http cluster IP", "ns/web:http"),
                        new Naming("ns/web -> 10.0.0.1:80", "ns/web"),
                        new Naming("ns/web:", "ns/web"),
                        new Naming("default/ares-k29-bindapp:dns-udp-53", "default/ares-k29-bindapp:dns-udp-53"),
                        new Naming("masquerade LOCAL traffic for ns/web:http external destinations", "ns/web:http"),
                        new Naming(
                                "other traffic to ns/web:http will be dropped by KUBE-PROXY-FIREWALL", "ns/web:http"),
                        new Naming("kubernetes service portals", ""),
                        new Naming("kubernetes service nodeports; NOTE: this must be the last rule in this chain", ""))
                .map(one -> DynamicTest.dynamicTest(
                        one.comment,
                        () -> assertThat(CommentedService.of(
                                        "KUBE-SERVICES", List.of(new Match.Comment(one.comment, true))))
                                .isEqualTo(one.service)));
    }

    @TestFactory
    Stream<DynamicTest> faults_are_told_with_their_place_and_the_rest_is_read() {
        record Fault(String line, String problem) {}
        return Stream.of(
                        new Fault(
                                "-A FORWARD -d 10.0.0.300 -j DROP", "rules.txt:4:12: -d 10.0.0.300 is not an address"),
                        new Fault(
                                "-A FORWARD -p tcp -m tcp --dport http", "rules.txt:4:26: --dport http is not a port"),
                        new Fault("-A FORWARD -m mark --mark x", "rules.txt:4:12: --mark x is not a mark"),
                        new Fault("-A NOWHERE -j DROP", "rules.txt:4:1: the table declares no chain NOWHERE"),
                        new Fault("-A FORWARD -m comment --comment \"open", "rules.txt:4:33: a quote is opened"),
                        new Fault("-A FORWARD -d", "rules.txt:4:14: -d has no value"),
                        new Fault("-I FORWARD -j DROP", "rules.txt:4:1: neither chain nor rule"),
                        new Fault(":X", "rules.txt:4:1: a chain without a policy"),
                        new Fault("-A FORWARD -j MARK --set-mark", "rules.txt:4:30: --set-mark has no value"))
                .map(one -> DynamicTest.dynamicTest(one.line, () -> {
                    String text = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i a -j DROP\n" + one.line
                            + "\n-A FORWARD -i b -j DROP\nCOMMIT\n";
                    IptablesDump dump = read(text);
                    assertThat(dump.problems())
                            .extracting(Problem::toString)
                            .singleElement()
                            .asString()
                            .startsWith(one.problem);
                    assertThat(dump.ruleset(IpFamily.IPV4)
                                    .orElseThrow()
                                    .chain("filter", "FORWARD")
                                    .orElseThrow()
                                    .rules())
                            .hasSize(2);
                    assertThat(printed(dump)).isEqualTo(text);
                }));
    }

    @Test
    void a_dump_that_is_cut_off_says_so() {
        IptablesDump dump = read("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\n");
        assertThat(dump.problems())
                .extracting(Problem::toString)
                .singleElement()
                .asString()
                .contains("no COMMIT");
        assertThat(rule(dump, IpFamily.IPV4).target()).isEqualTo(new Target.Drop());
    }
}
