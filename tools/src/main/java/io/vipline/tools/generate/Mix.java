package io.vipline.tools.generate;

/** A number that looks drawn, from one that was counted: the finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
final class Mix {
    private Mix() {}

    /** @return 62 bits of it */
    static long of(long counted) {
        long z = counted + 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return (z ^ z >>> 31) >>> 2;
    }
}
