package io.vipline.rules.chain.walk;

/** What a term of a rule says of a packet. */
sealed interface Answer {
    record Yes() implements Answer {}

    record No() implements Answer {}

    /** Holds with this probability. */
    record Chance(double probability) implements Answer {}

    /** Can't be told. */
    record Unknown(String because) implements Answer {}

    /** Taken for granted of a packet of which nothing else was said. */
    record Granted(boolean holds, String because) implements Answer {}

    Answer YES = new Yes();
    Answer NO = new No();

    static Answer of(boolean holds) {
        return holds ? YES : NO;
    }
}
