package io.vipline.tools.verify;

import java.util.List;
import java.util.SplittableRandom;

/** Draws what stories leave open. Everything follows from the seed. */
final class Dice {
    private final SplittableRandom random;

    Dice(SplittableRandom random) {
        this.random = random;
    }

    /** @return 0 to {@code bound} - 1 */
    int below(int bound) {
        return random.nextInt(bound);
    }

    int between(int low, int high) {
        return random.nextInt(low, high + 1);
    }

    int bits() {
        return random.nextInt();
    }

    boolean oneIn(int times) {
        return random.nextInt(times) == 0;
    }

    <T> T oneOf(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    @SafeVarargs
    final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** A header without options, with a time to live that outlasts the node. */
    Header header() {
        return Header.plain(2 + random.nextInt(254), random.nextInt(0x10000)).withTos(random.nextInt(256));
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return bytes;
    }

    /** Mostly short. */
    byte[] payload() {
        return bytes(oneIn(4) ? below(1200) : below(32));
    }
}
