package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import java.util.Arrays;
import java.util.List;

/** A rule at its place in a chain, with what evaluation asks of it again and again. */
final class IndexedRule {
    private static final Match[] NO_MATCHES = {};

    final Rule rule;
    /** The chain that it stands in. */
    final ChainIndex chain;
    /** Its place there: rules are met in ascending order of ranks. */
    final long rank;

    final ExactTerms exact;
    /** Those of the rule's terms that are not always true. */
    final Match[] matches;
    /** Lists of the {@code recent} match that the rule fills. */
    final List<String> fills;
    /** The chain that the rule calls, there or not; null if it calls none. */
    final ChainIndex called;
    /** Ways of packets that can match, as in {@link ChainIndex#reachedIn}. */
    final int states;
    /** The endpoint that the rule translates to, once it has been looked up. */
    EndpointRef endpoint;

    /** Whether it has been taken out of its chain. */
    boolean removed;

    IndexedRule(Rule rule, ChainIndex chain, long rank, ChainIndex called) {
        this.rule = rule;
        this.chain = chain;
        this.rank = rank;
        this.called = called;
        this.exact = ExactTerms.of(rule.matches());
        int count = 0;
        List<String> filled = List.of();
        Match[] kept = new Match[rule.matches().size()];
        for (int i = 0; i < kept.length; i++) {
            Match match = rule.matches().get(i);
            boolean always = match instanceof Match.Comment || match instanceof Match.NfAcct;
            if (!always) {
                kept[count++] = match;
            }
            if (match instanceof Match.Recent recent && recent.operation() == Match.RecentOperation.SET) {
                filled = List.of(recent.list());
            }
        }
        matches = count == 0 ? NO_MATCHES : count == kept.length ? kept : Arrays.copyOf(kept, count);
        fills = filled;
        states = ClassKeys.states(matches) | -ChainIndex.BY_FILTERS; // the other ways are not the rule's to say
    }
}
