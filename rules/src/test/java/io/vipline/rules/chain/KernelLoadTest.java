package io.vipline.rules.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.NetworkNamespace;
import io.vipline.rules.NetworkNamespace.Output;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyDraft;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernel takes our text: in a fresh network namespace, by both front ends. */
class KernelLoadTest {
    static Stream<Arguments> frontEnds() {
        return Stream.of("iptables-legacy", "iptables-nft", "ip6tables-legacy", "ip6tables-nft")
                .flatMap(frontEnd -> Stream.of(
                        Arguments.of(
                                frontEnd,
                                "all addresses",
                                ProxyDraft.node().podsAt("10.244.0.0/16", "fd00:10:244::/64")),
                        Arguments.of(
                                frontEnd,
                                "some addresses, pods behind an interface",
                                ProxyDraft.node()
                                        .podsBehind("cni+")
                                        .nodePortsOn("192.168.0.0/16", "2001:db8::/32")
                                        .randomFully()
                                        .masqueradeBit(20))));
    }

    @ParameterizedTest(name = "{0}, node ports on {1}")
    @MethodSource("frontEnds")
    void the_text_loads_alone_and_comes_back(String frontEnd, String name, ProxyDraft proxy) {
        IpFamily family = frontEnd.startsWith("ip6") ? IpFamily.IPV6 : IpFamily.IPV4;
        ProxyConfig config = proxy.build();
        KubeProxyRules rules = KubeProxyWriter.write(config, family, ManyServices.of(family));
        StringBuilder sync = new StringBuilder();
        SyncPrinter.print(rules, true, sync);
        StringBuilder chainByChain = new StringBuilder();
        RulesetPrinter.print(rules.ruleset(), chainByChain);

        Map<String, List<String>> fromSync = loaded(frontEnd, sync.toString());
        assertThat(sizes(fromSync)).as(name).isEqualTo(sizes(rules.ruleset()));
        assertThat(loaded(frontEnd, chainByChain.toString())).isEqualTo(fromSync);
    }

    /** Rules by {@code table chain} after loading the text into a fresh namespace. */
    private static Map<String, List<String>> loaded(String frontEnd, String text) {
        try (NetworkNamespace namespace = NetworkNamespace.open(frontEnd + "-restore", frontEnd + "-save")) {
            Output loading = namespace.run(text, frontEnd + "-restore");
            assertThat(loading.exitCode()).as(loading.text()).isZero();
            Map<String, List<String>> rules = new TreeMap<>();
            String table = "";
            for (String line :
                    namespace.run("", frontEnd + "-save").text().lines().toList()) {
                if (line.startsWith("*")) {
                    table = line.substring(1);
                } else if (line.startsWith(":")) {
                    rules.put(table + " " + line.substring(1, line.indexOf(' ')), new ArrayList<>());
                } else if (line.startsWith("-A ")) {
                    rules.get(table + " " + line.split(" ")[1]).add(line);
                }
            }
            return rules;
        }
    }

    private static Map<String, Integer> sizes(Map<String, List<String>> rules) {
        Map<String, Integer> sizes = new TreeMap<>();
        rules.forEach((chain, its) -> sizes.put(chain, its.size()));
        return sizes;
    }

    private static Map<String, Integer> sizes(Ruleset ruleset) {
        Map<String, Integer> sizes = new TreeMap<>();
        for (String table : ruleset.tables()) {
            for (Chain chain : ruleset.chains(table)) {
                sizes.put(table + " " + chain.name(), chain.rules().size());
            }
        }
        return sizes;
    }
}
