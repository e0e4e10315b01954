package io.vipline.rules.manifest;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vipline.rules.manifest.DocumentSplitter.Chunk;
import io.vipline.rules.manifest.Manifests.ReadKind;
import io.vipline.rules.manifest.Tree.Kind;
import io.vipline.rules.manifest.Tree.Mapping;
import io.vipline.rules.manifest.Tree.Scalar;
import io.vipline.rules.manifest.Tree.Sequence;
import io.vipline.rules.model.Origin;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;

/** Reads YAML and JSON manifests: several documents, lists of objects, kinds that are not ours passed over. */
final class ManifestReader {
    private final ProblemLog problems;
    private final Manifests manifests;
    private final TypedObjects typed;

    private ManifestReader(ProblemLog problems) {
        this.problems = problems;
        manifests = new Manifests(problems);
        typed = new TypedObjects(problems);
    }

    static Manifests read(List<ManifestSource> sources, ProblemLog problems) throws IOException {
        ManifestReader reader = new ManifestReader(problems);
        for (ManifestSource source : sources) {
            for (Tree document : documents(source, problems)) {
                reader.object(source.name(), document, "", "");
            }
        }
        return reader.manifests;
    }

    /** Every readable document of a source; what is broken is in the log. Empty documents are left out. */
    static List<Tree> documents(ManifestSource source, ProblemLog problems) throws IOException {
        List<Tree> documents = new ArrayList<>();
        try (Reader text = source.text().open()) {
            DocumentSplitter splitter = new DocumentSplitter(text);
            for (Chunk chunk = splitter.next(); chunk != null; chunk = splitter.next()) {
                documents.addAll(documents(source.name(), chunk, problems));
            }
        } catch (UnreadableDocument tooLong) {
            report(source.name(), tooLong, problems);
        }
        documents.removeIf(tree -> tree instanceof Scalar scalar && scalar.kind() == Kind.NULL);
        return documents;
    }

    private static List<Tree> documents(String source, Chunk chunk, ProblemLog problems) {
        List<Scalar> repeatedKeys = new ArrayList<>();
        List<Tree> trees = List.of();
        try {
            trees = trees(chunk.text(), chunk.firstLine() - 1, repeatedKeys);
        } catch (UnreadableDocument broken) {
            report(source, broken, problems);
        }
        for (Scalar key : repeatedKeys) {
            problems.warning(
                    new Origin(source, key.line(), key.column()),
                    "the key \"" + key.text() + "\" stands here for a second time",
                    "only the last one counts",
                    "remove one of the two");
        }
        return trees;
    }

    /** JSON's tabs are not YAML's, and its parser is the faster one; a YAML flow mapping looks like JSON. */
    private static List<Tree> trees(String text, int linesBefore, List<Scalar> repeatedKeys) throws UnreadableDocument {
        String start = text.stripLeading();
        if (!start.startsWith("{") && !start.startsWith("[")) {
            return YamlDocuments.read(text, linesBefore, repeatedKeys);
        }
        try {
            return JsonDocuments.read(text, linesBefore, repeatedKeys);
        } catch (UnreadableDocument notJson) {
            repeatedKeys.clear();
            try {
                return YamlDocuments.read(text, linesBefore, repeatedKeys);
            } catch (UnreadableDocument notYaml) {
                boolean quotedKey = start.substring(1).stripLeading().startsWith("\"");
                throw quotedKey ? notJson : notYaml;
            }
        }
    }

    private static void report(String source, UnreadableDocument broken, ProblemLog problems) {
        problems.error(
                new Origin(source, broken.line, broken.column),
                "this document cannot be read",
                broken.why,
                broken.mend);
    }

    /**
     * @param listKind the kind that the items of an enclosing list have, empty if they say it themselves
     * @param listVersion their API version
     */
    private void object(String source, Tree tree, String listKind, String listVersion) {
        Origin at = new Origin(source, tree.line(), tree.column());
        if (!(tree instanceof Mapping)) {
            problems.error(
                    at, "this is no Kubernetes object", "an object is a mapping", "begin with apiVersion and kind");
            return;
        }
        String kind = tree.text("kind").isEmpty() ? listKind : tree.text("kind");
        String version = tree.text("apiVersion").isEmpty() ? listVersion : tree.text("apiVersion");
        if (kind.isEmpty()) {
            problems.error(at, "this object has no kind", "nothing says what it is", "add kind and apiVersion");
        } else if (kind.endsWith("List") && tree.get("items") instanceof Sequence items) {
            String itemKind = kind.substring(0, kind.length() - "List".length());
            items.items().forEach(item -> object(source, item, itemKind, version));
        } else if (!kind.equals("List")) {
            single(at, tree, kind, version);
        }
    }

    private void single(Origin at, Tree tree, String kind, String version) {
        ReadKind known = Manifests.KINDS.get(kind);
        int slash = version.indexOf('/');
        String group = slash < 0 ? "" : version.substring(0, slash);
        boolean ours =
                known != null && (group.equals(known.group()) || group.equals("extensions") || version.isEmpty());
        if (!ours) {
            problems.note(
                    at,
                    ("passed over " + kind + " " + tree.nearest("metadata").text("name")).strip(),
                    "Vipline does not read " + (version.isEmpty() ? "" : version + " ") + kind,
                    "nothing to do");
            return;
        }
        if (version.isEmpty()) {
            problems.warning(at, "this " + kind + " has no apiVersion", "kubectl refuses it", "add apiVersion");
        }
        add(at.source(), tree, known.type());
    }

    private <T extends HasMetadata> void add(String source, Tree tree, Class<T> type) {
        Parsed<T> parsed = typed.read(source, tree, type);
        if (parsed != null) {
            manifests.add(parsed);
        }
    }
}
