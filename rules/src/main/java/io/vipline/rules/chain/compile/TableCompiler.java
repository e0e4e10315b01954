package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
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
    private TableCompiler() {}

    /** @param rulesets at most one of each family; without one, packets of a family pass as they are */
    public static Table compile(List<Ruleset> rulesets, NodeNetwork network) {
        IncrementalCompiler compiler = new IncrementalCompiler(network, false);
        rulesets.forEach(compiler::putAll);
        return compiler.table();
    }
}
