package io.vipline.rules.chain;

/** What of a rule nobody can decide from the rules alone, whatever is known of packet and node. */
public final class Undecidable {
    private Undecidable() {}

    public static boolean isIn(Rule rule) {
        return rule.target() instanceof Target.Opaque
                || rule.matches().stream()
                        .anyMatch(match -> match instanceof Match.Opaque
                                || match instanceof Match.IpSet set
                                        && set.content().isEmpty());
    }
}
