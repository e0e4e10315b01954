package io.vipline.rules.manifest;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.vipline.rules.manifest.Tree.Field;
import io.vipline.rules.manifest.Tree.Kind;
import io.vipline.rules.manifest.Tree.Mapping;
import io.vipline.rules.manifest.Tree.Scalar;
import io.vipline.rules.manifest.Tree.Sequence;
import io.vipline.rules.model.Origin;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Warns of fields that their kind does not have (the models would keep them silently as additional properties), and of
 * unquoted numbers and booleans where the API server wants text.
 */
final class FieldChecker {
    private static final String MODELS = "io.fabric8.kubernetes.api.model.";

    private final ObjectMapper mapper;
    private final ProblemLog problems;
    private final Map<JavaType, Map<String, JavaType>> known = new HashMap<>();

    FieldChecker(ObjectMapper mapper, ProblemLog problems) {
        this.mapper = mapper;
        this.problems = problems;
    }

    void check(String source, Tree tree, Class<?> type) {
        check(source, "", tree, mapper.constructType(type));
    }

    /** Knows the fields of a record, and others by name. */
    void checkTopLevel(String source, Tree tree, Class<? extends Record> type, Set<String> others) {
        if (tree instanceof Mapping mapping) {
            Map<String, JavaType> properties = new HashMap<>(properties(mapper.constructType(type)));
            others.forEach(name -> properties.put(name, TypeFactory.unknownType()));
            checkFields(source, "", mapping, mapping.text("kind"), properties);
        }
    }

    private void check(String source, String path, Tree tree, JavaType type) {
        switch (tree) {
            case Mapping mapping
            when type.isMapLikeType() ->
                mapping.fields()
                        .forEach((key, field) -> check(source, path + "." + key, field.value(), type.getContentType()));
            case Mapping mapping
            when hasFields(type) ->
                checkFields(
                        source,
                        path,
                        mapping,
                        type.getRawClass().getSimpleName(),
                        known.computeIfAbsent(type, this::properties));
            case Sequence sequence
            when type.isCollectionLikeType() ->
                sequence.items().forEach(item -> checkItem(source, path, item, type.getContentType()));
            case Scalar scalar when type.hasRawClass(String.class) -> checkText(source, path, scalar);
            case Mapping mapping -> {}
            case Sequence sequence -> {}
            case Scalar scalar -> {}
        }
    }

    private void checkItem(String source, String path, Tree item, JavaType type) {
        if (item instanceof Scalar scalar && scalar.kind() == Kind.NULL) {
            problems.warning(
                    new Origin(source, item.line(), item.column()),
                    "an item of " + path.substring(1) + " is empty",
                    "it counts as not there",
                    "remove its dash");
        } else {
            check(source, path, item, type);
        }
    }

    private static boolean hasFields(JavaType type) {
        String name = type.getRawClass().getName();
        return name.startsWith(MODELS)
                && !name.endsWith(".AnyType")
                && !name.endsWith(".IntOrString")
                && !name.endsWith(".Quantity")
                && !name.endsWith(".MicroTime")
                && !name.endsWith(".Duration");
    }

    private void checkFields(
            String source, String path, Mapping mapping, String owner, Map<String, JavaType> properties) {
        for (Map.Entry<String, Field> entry : mapping.fields().entrySet()) {
            Field field = entry.getValue();
            JavaType fieldType = properties.get(entry.getKey());
            String name = path.isEmpty() ? entry.getKey() : path.substring(1) + "." + entry.getKey();
            if (fieldType == null) {
                problems.warning(
                        new Origin(source, field.line(), field.column()),
                        "unknown field \"" + name + "\"",
                        owner + " has no such field",
                        nearest(entry.getKey(), properties));
            } else {
                check(source, path + "." + entry.getKey(), field.value(), fieldType);
            }
        }
    }

    private Map<String, JavaType> properties(JavaType type) {
        Map<String, JavaType> byName = new HashMap<>();
        for (BeanPropertyDefinition property :
                mapper.getDeserializationConfig().introspect(type).findProperties()) {
            JavaType of = property.getPrimaryType();
            byName.put(property.getName(), of == null ? TypeFactory.unknownType() : of);
        }
        return byName;
    }

    private static String nearest(String name, Map<String, JavaType> properties) {
        return properties.keySet().stream()
                .filter(other -> other.equalsIgnoreCase(name)
                        || Math.abs(other.length() - name.length()) <= 1 && editDistance(other, name) <= 2)
                .sorted()
                .findFirst()
                .map(other -> "did you mean " + other + "?")
                .orElse("remove it or check its indentation");
    }

    /** Levenshtein's. Names of fields are short. */
    private static int editDistance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }

    private void checkText(String source, String path, Scalar scalar) {
        if (scalar.kind() == Kind.STRING || scalar.kind() == Kind.NULL) {
            return;
        }
        problems.warning(
                new Origin(source, scalar.line(), scalar.column()),
                (path.isEmpty() ? "the value" : path.substring(1)) + " is " + scalar.text() + " without quotes",
                "the API server wants text here",
                "write \"" + scalar.text() + "\"");
    }
}
