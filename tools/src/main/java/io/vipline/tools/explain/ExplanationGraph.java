package io.vipline.tools.explain;

import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.Set;

/** An explanation as a picture: chains, the rules that led from one to the next, endpoints. */
public final class ExplanationGraph {
    private static final String JUMP = "jump ";

    private ExplanationGraph() {}

    private record Edge(String from, String to, String label) {}

    private static Set<Edge> edges(Explanation explanation) {
        Set<Edge> edges = new LinkedHashSet<>();
        String verdict = explanation.verdict();
        for (Explanation.PathStep step : explanation.path()) {
            String from = step.table() + " " + step.chain();
            String to = step.outcome().startsWith(JUMP)
                    ? step.table() + " " + step.outcome().substring(JUMP.length())
                    : step.outcome();
            edges.add(new Edge(from, to, step.origin()));
        }
        edges.add(new Edge(explanation.packet(), "verdict " + verdict, ""));
        return edges;
    }

    /** Graphviz. */
    public static void dot(Explanation explanation, PrintWriter out) {
        out.println("digraph explanation {");
        out.println("  node [shape=box, fontname=monospace];");
        for (Edge edge : edges(explanation)) {
            out.println(
                    "  " + quoted(edge.from()) + " -> " + quoted(edge.to()) + " [label=" + quoted(edge.label()) + "];");
        }
        out.println("}");
    }

    /** Mermaid. */
    public static void mermaid(Explanation explanation, PrintWriter out) {
        out.println("flowchart LR");
        for (Edge edge : edges(explanation)) {
            String label = edge.label().isEmpty() ? "" : "|" + quoted(edge.label()) + "|";
            out.println("  " + id(edge.from()) + "[" + quoted(edge.from()) + "] -->" + label + " " + id(edge.to()) + "["
                    + quoted(edge.to()) + "]");
        }
    }

    private static String id(String text) {
        return "n" + Integer.toHexString(text.hashCode());
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "'") + "\"";
    }
}
