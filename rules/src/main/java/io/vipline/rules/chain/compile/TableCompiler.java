package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import java.util.List;

/**
 * Compiles rule sets into a {@link Table}: any that {@link io.vipline.rules.chain.walk.ChainWalker} understands, with the
 * same outcomes at the same probabilities.
 *
 * <p>Destinations fall into classes by the values that rules compare them with; each class has one entry, in which all
 * that the class decides is decided already. So a lookup costs a few hash probes and the tests that are left, whatever the
 * number of Services.
 */
public final class TableCompiler {
    private final NodeNetwork network;
    private final Registry registry = new Registry();
    private final NodeFactory nodes = new NodeFactory(registry);
    private final RecentLists recentLists = new RecentLists();

    private TableCompiler(NodeNetwork network) {
        this.network = network;
    }

    /** @param rulesets at most one of each family; without one, packets of a family pass as they are */
    public static Table compile(List<Ruleset> rulesets, NodeNetwork network) {
        return new TableCompiler(network).compile(rulesets);
    }

    private Table compile(List<Ruleset> rulesets) {
        rulesets.forEach(recentLists::collect);
        CtState[] states = states();
        ClassTable[] classes = new ClassTable[IpFamily.values().length * states.length];
        for (IpFamily family : IpFamily.values()) {
            Ruleset ruleset = rulesets.stream()
                    .filter(candidate -> candidate.family() == family)
                    .findFirst()
                    .orElseGet(() -> Ruleset.builder(family).build());
            IndexedRuleset rules = new IndexedRuleset(ruleset);
            for (int state = 0; state < states.length; state++) {
                classes[family.ordinal() * states.length + state] =
                        new ClassTableBuilder(rules, network, states[state], recentLists, nodes).build();
            }
        }
        return new DecisionTable(classes, network, registry, recentLists.count());
    }

    /** In the order of {@link PacketKey}'s numbers. */
    private static CtState[] states() {
        CtState[] states = new CtState[PacketKey.UNTRACKED + 1];
        states[PacketKey.NEW] = CtState.NEW;
        states[PacketKey.ESTABLISHED] = CtState.ESTABLISHED;
        states[PacketKey.RELATED] = CtState.RELATED;
        states[PacketKey.INVALID] = CtState.INVALID;
        states[PacketKey.UNTRACKED] = CtState.UNTRACKED;
        return states;
    }
}
