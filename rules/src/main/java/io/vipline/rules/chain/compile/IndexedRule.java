package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import java.util.List;

/** A rule with what evaluation asks of it again and again. */
final class IndexedRule {
    private static final Match[] NO_MATCHES = {};

    final Rule rule;
    final ExactTerms exact;
    /** Those of the rule's terms that are not always true. */
    final Match[] matches;
    /** Lists of the {@code recent} match that the rule fills. */
    final List<String> fills;
    /** The chain that the rule calls, once it has been looked up. */
    ChainIndex called;
    /** The endpoint that the rule translates to, once it has been looked up. */
    EndpointRef endpoint;

    IndexedRule(Rule rule) {
        this.rule = rule;
        this.exact = ExactTerms.of(rule.matches());
        int count = 0;
        List<String> filled = List.of();
        Match[] kept = new Match[rule.matches().size()];
        for (Match match : rule.matches()) {
            boolean always = match instanceof Match.Comment || match instanceof Match.NfAcct;
            if (!always) {
                kept[count++] = match;
            }
            if (match instanceof Match.Recent recent && recent.operation() == Match.RecentOperation.SET) {
                filled = List.of(recent.list());
            }
        }
        matches = count == 0 ? NO_MATCHES : count == kept.length ? kept : java.util.Arrays.copyOf(kept, count);
        fills = filled;
    }
}
