package io.vipline.tools;

/**
 * Makes text that others wrote (names from packets, comments of captures, manifests) safe to print: a control character
 * could move the cursor, rename the window or turn the line's direction.
 */
public final class TerminalText {
    private TerminalText() {}

    /** @return the text with every control and direction-changing character as {@code \\u001b} */
    public static String plain(String text) {
        int at = 0;
        while (at < text.length() && !isUnsafe(text.charAt(at))) {
            at++;
        }
        if (at == text.length()) {
            return text;
        }
        StringBuilder plain = new StringBuilder(text.length() + 16).append(text, 0, at);
        for (; at < text.length(); at++) {
            char c = text.charAt(at);
            if (isUnsafe(c)) {
                plain.append(String.format("\\u%04x", (int) c));
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }

    private static boolean isUnsafe(char c) {
        // U+2028–202E and U+2066–2069: line separators, embeddings, overrides and isolates
        return Character.isISOControl(c) || c >= '\u2028' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069';
    }
}
