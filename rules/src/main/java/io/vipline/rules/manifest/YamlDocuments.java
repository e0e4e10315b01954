package io.vipline.rules.manifest;

import io.vipline.rules.manifest.Tree.Field;
import io.vipline.rules.manifest.Tree.Kind;
import io.vipline.rules.manifest.Tree.Mapping;
import io.vipline.rules.manifest.Tree.Scalar;
import io.vipline.rules.manifest.Tree.Sequence;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Builds trees from snakeyaml's events. No type tag constructs anything; an alias shares its anchor's tree, and how much
 * aliases may stand for is bounded, as is the depth, so that no document grows beyond what was written.
 */
final class YamlDocuments {
    private static final int MAX_DEPTH = 200;
    /** Values that aliases may stand for, all together: a manifest that uses anchors needs some hundreds. */
    private static final long MAX_ALIASED_VALUES = 1_000_000;

    private static final String CORE = "tag:yaml.org,2002:";
    private static final Set<String> HARMLESS_TAGS = Set.of(
            "!", CORE + "str", CORE + "int", CORE + "float", CORE + "bool", CORE + "null", CORE + "map", CORE + "seq");

    private record Anchored(Tree tree, long values) {}

    private final ParserImpl parser;
    private final Map<String, Anchored> anchors = new HashMap<>();
    /** Brackets and braces that are open, the innermost first. */
    private final Deque<CollectionStartEvent> openBrackets = new ArrayDeque<>();

    private final int linesBefore;
    private final List<Tree.Scalar> repeatedKeys;
    private long values;
    private long aliasedValues;

    private YamlDocuments(ParserImpl parser, int linesBefore, List<Tree.Scalar> repeatedKeys) {
        this.parser = parser;
        this.linesBefore = linesBefore;
        this.repeatedKeys = repeatedKeys;
    }

    /**
     * Reads every document of the text.
     *
     * @param linesBefore the text within its stream: added to every line
     * @param repeatedKeys receives the keys that stand in a mapping for a second time; the last one counts
     */
    static List<Tree> read(String text, int linesBefore, List<Tree.Scalar> repeatedKeys) throws UnreadableDocument {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(Integer.MAX_VALUE); // bounded where the text was split
        try {
            YamlDocuments documents =
                    new YamlDocuments(new ParserImpl(new StreamReader(text), options), linesBefore, repeatedKeys);
            return documents.allUntilBroken();
        } catch (ReaderException broken) {
            throw unreadable(broken, text, linesBefore);
        } catch (YAMLException broken) {
            throw new UnreadableDocument(linesBefore + 1, 1, "this is no YAML: " + broken.getMessage(), "correct it");
        }
    }

    private List<Tree> allUntilBroken() throws UnreadableDocument {
        try {
            return all();
        } catch (MarkedYAMLException broken) {
            String context = broken.getContext() == null ? "" : broken.getContext();
            if (context.contains("flow ") && !openBrackets.isEmpty()) {
                throw at(openBrackets.peek(), context + ": " + broken.getProblem(), "close the bracket");
            }
            throw unreadable(broken, linesBefore);
        }
    }

    private List<Tree> all() throws UnreadableDocument {
        List<Tree> trees = new ArrayList<>();
        while (!parser.checkEvent(Event.ID.StreamEnd)) {
            Event event = parser.getEvent();
            if (event.is(Event.ID.DocumentStart)) {
                anchors.clear();
                trees.add(value(parser.getEvent(), 0));
            }
        }
        return trees;
    }

    private Tree value(Event event, int depth) throws UnreadableDocument {
        if (depth > MAX_DEPTH) {
            throw at(
                    event, "values nest more than " + MAX_DEPTH + " deep", "no Kubernetes object does; check the file");
        }
        if (event instanceof AliasEvent alias) {
            return aliased(alias);
        }
        long before = values++;
        rejectTag(event);
        Tree tree = switch (event) {
            case ScalarEvent scalar -> scalar(scalar);
            case SequenceStartEvent start -> sequence(start, depth);
            case MappingStartEvent start -> mapping(start, depth);
            default -> throw new IllegalStateException("no value begins with " + event);
        };
        if (((NodeEvent) event).getAnchor() != null) {
            anchors.put(((NodeEvent) event).getAnchor(), new Anchored(tree, values - before));
        }
        return tree;
    }

    private Tree aliased(AliasEvent alias) throws UnreadableDocument {
        Anchored anchored = anchors.get(alias.getAnchor());
        if (anchored == null) {
            throw at(alias, "alias *" + alias.getAnchor() + " has no anchor before it", "add &" + alias.getAnchor());
        }
        values += anchored.values();
        aliasedValues += anchored.values();
        if (aliasedValues > MAX_ALIASED_VALUES) {
            throw at(
                    alias,
                    "aliases stand for more than a million values",
                    "write the values out where they are needed");
        }
        return anchored.tree();
    }

    private void rejectTag(Event event) throws UnreadableDocument {
        String tag = switch (event) {
            case ScalarEvent scalar -> scalar.getTag();
            case SequenceStartEvent start -> start.getTag();
            case MappingStartEvent start -> start.getTag();
            default -> null;
        };
        if (tag != null && !HARMLESS_TAGS.contains(tag)) {
            throw at(event, "type tag " + tag + " is not used in manifests", "remove the tag");
        }
    }

