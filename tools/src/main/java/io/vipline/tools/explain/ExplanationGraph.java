package io.vipline.tools.explain;

import io.vipline.tools.TerminalText;
import io.vipline.tools.explain.Picture.Edge;
import io.vipline.tools.explain.Picture.Group;
import io.vipline.tools.explain.Picture.Node;
import java.io.PrintWriter;
import java.util.stream.Collectors;

/** An explanation as a picture, in the languages of Graphviz and Mermaid. */
public final class ExplanationGraph {
    private ExplanationGraph() {}

    /** Graphviz. */
    public static void dot(Explanation explanation, PrintWriter out) {
        Picture picture = Picture.of(explanation);
        out.println("digraph explanation {");
        out.println("  rankdir=LR; node [fontname=monospace]; edge [fontname=monospace, fontsize=10];");
        int number = 0;
        for (Group group : picture.groups()) {
            out.println("  subgraph cluster_" + number++ + " {");
            out.println("    label=" + dotText(group.name()) + "; style=rounded;");
            group.nodes().forEach(node -> out.println("    " + dotNode(node)));
            out.println("  }");
        }
        picture.outside().forEach(node -> out.println("  " + dotNode(node)));
        for (Edge edge : picture.edges()) {
            String label = edge.label().isEmpty() ? "" : " [label=" + dotText(edge.label()) + "]";
            out.println("  " + edge.from() + " -> " + edge.to() + label + ";");
        }
        out.println("}");
    }

    private static String dotNode(Node node) {
        String shape = switch (node.shape()) {
            case PACKET -> "cds";
            case HOOK -> "circle";
            case CHAIN -> "box";
            case OUTCOME -> "ellipse";
            case VERDICT -> "doubleoctagon";
        };
        return node.id() + " [label=" + dotText(node.label()) + ", shape=" + shape + "];";
    }

    private static String dotText(String text) {
        return text.lines()
                .map(line -> TerminalText.plain(line).replace("\\", "\\\\").replace("\"", "\\\""))
                .collect(Collectors.joining("\\n", "\"", "\""));
    }

    /** Mermaid, as Markdown renderers show it. */
    public static void mermaid(Explanation explanation, PrintWriter out) {
        Picture picture = Picture.of(explanation);
        out.println("flowchart LR");
        int number = 0;
        for (Group group : picture.groups()) {
            out.println("  subgraph hook" + number++ + "[" + mermaidText(group.name()) + "]");
            group.nodes().forEach(node -> out.println("    " + mermaidNode(node)));
            out.println("  end");
        }
        picture.outside().forEach(node -> out.println("  " + mermaidNode(node)));
        for (Edge edge : picture.edges()) {
            String label = edge.label().isEmpty() ? "" : "|" + mermaidText(edge.label()) + "|";
            out.println("  " + edge.from() + " -->" + label + " " + edge.to());
        }
    }

    private static String mermaidNode(Node node) {
        String text = mermaidText(node.label());
        return node.id()
                + switch (node.shape()) {
                    case PACKET -> ">" + text + "]";
                    case HOOK -> "((" + text + "))";
                    case CHAIN -> "[" + text + "]";
                    case OUTCOME -> "([" + text + "])";
                    case VERDICT -> "{{" + text + "}}";
                };
    }

    /** In quotes anything may stand but a quote, which its entity replaces; {@code #} would begin an entity. */
    private static String mermaidText(String text) {
        return text.lines()
                .map(line -> TerminalText.plain(line)
                        .replace("#", "#35;")
                        .replace("\"", "#quot;")
                        .replace("<", "#lt;")
                        .replace(">", "#gt;"))
                .collect(Collectors.joining("<br>", "\"", "\""));
    }
}
