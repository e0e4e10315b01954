package io.vipline.rules.chain.nft;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.NetworkNamespace;
import io.vipline.rules.NetworkNamespace.Output;
import io.vipline.rules.chain.ManyServices;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyDraft;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NftPrinterTest {
    private static final ProxyDraft PRIMARY = ProxyDraft.node()
            .nftables("10.96.0.0/16", "fd00:10:96::/112")
            .podsAt("10.244.0.0/16", "fd00:10:244::/64")
            .nodePortsOn("192.168.0.2/32", "2001:db8::1/128");

    private static String text(ProxyDraft proxy, IpFamily family) {
        StringBuilder text = new StringBuilder();
        NftPrinter.print(
                KubeProxyNftWriter.write(proxy.build(), family, ManyServices.of(family))
                        .ruleset(),
                text);
        return text.toString();
    }

    /** The lines of a chain, map or set, without its braces. */
    private static List<String> block(String text, String head) {
        return text.lines()
                .dropWhile(line -> !line.strip().startsWith(head))
                .skip(1)
                .takeWhile(line -> !line.equals("\t}"))
                .map(String::strip)
                .toList();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "map service-ips             | 10.96.0.1 . tcp . 80 : goto service-AUQFLHK5-ns/plain/tcp/http,",
                "map service-nodeports       | tcp . 30004 : goto external-ZQLOCEUT-ns/local/tcp/http,",
                "map no-endpoint-services    | 10.96.0.2 . tcp . 80 comment \"ns/nothing:http\" : goto reject-chain,",
                "map no-endpoint-services    | 10.96.0.5 . tcp . 80 comment \"ns/far:http\" : drop,",
                "map no-endpoint-nodeports   | tcp . 30002 comment \"ns/nothing:http\" : goto reject-chain,",
                "set cluster-ips             | 10.96.0.5,",
                "set nodeport-ips            | 192.168.0.2,",
                "chain services              | ip daddr . meta l4proto . th dport vmap @service-ips",
                "chain services              | ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports",
                "chain cluster-ips-check     | ip daddr @cluster-ips reject comment"
                        + " \"Reject traffic to invalid ports of ClusterIPs\"",
                "chain cluster-ips-check     | ip daddr 10.96.0.0/16 drop comment"
                        + " \"Drop traffic to unallocated ClusterIPs\"",
                "chain nat-postrouting       | type nat hook postrouting priority 100; policy accept;",
                "chain filter-prerouting-pre-dnat | type filter hook prerouting priority -110; policy accept;",
                "chain filter-prerouting-pre-dnat | ct state new jump firewall-check",
                "chain masquerading          | masquerade fully-random",
                "chain service-AUQFLHK5-ns/plain |  ip daddr 10.96.0.1 tcp dport 80 ip saddr != 10.244.0.0/16"
                        + " jump mark-for-masquerade",
                "chain firewall-5KEXMLTC-ns/guarded |  ip saddr != { 203.0.113.0/25, 192.168.0.0/24, 203.0.113.6, 203.0.113.7 }"
                        + " drop comment \"ns/guarded:http traffic from outside its source ranges\"",
            })
    void it_says(String head, String line) {
        assertThat(block(text(PRIMARY, IpFamily.IPV4), head)).contains(line);
    }

    @Test
    void a_draw_is_one_rule() {
        assertThat(block(text(PRIMARY, IpFamily.IPV4), "chain service-AUQFLHK5").getLast())
                .matches("numgen random mod 3 vmap \\{ 0 : goto endpoint-\\S+10.244.0.1/80,"
                        + " 1 : goto endpoint-\\S+10.244.0.2/80, 2 : goto endpoint-\\S+10.244.0.3/80 }");
    }

    @Test
    void affinity_is_a_set_that_forgets() {
        String text = text(PRIMARY, IpFamily.IPV4);
        assertThat(block(text, "set affinity-"))
                .containsExactly("type ipv4_addr", "flags dynamic,timeout", "timeout 600s");
        assertThat(text).containsPattern("ip saddr @affinity-\\S+__10.244.0.1/53 goto endpoint-\\S+__10.244.0.1/53");
        assertThat(text).containsPattern("update @affinity-\\S+__10.244.0.1/53 \\{ ip saddr }");
    }

    static Stream<Arguments> nodes() {
        return Stream.of(IpFamily.values())
                .flatMap(family -> Stream.of(
                        Arguments.of(family, "the primary address", PRIMARY),
                        Arguments.of(
                                family,
                                "all addresses, pods behind an interface",
                                ProxyDraft.node().nftables().podsBehind("cni+").masqueradeBit(20))));
    }

    @ParameterizedTest(name = "{0}, node ports on {1}")
    @MethodSource("nodes")
    void the_kernel_takes_it_and_takes_it_again(IpFamily family, String name, ProxyDraft proxy) {
        String text = text(proxy, family);
        try (NetworkNamespace namespace = NetworkNamespace.open("nft")) {
            for (int time = 1; time <= 2; time++) {
                Output loading = namespace.run(text, "nft", "-f", "-");
                assertThat(loading.exitCode()).as(loading.text()).isZero();
            }
            String listed = namespace.run("", "nft", "list", "ruleset").text();
            assertThat(names(listed)).containsExactlyInAnyOrderElementsOf(names(text));
            assertThat(listed.lines().filter(line -> line.contains("goto")).count())
                    .isGreaterThan(20);
        }
    }

    /** Chains, sets and maps. */
    private static List<String> names(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> line.matches("(chain|set|map) \\S+ \\{"))
                .toList();
    }
}
