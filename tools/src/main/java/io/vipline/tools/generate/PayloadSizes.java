package io.vipline.tools.generate;

import java.util.Locale;

/**
 * How long payloads are: one of several sizes, each as likely as its weight.
 *
 * @param ofFrames whether the sizes are those of frames (less what headers take) instead of payloads
 * @param bytes the sizes
 * @param weights one for each size
 */
public record PayloadSizes(boolean ofFrames, int[] bytes, int[] weights) {
    /** What a jumbo frame of 9,000 bytes carries over IPv6 and TCP. */
    public static final int MAX_BYTES = 8940;

    /** Simple IMIX as routers are tested with: seven small frames, four middling, one full. */
    public static final PayloadSizes IMIX = new PayloadSizes(true, new int[] {60, 590, 1514}, new int[] {7, 4, 1});

    /**
     * @param text {@code imix}, or sizes of payloads in bytes: {@code 64} or {@code 0,512,1400}
     * @throws IllegalArgumentException if it is neither; the message says what is wrong
     */
    public static PayloadSizes parse(String text) {
        if (text.toLowerCase(Locale.ROOT).equals("imix")) {
            return IMIX;
        }
        String[] parts = text.split(",", -1);
        int[] bytes = new int[parts.length];
        int[] weights = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            bytes[i] = size(parts[i].strip());
            weights[i] = 1;
        }
        return new PayloadSizes(false, bytes, weights);
    }

    private static int size(String text) {
        int size;
        try {
            size = Integer.parseInt(text);
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("'" + text + "' is neither a number of bytes nor imix", notANumber);
        }
        if (size < 0 || size > MAX_BYTES) {
            throw new IllegalArgumentException("a payload has 0 to " + MAX_BYTES + " bytes, not " + size);
        }
        return size;
    }

    /**
     * @param headerBytes what the frame has before its payload
     * @param random anything
     * @return bytes of payload
     */
    int draw(int headerBytes, long random) {
        int total = 0;
        for (int weight : weights) {
            total += weight;
        }
        int drawn = (int) ((random >>> 1) % total);
        int i = 0;
        while (drawn >= weights[i]) {
            drawn -= weights[i++];
        }
        return ofFrames ? Math.max(0, bytes[i] - headerBytes) : bytes[i];
    }
}
