package io.vipline.rules.chain.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.RulesText;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What rules mean, as netfilter has it, on rules that no kube-proxy wrote. The node is 192.168.0.2 and 127.0.0.0/8; it
 * reaches 192.168.0.0/24 by eth0. {@code rule-semantics.txt} has a sentence for each case, then rules, then packets and
 * what becomes of them.
 */
class RuleSemanticsTest {
    private static final NodeNetwork NODE = NodeNetwork.of(List.of(
            new LocalAddress("lo", IpAddress.of("127.0.0.1"), 8),
            new LocalAddress("eth0", IpAddress.of("192.168.0.2"), 24)));

    private record Case(PacketDescription packet, Set<String> recent, Map<String, Double> expected) {}

    @TestFactory
    Stream<DynamicContainer> rules_mean_what_they_mean_in_the_kernel() throws IOException {
        try (InputStream cases = RuleSemanticsTest.class.getResourceAsStream("rule-semantics.txt")) {
            return containers(new String(cases.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static Stream<DynamicContainer> containers(String cases) {
        return Stream.of(cases.split("== ")).filter(text -> !text.isBlank()).map(RuleSemanticsTest::container);
    }

    private static DynamicContainer container(String text) {
        List<String> lines = text.lines().toList();
        List<String> rules = new ArrayList<>();
        List<DynamicTest> tests = new ArrayList<>();
        lines.stream().skip(1).filter(line -> !line.startsWith(">")).forEach(rules::add);
        Ruleset ruleset = RulesText.ipv4(String.join("\n", rules));
        ChainWalker walker = new ChainWalker(ruleset, NODE);
        Table table = TableCompiler.compile(List.of(ruleset), NODE);
        RecentLists lists = numbered(ruleset);
        for (String line : lines) {
            if (line.startsWith("> ")) {
                Case one = parse(line.substring(2));
                tests.add(DynamicTest.dynamicTest(
                        line + " (walked)",
                        () -> check(Distribution.of(walker.walk(one.packet.withRecentLists(one.recent))), one)));
                tests.add(DynamicTest.dynamicTest(
                        line + " (looked up)",
                        () -> check(
                                Distribution.of(table, Distribution.key(one.packet), holding(one.recent, lists)),
                                one)));
            }
        }
        return DynamicContainer.dynamicContainer(lines.getFirst(), tests);
    }

    /** The lists as the compiler numbers them. */
    private static RecentLists numbered(Ruleset ruleset) {
        RecentLists lists = new RecentLists();
        IndexedRuleset rules = new IndexedRuleset(ruleset.family());
        for (String table : ruleset.tables()) {
            for (Chain chain : ruleset.chains(table)) {
                ChainIndex index = rules.declare(chain);
                chain.rules().forEach(rule -> lists.collect(rules.add(index, rule, index.size())));
            }
        }
        return lists;
    }

    private static void check(Map<String, Double> actual, Case one) {
        assertThat(actual.keySet()).isEqualTo(one.expected.keySet());
        one.expected.forEach((words, share) -> assertThat(actual.get(words)).isBetween(share - 1e-9, share + 1e-9));
    }

    private static FlowState holding(Set<String> names, RecentLists lists) {
        Set<Integer> numbers = new HashSet<>();
        names.forEach(name -> numbers.add(lists.number(name)));
        return new FlowState() {
            @Override
            public int draw(PacketKey key, int salt) {
                throw new IllegalStateException("draws are enumerated");
            }

            @Override
            public boolean isRecent(PacketKey key, int list, int seconds, boolean reap) {
                return numbers.contains(list);
            }
        };
    }

    /** {@code tcp SRC[:PORT] DST[:PORT] [word value]… -> outcome [share], …}. */
    private static Case parse(String line) {
        String[] sides = line.split(" -> ");
        String[] words = sides[0].split(" ");
        int protocol = Protocol.ofText(words[0]).orElseThrow().number();
        PacketDescription packet = PacketDescription.first(
                protocol,
                address(words[1]),
                port(words[1], protocol, 40000),
                address(words[2]),
                port(words[2], protocol, 0));
        Set<String> recent = Set.of();
        for (int i = 3; i < words.length; i += 2) {
            String value = words[i + 1];
            switch (words[i]) {
                case "in" -> packet = packet.withInterfaces(Optional.of(value), Optional.empty());
                case "mark" -> packet = packet.withMark(Integer.decode(value));
                case "flags" -> packet = packet.withFlags(Integer.decode(value), 0);
                case "icmp" -> packet = packet.withFlags(0, Integer.parseInt(value) << 8);
                case "state" -> packet = packet.withState(CtState.valueOf(value));
                case "recent" -> recent = Set.of(value.split(","));
                default -> throw new IllegalArgumentException(line);
            }
        }
        return new Case(packet, recent, expected(sides[1]));
    }

    private static IpAddress address(String text) {
        return IpAddress.of(text.split(":")[0]);
    }

    private static int port(String text, int protocol, int fallback) {
        String[] parts = text.split(":");
        return protocol == 1 ? -1 : parts.length > 1 ? Integer.parseInt(parts[1]) : fallback;
    }

    private static Map<String, Double> expected(String text) {
        Map<String, Double> shares = new TreeMap<>();
        for (String one : text.split(", ")) {
            int space = one.lastIndexOf(' ');
            boolean hasShare = space > 0 && one.substring(space + 1).matches("0\\.\\d+");
            shares.put(
                    hasShare ? one.substring(0, space) : one,
                    hasShare ? Double.parseDouble(one.substring(space + 1)) : 1.0);
        }
        return shares;
    }
}
