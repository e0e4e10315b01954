package io.vipline.rules.manifest;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Guesses what a misspelt name was to be. */
public final class NearName {
    private static final int MAX_EDITS = 2;

    private NearName() {}

    /** What to do about an unknown field. */
    static String suggestion(String name, Collection<String> known) {
        return nearest(name, known)
                .map(other -> "did you mean " + other + "?")
                .orElse("remove it or check its indentation");
    }

    /** The first, in the order of the alphabet, of the known names that are a slip or two away. */
    public static Optional<String> nearest(String name, Collection<String> known) {
        return known.stream()
                .filter(other -> other.equalsIgnoreCase(name) || isNear(name, other))
                .sorted()
                .findFirst();
    }

    /** The known names that take the fewest edits, however many: the fewest first, then in the order of the alphabet. */
    public static List<String> nearest(String name, Collection<String> known, int count) {
        return known.stream()
                .sorted(Comparator.<String>comparingInt(other -> edits(other, name))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(count)
                .toList();
    }

    private static boolean isNear(String one, String other) {
        return Math.abs(one.length() - other.length()) <= MAX_EDITS && edits(one, other) <= MAX_EDITS;
    }

    /** Levenshtein's distance. */
    private static int edits(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
