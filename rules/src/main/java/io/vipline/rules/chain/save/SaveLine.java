package io.vipline.rules.chain.save;

import java.util.ArrayList;
import java.util.List;

/** A rule's line cut into words, with a place in them. */
final class SaveLine {
    /** @param value without quotes and escapes; {@code start} and {@code end} are the raw word's in the line */
    record Word(String value, int start, int end) {}

    private final String line;
    private final List<Word> words;
    private int at;

    SaveLine(String line) {
        this.line = line;
        words = cut(line);
    }

    /** Words part at spaces; in double quotes a backslash takes the next character as it is (libxtables' way). */
    private static List<Word> cut(String line) {
        List<Word> words = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        int i = 0;
        while (i < line.length()) {
            if (isSpace(line.charAt(i))) {
                i++;
                continue;
            }
            int start = i;
            boolean quoted = false;
            value.setLength(0);
            while (i < line.length() && (quoted || !isSpace(line.charAt(i)))) {
                char c = line.charAt(i);
                if (c == '"') {
                    quoted = !quoted;
                } else if (c == '\\' && quoted && i + 1 < line.length()) {
                    value.append(line.charAt(++i));
                } else {
                    value.append(c);
                }
                i++;
            }
            if (quoted) {
                throw new SaveFault(start, "a quote is opened and never closed", "close it with \"");
            }
            words.add(new Word(value.toString(), start, i));
        }
        return words;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\r';
    }

    boolean hasNext() {
        return at < words.size();
    }

    /** The word at hand; an empty one at the end. */
    Word peek() {
        return hasNext() ? words.get(at) : new Word("", line.length(), line.length());
    }

    boolean nextIs(String word) {
        return hasNext() && words.get(at).value().equals(word);
    }

    Word next() {
        return words.get(at++);
    }

    /** The value that an option needs. */
    String value(String option) {
        if (!hasNext()) {
            throw new SaveFault(line.length(), option + " has no value", "write one after it");
        }
        return next().value();
    }

    boolean accept(String word) {
        if (nextIs(word)) {
            at++;
            return true;
        }
        return false;
    }

    /** Takes the word if the one after it begins so. */
    boolean acceptBefore(String word, String prefix) {
        boolean both = nextIs(word)
                && at + 1 < words.size()
                && words.get(at + 1).value().startsWith(prefix);
        at += both ? 1 : 0;
        return both;
    }

    /** Where the next word begins. */
    int position() {
        return peek().start();
    }

    /** The raw text from a position to the end of the last word taken. */
    String textFrom(int start) {
        return line.substring(start, words.get(at - 1).end());
    }

    /** Whether the last word taken stood in quotes. */
    boolean wasQuoted() {
        return line.charAt(words.get(at - 1).start()) == '"';
    }

    /** What is left, as it stands. */
    String rest() {
        return line.substring(position());
    }

    /** Takes words up to where another term or the target begins. */
    void skipTerm() {
        while (hasNext() && !nextIs("-m") && !nextIs("-j") && !nextIs("-g")) {
            at++;
        }
    }

    /** Takes the values that follow an option. */
    void skipValues() {
        while (hasNext() && !peek().value().startsWith("-") && !nextIs("!")) {
            at++;
        }
    }
}
