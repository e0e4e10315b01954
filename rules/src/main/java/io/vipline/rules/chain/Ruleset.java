package io.vipline.rules.chain;

import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every chain of one address family on one node: what the walker, the compiler and the printer read. Tables and chains
 * keep the order in which they were added.
 */
public final class Ruleset {
    private final IpFamily family;
    private final Map<String, Map<String, Chain>> tables = new LinkedHashMap<>();

    private Ruleset(IpFamily family) {
        this.family = family;
    }

    public static Builder builder(IpFamily family) {
        return new Builder(family);
    }

    public IpFamily family() {
        return family;
    }

    public Collection<String> tables() {
        return tables.keySet();
    }

    public Collection<Chain> chains(String table) {
        return tables.getOrDefault(table, Map.of()).values();
    }

    public Optional<Chain> chain(String table, String name) {
        return Optional.ofNullable(tables.getOrDefault(table, Map.of()).get(name));
    }

    /** The base chains of a hook in the order in which a packet meets them. */
    public List<Chain> baseChains(Hook hook) {
        List<Chain> found = new ArrayList<>();
        for (Map<String, Chain> table : tables.values()) {
            for (Chain chain : table.values()) {
                if (chain.base().isPresent() && chain.base().get().hook() == hook) {
                    found.add(chain);
                }
            }
        }
        found.sort((a, b) -> Integer.compare(
                a.base().orElseThrow().priority(), b.base().orElseThrow().priority()));
        return found;
    }

    /** A copy in which the given chains stand in place of, or beside, those of the same table and name. */
    public Ruleset with(Collection<Chain> changed) {
        Builder builder = new Builder(family);
        for (Map<String, Chain> table : tables.values()) {
            table.values().forEach(builder::put);
        }
        changed.forEach(builder::put);
        return builder.build();
    }

    /** Collects chains; a second chain of the same table and name takes the first one's place. */
    public static final class Builder {
        private final Ruleset ruleset;

        private Builder(IpFamily family) {
            ruleset = new Ruleset(family);
        }

        public Builder put(Chain chain) {
            ruleset.tables
                    .computeIfAbsent(chain.table(), name -> new LinkedHashMap<>())
                    .put(chain.name(), chain);
            return this;
        }

        public Ruleset build() {
            return ruleset;
        }
    }
}
