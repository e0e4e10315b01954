package io.vipline.rules.chain.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.RulesText;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.table.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Rules of any kind that come and go one by one: each table is that of the rules as they stand. */
class ChangingRulesTest {
    private static final int ROUNDS = 8;
    private static final int PACKETS = 40;

    private record Place(String table, String chain) {}

    private final Map<Place, Chain> declared = new LinkedHashMap<>();
    private final Map<Place, TreeMap<Long, Rule>> rules = new LinkedHashMap<>();
    private Random random;
    private IncrementalCompiler compiler;

    @Property(tries = 250, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void table_after_changes_is_the_table_of_the_rules_as_they_are(@ForAll long seed) {
        random = new Random(seed);
        compiler = new IncrementalCompiler(WalkerAndTableAgreeTest.NODE);
        RandomRules made = new RandomRules(seed, random.nextInt(4) == 0);
        Ruleset start = parse(made);
        start.tables().forEach(table -> start.chains(table).forEach(this::put));
        List<PacketDescription> packets =
                IntStream.range(0, PACKETS).mapToObj(i -> made.packet()).toList();
        Table earlier = compiler.table();
        for (int round = 0; round < ROUNDS; round++) {
            List<Map<String, Double>> before = verdicts(earlier, packets);
            Ruleset source = parse(made);
            for (int i = random.nextInt(3); i >= 0; i--) {
                change(source);
            }
            Table now = compiler.table();
            assertThat(verdicts(now, packets))
                    .as("round %d of %d", round, seed)
                    .isEqualTo(verdicts(
                            TableCompiler.compile(List.of(asTheyAre()), WalkerAndTableAgreeTest.NODE), packets));
            assertThat(verdicts(earlier, packets)).as("the table before").isEqualTo(before);
            earlier = now;
        }
    }

    private static Ruleset parse(RandomRules made) {
        return RulesText.ipv4(String.join("\n", made.rules()));
    }

    private static List<Map<String, Double>> verdicts(Table table, List<PacketDescription> packets) {
        return packets.stream()
                .map(packet -> decided(Distribution.of(table, Distribution.key(packet), Distribution.FRESH)))
                .toList();
    }

    /** How much of a draw stays open behind a term that nobody can decide hangs on which draws were made one. */
    private static Map<String, Double> decided(Map<String, Double> verdicts) {
        boolean isOpen = verdicts.keySet().stream().anyMatch(verdict -> verdict.startsWith("UNDECIDED"));
        return isOpen ? Map.of("OPEN", 1.0) : verdicts;
    }

    private void put(Chain chain) {
        compiler.put(IpFamily.IPV4, chain);
        Place place = new Place(chain.table(), chain.name());
        declared.put(place, chain);
        TreeMap<Long, Rule> ranked = new TreeMap<>();
        chain.rules().forEach(rule -> ranked.put((long) ranked.size(), rule));
        rules.put(place, ranked);
    }

    private void change(Ruleset source) {
        Place place = any(List.copyOf(declared.keySet()));
        TreeMap<Long, Rule> chain = rules.get(place);
        List<Rule> fresh =
                source.chain(place.table(), place.chain()).orElseThrow().rules();
        switch (random.nextInt(8)) {
            case 0 -> {
                if (declared.get(place).base().isEmpty()) {
                    put(source.chain(place.table(), place.chain()).orElseThrow());
                }
            }
            case 1, 2, 3 -> {
                List<Long> candidates = new ArrayList<>();
                chain.forEach((rank, rule) -> {
                    if (isNarrow(rule)) {
                        candidates.add(rank);
                    }
                });
                if (!candidates.isEmpty()) {
                    long rank = any(candidates);
                    chain.remove(rank);
                    compiler.remove(IpFamily.IPV4, place.table(), place.chain(), rank);
                }
            }
            default -> {
                List<Rule> candidates = fresh.stream().filter(this::isNarrow).toList();
                long rank = random.nextInt(40);
                if (!candidates.isEmpty() && !chain.containsKey(rank)) {
                    Rule rule = any(candidates);
                    chain.put(rank, rule);
                    compiler.add(IpFamily.IPV4, place.table(), place.chain(), rule, rank);
                }
            }
        }
    }

    /** Few classes see most of the changes, so that the others must be right as they were. */
    private boolean isNarrow(Rule rule) {
        ExactTerms exact = ExactTerms.of(rule.matches());
        return exact.host() != null || exact.hasPort() || random.nextInt(10) == 0;
    }

    private Ruleset asTheyAre() {
        Ruleset.Builder builder = Ruleset.builder(IpFamily.IPV4);
        declared.forEach((place, chain) -> builder.put(new Chain(
                place.table(),
                place.chain(),
                chain.base(),
                List.copyOf(rules.get(place).values()))));
        return builder.build();
    }

    private <T> T any(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }
}