    private Scalar scalar(ScalarEvent event) {
        int line = line(event);
        int column = column(event);
        String tag = event.getTag();
        if (tag == null && event.getScalarStyle() == ScalarStyle.PLAIN || tag != null && !isText(tag)) {
            return PlainScalar.resolve(event.getValue(), line, column);
        }
        return new Scalar(event.getValue(), Kind.STRING, line, column);
    }

    private static boolean isText(String tag) {
        return tag.equals("!") || tag.equals(CORE + "str");
    }

    private void open(CollectionStartEvent start) {
        if (start.isFlow()) {
            openBrackets.push(start);
        }
    }

    private void close(CollectionStartEvent start) {
        if (start.isFlow()) {
            openBrackets.pop();
        }
    }

    private Sequence sequence(SequenceStartEvent start, int depth) throws UnreadableDocument {
        List<Tree> items = new ArrayList<>();
        open(start);
        for (Event event = parser.getEvent(); !event.is(Event.ID.SequenceEnd); event = parser.getEvent()) {
            items.add(value(event, depth + 1));
        }
        close(start);
        return new Sequence(items, line(start), column(start));
    }

    private Mapping mapping(MappingStartEvent start, int depth) throws UnreadableDocument {
        Map<String, Field> fields = new LinkedHashMap<>();
        List<Tree> merged = new ArrayList<>();
        open(start);
        for (Event event = parser.getEvent(); !event.is(Event.ID.MappingEnd); event = parser.getEvent()) {
            if (!(value(event, depth + 1) instanceof Scalar key)) {
                throw at(event, "a mapping or a list is no key here", "write a plain word before the colon");
            }
            Tree value = value(parser.getEvent(), depth + 1);
            if (key.text().equals("<<") && event instanceof ScalarEvent plain && plain.isPlain()) {
                merged.add(value);
            } else if (fields.put(name(key), new Field(line(event), column(event), value)) != null) {
                repeatedKeys.add(key);
            }
        }
        close(start);
        for (Tree from : merged) {
            merge(fields, from, start);
        }
        return new Mapping(fields, line(start), column(start));
    }

    /** JSON, which the API speaks, has no boolean keys: {@code on:} is the key "true" there. */
    private static String name(Scalar key) {
        return key.kind() == Kind.BOOLEAN ? Boolean.toString(key.isTrue()) : key.text();
    }

    /** The merge key of YAML 1.1: what is there stays, the first of several sources counts. */
    private void merge(Map<String, Field> into, Tree from, Event at) throws UnreadableDocument {
        switch (from) {
            case Mapping mapping -> mapping.fields().forEach(into::putIfAbsent);
            case Sequence sequence -> {
                for (Tree item : sequence.items()) {
                    merge(into, item, at);
                }
            }
            case Scalar scalar -> throw at(at, "<<: needs a mapping", "let it name an anchor of a mapping");
        }
    }

    private int line(Event event) {
        return linesBefore + event.getStartMark().getLine() + 1;
    }

    private static int column(Event event) {
        return event.getStartMark().getColumn() + 1;
    }

    private UnreadableDocument at(Event event, String why, String mend) {
        return new UnreadableDocument(line(event), column(event), why, mend);
    }

    private static UnreadableDocument unreadable(MarkedYAMLException broken, int linesBefore) {
        String context = broken.getContext() == null ? "" : broken.getContext();
        boolean beganAtContext =
                context.contains("quoted scalar") || context.contains("flow ") || context.contains("simple key");
        Mark mark =
                beganAtContext && broken.getContextMark() != null ? broken.getContextMark() : broken.getProblemMark();
        String problem = broken.getProblem() == null ? broken.getMessage() : broken.getProblem();
        int advice = problem.indexOf(". (");
        String fault = advice < 0 ? problem : problem.substring(0, advice);
        String why = context.isEmpty() ? fault : context + ": " + fault;
        return mark == null
                ? new UnreadableDocument(linesBefore + 1, 1, why, "correct the YAML")
                : new UnreadableDocument(
                        linesBefore + mark.getLine() + 1, mark.getColumn() + 1, why, mend(problem, context));
    }

    private static String mend(String problem, String context) {
        if (problem.contains("TAB")) {
            return "indent with spaces";
        }
        if (problem.contains("mapping values are not allowed")) {
            return "check the indentation, and quote a value that has a colon in it";
        }
        if (problem.contains("could not find expected ':'")) {
            return "put a colon and a space after the key";
        }
        if (context.contains("quoted scalar")) {
            return "close the quote";
        }
        return "check the indentation of this line and the one above";
    }

    private static UnreadableDocument unreadable(ReaderException broken, String text, int linesBefore) {
        int line = linesBefore + 1;
        int column = 1;
        for (int i = 0; i < Math.min(broken.getPosition(), text.length()); i++) {
            boolean newLine = text.charAt(i) == '\n';
            line += newLine ? 1 : 0;
            column = newLine ? 1 : column + 1;
        }
        String character = String.format("U+%04X", broken.getCodePoint());
        return new UnreadableDocument(line, column, "the character " + character + " is not allowed", "remove it");
    }
}
