package io.vipline.tools.get;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vipline.rules.model.Cluster;
import io.vipline.tools.TerminalText;
import io.vipline.tools.TextTable;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was asked for.
 *
 * @param names empty: every object
 * @param namespace empty: every namespace
 */
public record ResourceQuery(List<ResourceType> types, List<String> names, String namespace, LabelQuery labels) {
    /**
     * @param types kubectl's names with commas between, or {@code all}
     * @throws IllegalArgumentException for an unknown type or an unreadable selector
     */
    public static ResourceQuery parse(String types, List<String> names, String namespace, String selector) {
        List<ResourceType> parsed = new ArrayList<>();
        for (String name : types.split(",")) {
            if (name.equals("all")) {
                parsed.addAll(ResourceType.ALL);
            } else {
                parsed.add(ResourceType.named(name)
                        .orElseThrow(() -> new IllegalArgumentException("'" + name + "' is no type that can be shown:"
                                + " services, endpoints, endpointslices, pods, nodes, servicecidrs, all")));
            }
        }
        return new ResourceQuery(parsed, names, namespace, new LabelQuery(selector));
    }

    public Answer ask(Cluster cluster) {
        Map<ResourceType, List<HasMetadata>> found = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        for (ResourceType type : types) {
            List<HasMetadata> objects = new ArrayList<>();
            for (HasMetadata object : type.of(cluster)) {
                boolean inNamespace = !type.namespaced
                        || namespace.isEmpty()
                        || namespace.equals(object.getMetadata().getNamespace());
                if (inNamespace
                        && isNamed(object)
                        && labels.test(object.getMetadata().getLabels())) {
                    objects.add(object);
                }
            }
            for (String name : names) {
                if (objects.stream()
                        .noneMatch(object -> object.getMetadata().getName().equals(name))) {
                    missing.add("Error (NotFound): " + type.plural + " \"" + TerminalText.plain(name) + "\" not found");
                }
            }
            found.put(type, objects);
        }
        return new Answer(this, found, missing);
    }

    private boolean isNamed(HasMetadata object) {
        return names.isEmpty() || names.contains(object.getMetadata().getName());
    }

    /** What was found of it. */
    public record Answer(ResourceQuery query, Map<ResourceType, List<HasMetadata>> found, List<String> missing) {
        /** Whether everything that was named is there. */
        public boolean isComplete() {
            return missing.isEmpty();
        }

        private List<HasMetadata> all() {
            return found.values().stream().flatMap(List::stream).toList();
        }

        /** Lines for stderr. */
        public List<String> complaints() {
            if (!missing.isEmpty() || !all().isEmpty()) {
                return missing;
            }
            boolean anywhere = query.namespace.isEmpty() || query.types.stream().noneMatch(type -> type.namespaced);
            return List.of(
                    anywhere ? "No resources found" : "No resources found in " + query.namespace + " namespace.");
        }

        public void printTable(PrintWriter out, boolean wide, boolean titles) {
            ResourceRows rows = new ResourceRows(wide, Instant.now());
            boolean first = true;
            for (Map.Entry<ResourceType, List<HasMetadata>> entry : found.entrySet()) {
                if (!entry.getValue().isEmpty()) {
                    if (!first) {
                        out.println();
                    }
                    first = false;
                    table(entry.getKey(), entry.getValue(), rows, titles).print(out);
                }
            }
        }

        private TextTable table(ResourceType type, List<HasMetadata> objects, ResourceRows rows, boolean titles) {
            boolean withNamespace = query.namespace.isEmpty() && type.namespaced;
            TextTable table = new TextTable();
            if (titles) {
                table.add(withNamespace(withNamespace, "NAMESPACE", rows.titles(type)));
            }
            for (HasMetadata object : objects) {
                String name = object.getMetadata().getName();
                String shown = found.size() > 1 ? type.qualifiedName() + "/" + name : name;
                table.add(withNamespace(withNamespace, object.getMetadata().getNamespace(), rows.row(object, shown)));
            }
            return table;
        }

        private static List<String> withNamespace(boolean with, String namespace, List<String> cells) {
            List<String> all = new ArrayList<>(cells);
            if (with) {
                all.addFirst(namespace);
            }
            return all;
        }

        private boolean isSingle() {
            return query.names.size() == 1 && query.types.size() == 1 && all().size() == 1;
        }

        public void printJson(PrintWriter out) {
            if (isComplete() || !all().isEmpty()) {
                out.print(ObjectText.json(ObjectText.document(all(), isSingle())));
            }
        }

        public void printYaml(PrintWriter out) {
            if (isComplete() || !all().isEmpty()) {
                out.print(ObjectText.yaml(ObjectText.document(all(), isSingle())));
            }
        }

        public void printNames(PrintWriter out) {
            found.forEach((type, objects) -> objects.forEach(object -> out.println(TerminalText.plain(
                    type.qualifiedName() + "/" + object.getMetadata().getName()))));
        }
    }
}
