package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Rules that change, and the table of them: rules come and go, and {@link #table} evaluates the classes that see them
 * again. Works for any rules, and knows no chain by name: where it cannot tell which classes see a change, all are
 * evaluated. For one thread; its tables are safe to share.
 *
 * <p>Numbers of Services and endpoints stay the same from table to table.
 */
public final class IncrementalCompiler {
    private final NodeNetwork network;
    private final Registry registry;
    private final RecentLists recentLists;
    private final Map<IpFamily, FamilyCompiler> families = new EnumMap<>(IpFamily.class);
    private final boolean changes;
    private ReachedEndpoints reached;

    public IncrementalCompiler(NodeNetwork network) {
        this(network, true);
    }

    /** @param changes whether there will be any after the first table */
    IncrementalCompiler(NodeNetwork network, boolean changes) {
        this(network, changes, new Registry(), new RecentLists());
    }

    private IncrementalCompiler(NodeNetwork network, boolean changes, Registry registry, RecentLists recentLists) {
        this.network = network;
        this.changes = changes;
        this.registry = registry;
        this.recentLists = recentLists;
        for (IpFamily family : IpFamily.values()) {
            families.put(family, new FamilyCompiler(family, network, recentLists));
        }
    }

    /**
     * A compiler that has no rules yet, in the place of this one, which is not used any more: lists of the {@code recent}
     * match keep their numbers, so that sources stay in them.
     *
     * @param keepsNumbers whether Services and endpoints keep theirs, those that are no more too
     */
    public IncrementalCompiler anew(boolean keepsNumbers) {
        return new IncrementalCompiler(network, changes, keepsNumbers ? registry : new Registry(), recentLists);
    }

    /** Adds every chain of a rule set, in its order. The rank of a rule is its number within its chain. */
    public void putAll(Ruleset ruleset) {
        for (String table : ruleset.tables()) {
            ruleset.chains(table).forEach(chain -> put(ruleset.family(), chain));
        }
    }

    /** Adds a chain, or gives it other rules. The rank of a rule is its number within the chain. */
    public void put(IpFamily family, Chain chain) {
        put(family, chain, 0);
    }

    /** Adds a chain, or gives it other rules, of ranks that begin with {@code firstRank}. */
    public void put(IpFamily family, Chain chain, long firstRank) {
        FamilyCompiler rules = families.get(family);
        ChainIndex index = rules.rules.chain(chain.table(), chain.name());
        if (index.present && hasRules(index, chain)) {
            return;
        }
        if (index.present) {
            rules.forget(index);
        }
        index = rules.declare(chain);
        index.reserve(chain.rules().size());
        for (int i = 0; i < chain.rules().size(); i++) {
            rules.add(index, chain.rules().get(i), firstRank + i);
        }
    }

    private static boolean hasRules(ChainIndex index, Chain chain) {
        boolean same = index.size() == chain.rules().size()
                && Objects.equals(index.base, chain.base().orElse(null));
        for (int i = 0; same && i < index.size(); i++) {
            same = index.rule(i).rule.isLike(chain.rules().get(i));
        }
        return same;
    }

    /** Takes a chain away, if it is there. */
    public void remove(IpFamily family, String table, String chain) {
        FamilyCompiler rules = families.get(family);
        ChainIndex index = rules.rules.chain(table, chain);
        if (index.present) {
            rules.forget(index);
        }
    }

    /**
     * Adds a rule to a chain that is there.
     *
     * @param rank its place among the chain's rules: no other has the same
     */
    public void add(IpFamily family, String table, String chain, Rule rule, long rank) {
        FamilyCompiler rules = families.get(family);
        rules.add(rules.rules.chain(table, chain), rule, rank);
    }

    /** Takes away the rule of a rank. */
    public void remove(IpFamily family, String table, String chain, long rank) {
        FamilyCompiler rules = families.get(family);
        rules.remove(rules.rules.chain(table, chain), rank);
    }

    /** The table of the rules as they are now. Costs what the changes since the last one cost. */
    public Table table() {
        boolean refresh = reached != null;
        for (FamilyCompiler family : families.values()) {
            refresh &= family.canRefresh();
        }
        if (refresh) {
            families.values().forEach(FamilyCompiler::refresh);
        } else {
            reached = new ReachedEndpoints();
            NodeFactory nodes = new NodeFactory(registry);
            families.values().forEach(family -> family.compile(nodes, reached, changes));
        }
        return new DecisionTable(
                classes(),
                network,
                registry.numbers(),
                reached.snapshot(),
                recentLists.count(),
                passes(PacketKey.ESTABLISHED) && passes(PacketKey.RELATED));
    }

    private ClassTable[] classes() {
        List<ClassTable> classes = new ArrayList<>();
        for (FamilyCompiler family : families.values()) {
            for (int state = 0; state < ClassKeys.STATES.size(); state++) {
                classes.add(family.table(state));
            }
        }
        return classes.toArray(ClassTable[]::new);
    }

    private boolean passes(int state) {
        return families.values().stream().allMatch(family -> family.onlyPasses(state));
    }

    /** Endpoints that have a number. */
    public int numberedEndpoints() {
        return registry.numbers().endpointCount();
    }

    /** Destinations that packets are translated to, as of the last table. */
    public int reachedEndpoints() {
        return reached == null ? 0 : reached.size();
    }
}
