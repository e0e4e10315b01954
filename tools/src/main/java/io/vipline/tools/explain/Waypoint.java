package io.vipline.tools.explain;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.vipline.rules.chain.Chain;
import java.util.List;

/**
 * A place on a packet's way, and what it met there: hooks hold base chains, those hold rules, and a rule that jumps holds
 * what was met in the chain it jumped to.
 *
 * @param hook its name, {@code ROUTING} between two of them; null elsewhere
 * @param at where in the rule set; null at hooks and between them
 * @param outcome what the target did, the policy, or where routing sends the packet; null elsewhere
 * @param failed the term that did not hold, of a rule that was MISSED; the one that was assumed, of a rule that rests on it
 * @param because what the packet has in place of what {@code failed} wants
 * @param then what came next, within
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Waypoint(
        Kind kind,
        String hook,
        @JsonUnwrapped RuleAt at,
        String outcome,
        String failed,
        String because,
        @JsonUnwrapped Passing passing,
        List<Waypoint> then) {
    /** What a place is. */
    public enum Kind {
        HOOK,
        ROUTING,
        CHAIN,
        MATCHED,
        /** A rule that a reader would have expected to match. */
        MISSED,
        /** A rule with a term that can't be decided, which is taken not to hold. */
        ASSUMED,
        POLICY
    }

    /**
     * A place in the rule set.
     *
     * @param number of the rule in its chain, from 1; null for a chain, and where rules are not numbered
     * @param brief the rule as short as can be, for people; its comment stands apart
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record RuleAt(
            String table,
            String chain,
            Integer number,
            String rule,
            String origin,
            @JsonIgnore String brief,
            @JsonIgnore String comment) {
        static RuleAt of(Chain chain) {
            return new RuleAt(chain.table(), chain.name(), null, null, null, "", "");
        }

        static RuleAt of(Chain chain, int index) {
            return new RuleAt(
                    chain.table(),
                    chain.name(),
                    RuleText.number(chain, index),
                    RuleText.whole(chain, index),
                    chain.rules().get(index).origin().toString(),
                    RuleText.brief(chain, index),
                    RuleText.comment(chain.rules().get(index)));
        }
    }

    /**
     * Who comes here, if not all do that came to the place before.
     *
     * @param probability with which the packet comes here; null if all do, or if something unknown decides
     * @param endpoints where the packet goes in the end: {@code address:port}, or a verdict; empty if all do
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Passing(Double probability, List<String> endpoints) {}
}
