package io.vipline.tools.explain;

import io.vipline.tools.Palette;
import io.vipline.tools.TerminalText;
import io.vipline.tools.explain.Waypoint.RuleAt;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * An explanation for people: a tree for each hook, its branches the chains and rules that the packet came through, and
 * below them the verdict, the endpoints, and why.
 */
public final class ExplanationTree {
    /** So many of a kind in a row, misses or shares of a draw, are shown; of the rest it is said how many they are. */
    private static final int MOST_ALIKE = 8;

    private static final int MOST_ENDPOINTS = 24;
    private static final int MOST_NAMED = 3;

    private final PrintWriter out;
    private final Palette palette;

    public ExplanationTree(PrintWriter out, Palette palette) {
        this.out = out;
        this.palette = palette;
    }

    public void print(Explanation explanation) {
        out.println(palette.bold(plain(explanation.packet())));
        if (!explanation.packet().contains(explanation.resolved())) {
            out.println("  that is " + explanation.resolved());
        }
        who("from", explanation.from());
        who("to", explanation.to());
        for (Waypoint place : explanation.way()) {
            out.println();
            out.println(palette.bold(place.hook()) + goingTo(place));
            branches(place.then(), "");
            if (place.then().isEmpty()) {
                out.println(palette.dim("└─ no chain is asked"));
            }
        }
        out.println();
        verdict(explanation);
    }

    private void who(String direction, String owner) {
        if (owner != null) {
            out.println(palette.dim("  " + direction + " " + plain(owner)));
        }
    }

    private static String plain(String text) {
        return TerminalText.plain(text);
    }

    private void branches(List<Waypoint> places, String indent) {
        for (int i = 0; i < places.size(); ) {
            int alike = alike(places, i);
            int shown = alike > MOST_ALIKE + 1 ? MOST_ALIKE : alike;
            for (int end = i + shown; i < end; i++) {
                branch(places.get(i), indent, i == places.size() - 1);
            }
            if (shown < alike) {
                i += alike - shown;
                out.println(palette.dim(indent + (i == places.size() ? "└─ " : "├─ ") + "… and " + (alike - shown)
                        + " more like these"));
            }
        }
    }

    /** How many of one kind follow each other. */
    private static int alike(List<Waypoint> places, int from) {
        int end = from;
        while (end < places.size() && isLike(places.get(from), places.get(end))) {
            end++;
        }
        return end - from;
    }

    private static boolean isLike(Waypoint one, Waypoint other) {
        return one.kind() == other.kind()
                && (one.passing().probability() == null) == (other.passing().probability() == null);
    }

    private void branch(Waypoint place, String indent, boolean last) {
        out.println(palette.dim(indent + (last ? "└─ " : "├─ ")) + line(place));
        branches(place.then(), indent + (last ? "   " : "│  "));
    }

    private String line(Waypoint place) {
        return switch (place.kind()) {
            case HOOK -> place.hook();
            case ROUTING -> plain(place.outcome());
            case CHAIN -> plain(place.at().table() + " " + place.at().chain()) + goingTo(place);
            case POLICY -> palette.dim("policy ") + verdictColoured(place.outcome(), place.outcome()) + goingTo(place);
            case MATCHED -> matched(place);
            case MISSED -> palette.dim("✗ " + rule(place.at()) + "   no: " + plain(missed(place)) + tail(place.at()));
            case ASSUMED ->
                palette.yellow("? ") + number(place.at()) + "if not " + plain(place.failed()) + goingTo(place);
        };
    }

    /** The term that failed, unless it is the rule's first and what the packet has instead says enough. */
    private static String missed(Waypoint place) {
        if (place.because().isEmpty()) {
            return place.failed();
        }
        boolean first = place.at().brief().startsWith(place.failed());
        return first ? place.because() : place.failed() + " (" + place.because() + ")";
    }

    private String matched(Waypoint place) {
        String share = place.passing().probability() == null
                ? ""
                : palette.cyan(Picture.percent(place.passing().probability())) + " ";
        String assumed = place.failed() == null ? "" : "   if " + plain(place.failed());
        String mark = place.outcome().startsWith("mark ")
                ? "   the mark is now " + place.outcome().substring(5)
                : "";
        return (place.failed() == null ? "" : palette.yellow("? "))
                + share
                + rule(place.at())
                + mark
                + assumed
                + goingTo(place)
                + palette.dim(tail(place.at()));
    }

