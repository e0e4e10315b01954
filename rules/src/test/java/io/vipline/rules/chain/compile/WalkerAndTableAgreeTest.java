package io.vipline.rules.chain.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.RulesText;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random rule sets over few values, so that rules meet: the table does to every packet what the walker does. */
class WalkerAndTableAgreeTest {
    private static final int PACKETS = 25;
    private static final int FOREIGN_RULE_SETS = Integer.getInteger("vipline.foreign.rulesets", 250);

    static final NodeNetwork NODE = NodeNetwork.of(
            List.of(
                    new LocalAddress("lo", IpAddress.of("127.0.0.1"), 8),
                    new LocalAddress("eth0", IpAddress.of("192.168.0.2"), 24),
                    new LocalAddress("eth1", IpAddress.of("10.0.0.1"), 24)),
            List.of(new NodeNetwork.Route(Cidr.of("0.0.0.0/0"), "eth0")));

    @Property(tries = 1500, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void on_rules_that_can_be_decided(@ForAll long seed) {
        assertAgree(new RandomRules(seed, false));
    }

    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void on_rules_some_of_whose_terms_nobody_can_decide(@ForAll long seed) {
        assertAgree(new RandomRules(seed, true));
    }

    /** The same seeds every time: what is undecided at the compiler's limits would make a rare one fail. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void on_terms_and_targets_of_foreign_rules(boolean unknowns) {
        for (long seed = 0; seed < FOREIGN_RULE_SETS; seed++) {
            assertAgree(new RandomRules(seed * 0x9E37_79B9_7F4A_7C15L, unknowns, true));
        }
    }

    private static void assertAgree(RandomRules random) {
        List<String> rules = random.rules();
        List<PacketDescription> packets =
                IntStream.range(0, PACKETS).mapToObj(i -> random.packet()).toList();
        if (difference(rules, packets).isPresent()) {
            List<String> fewer = fewest(rules, packets);
            assertThat(difference(fewer, packets).orElseThrow())
                    .as("with these rules:\n%s", String.join("\n", fewer))
                    .isEmpty();
        }
    }

    /** Leaves rules out as long as the difference stays. */
    private static List<String> fewest(List<String> rules, List<PacketDescription> packets) {
        List<String> fewer = new ArrayList<>(rules);
        for (int i = fewer.size() - 1; i >= 0; i--) {
            if (fewer.get(i).startsWith("-A")) {
                String line = fewer.remove(i);
                if (difference(fewer, packets).isEmpty()) {
                    fewer.add(i, line);
                }
            }
        }
        return fewer;
    }

    private static Optional<String> difference(List<String> rules, List<PacketDescription> packets) {
        Ruleset ruleset = RulesText.ipv4(String.join("\n", rules));
        ChainWalker walker = new ChainWalker(ruleset, NODE);
        Table table = TableCompiler.compile(List.of(ruleset), NODE);
        for (PacketDescription packet : packets) {
            Walk walk = walker.walk(packet);
            Map<String, Double> lookedUp = Distribution.of(table, Distribution.key(packet), Distribution.FRESH);
            if (!agree(ruleset, walk, lookedUp)) {
                return Optional.of(packet + "\n  walked " + Distribution.of(walk) + "\n  looked up " + lookedUp);
            }
        }
        return Optional.empty();
    }

    /**
     * The table never decides otherwise than the walker. It may leave open what the walker decides, for the two limits
     * that {@link Evaluator} has: it stops where ways fork too often, and of a rule with several open terms that fails it
     * does not keep in mind which of them did. The walker, who has a packet, often has one open term there, and then
     * comes to one outcome by every way of it.
     */
    private static boolean agree(Ruleset ruleset, Walk walk, Map<String, Double> lookedUp) {
        Map<String, Double> walked = Distribution.of(walk);
        List<String> decided = lookedUp.keySet().stream()
                .filter(words -> !words.startsWith("UNDECIDED"))
                .toList();
        if (decided.size() < lookedUp.size()) {
            boolean unknown = walk.outcomes().stream().anyMatch(one -> one.fate() instanceof Outcome.Fate.Unknown);
            boolean open = unknown
                    || walked.size() > 1
                    || lookedUp.containsKey("UNDECIDED " + Evaluator.FORKS_TOO_OFTEN)
                    || doubtsATermAmongOthers(ruleset, walk);
            return open && (unknown || walked.keySet().containsAll(decided));
        }
        return lookedUp.keySet().equals(walked.keySet())
                && walked.entrySet().stream()
                        .allMatch(entry -> Math.abs(entry.getValue() - lookedUp.get(entry.getKey())) < 1e-6);
    }

    /** Whether the walker took a term both ways that stands beside others in a rule. */
    private static boolean doubtsATermAmongOthers(Ruleset ruleset, Walk walk) {
        Set<String> doubted = walk.outcomes().stream()
                .flatMap(outcome -> outcome.assumedOnSomeWay().stream())
                .map(Outcome.Assumption::term)
                .collect(Collectors.toSet());
        return ruleset.tables().stream()
                .flatMap(table -> ruleset.chains(table).stream())
                .flatMap(chain -> chain.rules().stream())
                .map(Rule::matches)
                .anyMatch(matches -> matches.size() > 1
                        && matches.stream().map(RulesetPrinter::term).anyMatch(doubted::contains));
    }
}
