package io.vipline.rules.chain.compile;

/** What is left of a rule's term when all that is known of the packet has been put in. */
sealed interface Term {
    /** Decided. */
    record Fixed(boolean holds) implements Term {}

    record Asks(Predicate predicate, boolean negated) implements Term {}

    record AsksInterface(InterfaceName name, boolean negated, String because) implements Term {}

    /** @param probability above 0 and below 1 */
    record Draw(double probability) implements Term {}

    record Listed(int list, int seconds, boolean reap, boolean negated) implements Term {}

    record Undecidable(String because) implements Term {}

    Term HOLDS = new Fixed(true);
    Term FAILS = new Fixed(false);

    static Term fixed(boolean holds) {
        return holds ? HOLDS : FAILS;
    }
}
