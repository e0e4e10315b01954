package io.vipline.rules.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.NetworkNamespace;
import io.vipline.rules.NetworkNamespace.Output;
import io.vipline.rules.chain.save.IptablesDump;
import io.vipline.rules.chain.save.IptablesSaveReader;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyDraft;
import java.io.IOException;
import java.io.StringReader;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Written, loaded, saved, read: the rules still say the same, whatever their spelling became on the way. */
class KernelRoundTripTest {
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"iptables-legacy", "iptables-nft", "ip6tables-legacy", "ip6tables-nft"})
    void what_the_kernel_was_told_is_what_its_dump_says(String frontEnd) throws IOException {
        IpFamily family = frontEnd.startsWith("ip6") ? IpFamily.IPV6 : IpFamily.IPV4;
        KubeProxyRules rules = KubeProxyWriter.write(
                ProxyDraft.node().podsAt("10.244.0.0/16", "fd00:10:244::/64").build(), family, ManyServices.of(family));
        StringBuilder text = new StringBuilder();
        SyncPrinter.print(rules, true, text);
        try (NetworkNamespace namespace = NetworkNamespace.open(frontEnd + "-restore", frontEnd + "-save")) {
            Output loading = namespace.run(text.toString(), frontEnd + "-restore");
            assertThat(loading.exitCode()).as(loading.text()).isZero();
            String saved = namespace.run("", frontEnd + "-save").text();
            IptablesDump dump = IptablesSaveReader.read("saved", new StringReader(saved));
            assertThat(dump.problems()).isEmpty();
            Map<String, String> said = meaning(dump.ruleset(family).orElseThrow());
            meaning(rules.ruleset())
                    .forEach((chain, its) ->
                            assertThat(said.get(chain)).as(chain).isEqualTo(its));
            assertThat(said).hasSameSizeAs(meaning(rules.ruleset()));
        }
    }

    /** A text of what each chain does, for the tables that we write. */
    private static Map<String, String> meaning(Ruleset ruleset) {
        Map<String, String> chains = new TreeMap<>();
        for (String table : new String[] {"filter", "nat"}) {
            for (Chain chain : ruleset.chains(table)) {
                String rules =
                        chain.rules().stream().map(KernelRoundTripTest::meaning).collect(Collectors.joining("\n"));
                chains.put(table + " " + chain.name() + " " + chain.base(), rules);
            }
        }
        return chains;
    }

    /** Terms without their order and spelling. */
    private static String meaning(Rule rule) {
        String terms = rule.matches().stream()
                .map(KernelRoundTripTest::meaning)
                .filter(Objects::nonNull)
                .sorted()
                .collect(Collectors.joining(" & "));
        return rule.service() + ": " + terms + " => " + meaning(rule.target());
    }

    private static String meaning(Match match) {
        return switch (match) {
            case Match.Module _ -> null;
            case Match.Comment m -> "comment " + m.text();
            case Match.Source m -> m.negated() + " source " + m.cidr();
            case Match.Destination m -> m.negated() + " destination " + m.cidr();
            case Match.ConnectionState m -> m.negated() + " state " + new TreeSet<>(m.states());
            case Match.Mark m -> m.negated() + " mark " + m.value() + "/" + m.mask();
            case Match.AddressType m -> m.negated() + " " + m.side() + " is " + new TreeSet<>(m.types());
            // the kernel keeps 31 bits
            case Match.Statistic m -> "one in " + Math.round(m.probability() * 1e8) / 1e8;
            case Match.Recent m ->
                m.negated() + " " + m.operation() + " " + m.list() + " " + m.seconds() + " " + m.reap();
            default -> match.toString();
        };
    }

    private static String meaning(Target target) {
        Target plain = switch (target) {
            case Target.Reject t -> new Target.Reject(t.with(), "");
            case Target.Dnat t -> new Target.Dnat(t.address(), t.port(), "");
            case Target.Masquerade t -> new Target.Masquerade(t.randomFully(), Optional.empty(), "");
            case Target.SetMark t -> new Target.SetMark(t.clear(), t.xor(), "");
            default -> target;
        };
        return plain.toString();
    }
}
