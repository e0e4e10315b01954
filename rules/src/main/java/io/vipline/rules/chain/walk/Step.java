package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.net.IpAddress;
import java.util.Optional;

/** One thing that a packet met on its way. */
public sealed interface Step {
    /** The packet comes to a hook. */
    record AtHook(Hook hook) implements Step {}

    /**
     * Its destination decides where it goes on.
     *
     * @param outInterface empty if no route that we know says it
     */
    record Routed(boolean local, IpAddress destination, Optional<String> outInterface) implements Step {}

    /**
     * A rule matched and its target acted.
     *
     * @param index of the rule in its chain, from 0
     * @param outcome {@code jump KUBE-SVC-…}, {@code DNAT 10.0.0.1:80}, {@code mark 0x4000}, {@code ACCEPT}, …
     * @param probability of this match, 1 unless a draw decided it
     * @param condition what was assumed about a term that can't be decided; empty if nothing was
     */
    record Matched(Chain chain, int index, Rule rule, String outcome, double probability, String condition)
            implements Step {}

    /**
     * A rule that a reader would have expected to match: it is about this destination.
     *
     * @param failed the first term that did not hold
     * @param because what the packet has instead, as a clause: {@code the destination port is 81}; empty if the term says
     *     it all
     */
    record Missed(Chain chain, int index, Rule rule, Match failed, String because) implements Step {}

    /** A term that can't be decided was assumed not to hold. */
    record Assumed(Chain chain, int index, Rule rule, String condition) implements Step {}

    /** What was taken for granted because nobody said otherwise. */
    record Granted(String what) implements Step {}

    /** The end of a base chain. */
    record Policy(Chain chain, boolean accepts) implements Step {}
}
