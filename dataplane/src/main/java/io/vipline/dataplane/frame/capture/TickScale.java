package io.vipline.dataplane.frame.capture;

/**
 * How a pcapng interface's time stamps become nanoseconds since 1970: options if_tsresol and if_tsoffset. What is finer
 * than a nanosecond is cut off.
 *
 * @param multiplier nanoseconds a tick; 0: ticks are finer than a nanosecond, or binary
 * @param divisor ticks a nanosecond; 0: ticks are binary
 * @param binaryDigits ticks a second as a power of two
 */
record TickScale(long multiplier, long divisor, int binaryDigits, long offsetNs) {
    private static final long SECOND_NS = 1_000_000_000L;

    static final int DEFAULT_RESOLUTION = 6;
    /** More decimal digits of a second would not fit the 64 bits of a time stamp. */
    static final int MAX_DECIMAL_DIGITS = 19;

    private static final int BINARY = 0x80;

    /** @param resolution the option's byte: negative power of ten, or with the highest bit set, of two */
    static TickScale of(int resolution, long offsetSeconds) {
        long offsetNs = offsetSeconds * SECOND_NS;
        int digits = resolution & ~BINARY;
        if ((resolution & BINARY) != 0) {
            return digits == 0 ? new TickScale(SECOND_NS, 0, 0, offsetNs) : new TickScale(0, 0, digits, offsetNs);
        }
        return digits <= 9
                ? new TickScale(powerOfTen(9 - digits), 0, 0, offsetNs)
                : new TickScale(0, powerOfTen(digits - 9), 0, offsetNs);
    }

    static boolean isPossible(int resolution) {
        int digits = resolution & ~BINARY;
        return (resolution & BINARY) != 0 ? digits < Long.SIZE : digits <= MAX_DECIMAL_DIGITS;
    }

    private static long powerOfTen(int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= 10;
        }
        return power;
    }

    long timeNs(long ticks) {
        if (multiplier != 0) {
            return ticks * multiplier + offsetNs;
        }
        return finerTimeNs(ticks);
    }

    private long finerTimeNs(long ticks) {
        if (divisor != 0) {
            return Long.divideUnsigned(ticks, divisor) + offsetNs;
        }
        long seconds = ticks >>> binaryDigits;
        long fractionOfTwoTo64 = ticks << (Long.SIZE - binaryDigits);
        return seconds * SECOND_NS + Math.unsignedMultiplyHigh(fractionOfTwoTo64, SECOND_NS) + offsetNs;
    }
}