    /** What decides the fate stands out. */
    private String coloured(Waypoint place) {
        String rule = rule(place.at());
        String word = place.outcome().split(" ", 2)[0];
        return switch (word) {
            case "DNAT", "ACCEPT", "DROP", "REJECT" -> verdictColoured(word, rule);
            default -> rule;
        };
    }

    private static String rule(RuleAt at) {
        return number(at) + plain(at.brief());
    }

    private static String number(RuleAt at) {
        return at.number() == null ? "" : "#" + at.number() + " ";
    }

    /** What the rule says of itself, and where it comes from. */
    private static String tail(RuleAt at) {
        return (at.comment().isEmpty() ? "" : "   \"" + plain(at.comment()) + "\"") + "   [" + plain(at.origin()) + "]";
    }

    private String goingTo(Waypoint place) {
        List<String> endpoints = place.passing().endpoints();
        if (endpoints.isEmpty()) {
            return "";
        }
        String named = endpoints.stream().limit(MOST_NAMED).collect(Collectors.joining(", "));
        int more = endpoints.size() - MOST_NAMED;
        String where = Character.isUpperCase(endpoints.getFirst().charAt(0)) ? "   → in the end " : "   → ";
        return palette.cyan(where + named + (more > 0 ? " and " + more + " more" : ""));
    }

    private String verdictColoured(String verdict, String text) {
        return switch (verdict) {
            case "DNAT", "ACCEPT" -> palette.green(text);
            case "UNKNOWN" -> palette.yellow(text);
            default -> palette.red(text);
        };
    }

    private void verdict(Explanation explanation) {
        String service = explanation.service() == null ? "" : "  " + plain(explanation.service());
        out.println(palette.bold("VERDICT ") + verdictColoured(explanation.verdict(), explanation.verdict()) + service);
        if (explanation.because() != null) {
            out.println("  " + open(explanation) + ": " + plain(explanation.because()));
        }
        endpoints(explanation.endpoints());
        explanation.hints().forEach(hint -> out.println("  • " + plain(hint)));
    }

    /** What can't be told. */
    private static String open(Explanation explanation) {
        if (explanation.possible() != null) {
            return String.join(" or ", explanation.possible());
        }
        boolean whichEndpoint = explanation.endpoints().stream().anyMatch(endpoint -> endpoint.probability() == null);
        return whichEndpoint ? "to which of these" : "masqueraded or not";
    }

    private void endpoints(List<Explanation.Endpoint> endpoints) {
        int width = endpoints.stream()
                .mapToInt(endpoint -> endpoint.address().length())
                .max()
                .orElse(0);
        for (Explanation.Endpoint endpoint : endpoints.subList(0, Math.min(endpoints.size(), MOST_ENDPOINTS))) {
            String line = "%9s  %-" + width + "s%s%s";
            out.println(String.format(
                    Locale.ROOT,
                    line,
                    Picture.percent(endpoint.probability()),
                    endpoint.address(),
                    endpoint.is() == null ? "" : "  " + plain(endpoint.is()),
                    masquerade(endpoint)));
        }
        if (endpoints.size() > MOST_ENDPOINTS) {
            out.println("           … and " + (endpoints.size() - MOST_ENDPOINTS) + " more");
        }
        reasons(endpoints).forEach(out::println);
    }

    private static String masquerade(Explanation.Endpoint endpoint) {
        if (endpoint.masquerade() == null) {
            return "  masqueraded or not";
        }
        return !endpoint.masquerade()
                ? ""
                : "  masqueraded" + (endpoint.source() == null ? "" : " as " + endpoint.source());
    }

    private static List<String> reasons(List<Explanation.Endpoint> endpoints) {
        List<String> reasons = new ArrayList<>();
        endpoints.stream()
                .filter(endpoint -> endpoint.because() != null)
                .map(endpoint -> "  • " + (endpoint.masquerade() == null ? "if it is masqueraded: " : "masqueraded: ")
                        + plain(endpoint.because()))
                .distinct()
                .forEach(reasons::add);
        return reasons;
    }
}
