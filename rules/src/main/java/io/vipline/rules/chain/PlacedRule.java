package io.vipline.rules.chain;

/** A rule of a Service port in a chain that Services share: there ahead of whatever kube-proxy writes for all of them. */
public record PlacedRule(String table, String chain, Rule rule) {
    /** Whether both do the same at the same place, wherever they were written. */
    public boolean isLike(PlacedRule other) {
        return table.equals(other.table) && chain.equals(other.chain) && rule.isLike(other.rule);
    }
}
