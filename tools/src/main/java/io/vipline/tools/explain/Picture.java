package io.vipline.tools.explain;

import io.vipline.tools.explain.Waypoint.Kind;
import io.vipline.tools.explain.Waypoint.RuleAt;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An explanation as a graph: hook after hook, in each the chains that were entered, and what rules led where. */
final class Picture {
    /** What a node is, which decides its shape. */
    enum Shape {
        PACKET,
        HOOK,
        CHAIN,
        OUTCOME,
        VERDICT
    }

    record Node(String id, String label, Shape shape) {}

    /** @param label of several lines; empty for none */
    record Edge(String from, String to, String label) {}

    /** The nodes of one hook. */
    record Group(String name, List<Node> nodes) {}

    private static final int SHARE_DIGITS = 4;

    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final List<Group> groups = new ArrayList<>();
    private final Set<Edge> edges = new LinkedHashSet<>();
    private final List<Node> outside = new ArrayList<>();

    private Picture() {}

    static Picture of(Explanation explanation) {
        Picture picture = new Picture();
        String at = picture.outside("packet\n" + explanation.packet(), Shape.PACKET);
        for (Waypoint place : explanation.way()) {
            at = picture.place(place, at);
        }
        String service = explanation.service() == null ? "" : "\n" + explanation.service();
        String verdict = picture.outside(explanation.verdict() + service, Shape.VERDICT);
        picture.edges.add(new Edge(at, verdict, ""));
        for (Explanation.Endpoint endpoint : explanation.endpoints()) {
            String label = endpoint.address() + (endpoint.is() == null ? "" : "\n" + endpoint.is());
            String masquerade = endpoint.masquerade() == null
                    ? "\nmasqueraded or not"
                    : endpoint.masquerade() ? "\nmasqueraded" : "";
            picture.edges.add(new Edge(
                    verdict, picture.outside(label, Shape.OUTCOME), percent(endpoint.probability()) + masquerade));
        }
        return picture;
    }

    List<Group> groups() {
        return groups;
    }

    List<Node> outside() {
        return outside;
    }

    Set<Edge> edges() {
        return edges;
    }

    private String outside(String label, Shape shape) {
        Node node = new Node("n" + nodes.size(), label, shape);
        nodes.put("outside " + nodes.size(), node);
        outside.add(node);
        return node.id();
    }

    /** @return the node from which the way goes on */
    private String place(Waypoint place, String from) {
        if (place.kind() == Kind.ROUTING) {
            String routing = outside("routing", Shape.HOOK);
            edges.add(new Edge(from, routing, ""));
            return routing;
        }
        List<Node> inside = new ArrayList<>();
        groups.add(new Group(place.hook(), inside));
        String hook = node("hook " + groups.size(), place.hook(), Shape.HOOK, inside);
        edges.add(new Edge(from, hook, ""));
        for (Waypoint chain : place.then()) {
            edges.add(new Edge(hook, chain(chain.at(), inside), ""));
            rules(chain, inside);
        }
        return hook;
    }

    private String chain(RuleAt at, List<Node> inside) {
        String key = groups.size() + " " + at.table() + " " + at.chain();
        return node(key, at.table() + "\n" + at.chain(), Shape.CHAIN, inside);
    }

    private String node(String key, String label, Shape shape, List<Node> inside) {
        return nodes.computeIfAbsent(key, added -> {
                    Node node = new Node("n" + nodes.size(), label, shape);
                    inside.add(node);
                    return node;
                })
                .id();
    }

    /** Rules that led somewhere; those that jumped to where nothing matched led back. */
    private void rules(Waypoint chain, List<Node> inside) {
        for (Waypoint rule : chain.then()) {
            boolean ledNowhere = rule.kind() != Kind.MATCHED
                    || rule.then().isEmpty()
                            && (rule.outcome().startsWith("jump ")
                                    || rule.outcome().startsWith("goto ")
                                    || rule.outcome().equals("RETURN"));
            if (ledNowhere) {
                continue;
            }
            String from = chain(rule.at(), inside);
            String to = rule.then().isEmpty()
                    ? node(groups.size() + " " + from + rule.outcome(), rule.outcome(), Shape.OUTCOME, inside)
                    : chain(rule.then().getFirst().at(), inside);
            edges.add(new Edge(from, to, label(rule)));
            rules(rule, inside);
        }
    }

    private static String label(Waypoint rule) {
        String share = rule.passing().probability() == null
                ? ""
                : percent(rule.passing().probability()) + "\n";
        String number = rule.at().number() == null ? "" : "#" + rule.at().number() + " ";
        String why = rule.failed() == null ? "" : "\nif " + rule.failed();
        return share + number + rule.at().origin() + why;
    }

    /** {@code 33.33 %}; of what can't be told {@code maybe}. */
    static String percent(Double probability) {
        if (probability == null) {
            return "maybe";
        }
        return new BigDecimal(probability * 100)
                        .round(new MathContext(SHARE_DIGITS))
                        .stripTrailingZeros()
                        .toPlainString()
                + " %";
    }
}
