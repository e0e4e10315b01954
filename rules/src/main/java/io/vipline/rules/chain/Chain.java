package io.vipline.rules.chain;

import java.util.List;
import java.util.Optional;

/**
 * A chain of a table.
 *
 * @param base empty for a user chain, which is only reached by jumps within its table
 */
public record Chain(String table, String name, Optional<BaseChain> base, List<Rule> rules) {
    public Chain {
        rules = List.copyOf(rules);
    }
}
