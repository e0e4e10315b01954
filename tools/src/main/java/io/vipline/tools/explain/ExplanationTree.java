package io.vipline.tools.explain;

import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Step;
import io.vipline.rules.chain.walk.Walk;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** An explanation for people: hook by hook, each rule that matched, those that nearly did, the endpoints, and why. */
public final class ExplanationTree {
    private static final int MOST_BRANCHES = 8;

    private final PrintWriter out;
    private final Set<Step> shown = new HashSet<>();

    public ExplanationTree(PrintWriter out) {
        this.out = out;
    }

    public void print(Explanation explanation, Walk walk) {
        out.println(explanation.packet());
        int branches = 0;
        for (Outcome outcome : walk.outcomes()) {
            if (branches++ == MOST_BRANCHES) {
                out.println("  … and " + (walk.outcomes().size() - MOST_BRANCHES) + " more ways like these");
                break;
            }
            outcome.trail().steps().forEach(this::step);
        }
        out.println();
        verdict(explanation);
    }

    private void step(Step step) {
        if (!shown.add(step)) {
            return;
        }
        switch (step) {
            case Step.AtHook at -> out.println("  " + at.hook());
            case Step.Routed routed ->
                out.println("  routing: " + routed.text() + (routed.local() ? " is the node itself" : " is forwarded"));
            case Step.Matched matched ->
                out.println(
                        "    " + place(matched.chain().table(), matched.chain().name(), matched.index())
                                + RulesetPrinter.rule(matched.chain().name(), matched.rule())
                                + chance(matched.probability())
                                + "\n        => " + matched.outcome()
                                + origin(matched.rule().origin().toString()));
            case Step.Missed missed ->
                out.println(
                        "    " + place(missed.chain().table(), missed.chain().name(), missed.index())
                                + "not matched: " + RulesetPrinter.term(missed.failed())
                                + origin(missed.rule().origin().toString()));
            case Step.Assumed assumed -> out.println("    assumed: " + assumed.condition());
            case Step.Policy policy ->
                out.println("    " + policy.chain().table() + " "
                        + policy.chain().name() + " policy " + (policy.accepts() ? "ACCEPT" : "DROP"));
        }
    }

    private static String place(String table, String chain, int index) {
        return table + " " + chain + " #" + (index + 1) + "  ";
    }

    private static String chance(double probability) {
        return probability < 1 ? String.format(Locale.ROOT, "  (probability %.4f)", probability) : "";
    }

    private static String origin(String origin) {
        return origin.isEmpty() ? "" : "   [" + origin + "]";
    }

    private void verdict(Explanation explanation) {
        out.println("VERDICT " + explanation.verdict()
                + (explanation.service() == null ? "" : "  " + explanation.service()));
        if (explanation.because() != null) {
            out.println("  " + explanation.possible() + ": " + explanation.because());
        }
        for (Explanation.Endpoint endpoint : explanation.endpoints()) {
            out.println(String.format(
                    Locale.ROOT,
                    "  %-40s %.4f%s",
                    endpoint.address(),
                    endpoint.probability(),
                    endpoint.masquerade() ? "  masqueraded" : ""));
        }
        explanation.hints().forEach(hint -> out.println("  " + hint));
    }
}
