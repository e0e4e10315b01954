package io.vipline.rules.manifest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.vipline.rules.manifest.Tree.Field;
import io.vipline.rules.manifest.Tree.Kind;
import io.vipline.rules.manifest.Tree.Mapping;
import io.vipline.rules.manifest.Tree.Scalar;
import io.vipline.rules.manifest.Tree.Sequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Builds trees from JSON text: one value after another, as {@code kubectl -o json} and JSON lines have them. */
final class JsonDocuments {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(200)
                    .maxStringLength(16 << 20)
                    .build())
            .build();

    private final JsonParser parser;
    private final int linesBefore;
    private final List<Scalar> repeatedKeys;

    private JsonDocuments(JsonParser parser, int linesBefore, List<Scalar> repeatedKeys) {
        this.parser = parser;
        this.linesBefore = linesBefore;
        this.repeatedKeys = repeatedKeys;
    }

    /**
     * @param linesBefore the text within its stream: added to every line
     * @param repeatedKeys receives the keys that stand in an object for a second time; the last one counts
     */
    static List<Tree> read(String text, int linesBefore, List<Scalar> repeatedKeys) throws UnreadableDocument {
        try (JsonParser parser = FACTORY.createParser(text)) {
            JsonDocuments documents = new JsonDocuments(parser, linesBefore, repeatedKeys);
            List<Tree> trees = new ArrayList<>();
            while (parser.nextToken() != null) {
                trees.add(documents.value());
            }
            return trees;
        } catch (JsonProcessingException broken) {
            JsonLocation at = broken.getLocation();
            String why = withoutSource(broken.getOriginalMessage());
            throw new UnreadableDocument(
                    linesBefore + (at == null ? 1 : at.getLineNr()),
                    at == null ? 1 : at.getColumnNr(),
                    why,
                    why.contains("end-of-input") ? "close the braces, or give the whole file" : "correct the JSON");
        } catch (IOException broken) {
            throw new UncheckedIOException("reading a string in memory", broken);
        }
    }

    /** Jackson adds, in brackets, where the open object began. */
    private static String withoutSource(String message) {
        int source = message.indexOf("[Source:");
        int bracket = source < 0 ? -1 : message.lastIndexOf(" (", source);
        return bracket < 0 ? message : message.substring(0, bracket);
    }

    private Tree value() throws IOException {
        JsonLocation at = parser.currentTokenLocation();
        int line = linesBefore + at.getLineNr();
        int column = at.getColumnNr();
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(line, column);
            case START_ARRAY -> array(line, column);
            case VALUE_STRING -> new Scalar(parser.getText(), Kind.STRING, line, column);
            case VALUE_NUMBER_INT -> new Scalar(parser.getText(), Kind.INTEGER, line, column);
            case VALUE_NUMBER_FLOAT -> new Scalar(parser.getText(), Kind.FLOAT, line, column);
            case VALUE_TRUE, VALUE_FALSE -> new Scalar(parser.getText(), Kind.BOOLEAN, line, column);
            case VALUE_NULL -> new Scalar("", Kind.NULL, line, column);
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new IllegalStateException("no value begins with " + parser.currentToken());
        };
    }

    private Sequence array(int line, int column) throws IOException {
        List<Tree> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value());
        }
        return new Sequence(items, line, column);
    }

    private Mapping object(int line, int column) throws IOException {
        Map<String, Field> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            JsonLocation at = parser.currentTokenLocation();
            int keyLine = linesBefore + at.getLineNr();
            String name = parser.currentName();
            parser.nextToken();
            if (fields.put(name, new Field(keyLine, at.getColumnNr(), value())) != null) {
                repeatedKeys.add(new Scalar(name, Kind.STRING, keyLine, at.getColumnNr()));
            }
        }
        return new Mapping(fields, line, column);
    }
}
