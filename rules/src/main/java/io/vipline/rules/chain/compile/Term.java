package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Match;
import java.util.Set;

/** What is left of a rule's term when all that is known of the packet has been put in. */
sealed interface Term {
    /** Decided. */
    record Fixed(boolean holds) implements Term {}

    record Asks(Predicate predicate, boolean negated) implements Term {}

    /** @param match the term as it stands in the rule */
    record AsksInterface(InterfaceName name, Match match, String because) implements Term {}

    /** Fails if the predicate does; else nobody can decide it. */
    record AsksHalf(Predicate predicate, boolean negated, String because) implements Term {}

    /** @param match the term as it stands in the rule; {@code because} for a packet of which the field is not known */
    record AsksHeader(Predicate.Header predicate, Match match, String because) implements Term {}

    /** What type the destination is of. @param because for an address that may be the node's */
    record AsksDestinationType(Set<String> types, boolean negated, String because) implements Term {}

    /** @param probability above 0 and below 1 */
    record Draw(double probability) implements Term {}

    record Listed(int list, int seconds, boolean reap, boolean negated) implements Term {}

    /** @param match null if it is about the target */
    record Undecidable(String because, Match match) implements Term {}

    Term HOLDS = new Fixed(true);
    Term FAILS = new Fixed(false);

    static Term fixed(boolean holds) {
        return holds ? HOLDS : FAILS;
    }
}
