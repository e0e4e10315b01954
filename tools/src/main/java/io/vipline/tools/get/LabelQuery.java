package io.vipline.tools.get;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** kubectl's {@code -l}: {@code a=b,c!=d,e in (x, y),f notin (z),g,!h}; all terms must hold. */
final class LabelQuery implements Predicate<Map<String, String>> {
    private static final String KEY = "([\\w./-]+)";
    private static final Pattern TERM = Pattern.compile("\\s*(?:" + KEY + "\\s*(?<op>==|=|!=)\\s*([\\w.-]*)"
            + "|" + KEY + "\\s+(?<set>in|notin)\\s*\\(([^)]*)\\)"
            + "|(?<not>!?)\\s*" + KEY + ")\\s*(?:,|$)");

    private final List<Predicate<Map<String, String>>> terms = new ArrayList<>();

    /** @throws IllegalArgumentException if the text is no selector */
    LabelQuery(String text) {
        Matcher term = TERM.matcher(text);
        int at = 0;
        while (at < text.length()) {
            if (!term.find(at) || term.start() != at) {
                throw new IllegalArgumentException("'" + text.substring(at) + "' is no label selector");
            }
            terms.add(term(term));
            at = term.end();
        }
    }

    private static Predicate<Map<String, String>> term(Matcher term) {
        if (term.group("op") != null) {
            String key = term.group(1);
            String value = term.group(3);
            boolean wanted = !term.group("op").equals("!=");
            return labels -> value.equals(labels.get(key)) == wanted;
        }
        if (term.group("set") != null) {
            String key = term.group(4);
            List<String> values =
                    Arrays.stream(term.group(6).split(",")).map(String::strip).toList();
            boolean wanted = term.group("set").equals("in");
            return labels -> (labels.containsKey(key) && values.contains(labels.get(key))) == wanted;
        }
        String key = term.group(8);
        boolean wanted = term.group("not").isEmpty();
        return labels -> labels.containsKey(key) == wanted;
    }

    /** @param labels null for none */
    @Override
    public boolean test(Map<String, String> labels) {
        Map<String, String> given = labels == null ? Map.of() : labels;
        return terms.stream().allMatch(term -> term.test(given));
    }
}
