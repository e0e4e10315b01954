package io.vipline.rules.manifest;

import java.nio.charset.StandardCharsets;

/** Endings of generated names: Kubernetes' alphabet without vowels, fed by a hash instead of chance. */
final class SafeName {
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;

    private SafeName() {}

    /** FNV-1a, 32 bits, as the controllers hash a pod template; an unsigned number. */
    private static long hash(String text) {
        int hash = 0x811c9dc5;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x01000193;
        }
        return hash & 0xffff_ffffL;
    }

    /** Up to ten characters, as in {@code vote-5d5f6b9c8d}: the hash's digits spelled in the alphabet. */
    static String templateHash(String template) {
        StringBuilder name = new StringBuilder();
        for (char digit : Long.toString(hash(template)).toCharArray()) {
            name.append(ALPHABET.charAt(digit % ALPHABET.length()));
        }
        return name.toString();
    }

    /** Five characters. */
    static String suffix(String of) {
        long rest = hash(of);
        rest = rest * 0x9e3779b97f4a7c15L >>> 16; // neighbours' hashes differ in few bits
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            name.append(ALPHABET.charAt((int) (rest % ALPHABET.length())));
            rest /= ALPHABET.length();
        }
        return name.toString();
    }
}
