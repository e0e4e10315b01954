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
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Compares a tree with the type it is for, the whole of it. A value that its field cannot hold is an error. Fields that
 * the type does not have (the models would keep them silently as additional properties), and unquoted numbers where the
 * API server wants text, are warnings.
 */
final class FieldChecker {
    private static final String MODELS = "io.fabric8.kubernetes.api.model.";
    /** Types that read themselves, from more than one form. */
    private static final Set<String> FREE_FORMS =
            Set.of("AnyType", "IntOrString", "Quantity", "MicroTime", "Duration", "KubernetesResource");

    private final ObjectMapper mapper;
    private final ProblemLog problems;
    private final Map<JavaType, Map<String, JavaType>> known = new HashMap<>();
    private final Set<Scalar> texts = Collections.newSetFromMap(new IdentityHashMap<>());
    private String source;
    private boolean usable;

    FieldChecker(ObjectMapper mapper, ProblemLog problems) {
        this.mapper = mapper;
        this.problems = problems;
    }

    /**
     * @param moreFields of the top level, known too, of any type
     * @return whether there was no error
     */
    boolean check(String name, Tree tree, Class<?> type, Set<String> moreFields) {
        source = name;
        usable = true;
        texts.clear();
        JavaType javaType = mapper.constructType(type);
        if (!moreFields.isEmpty() && !known.containsKey(javaType)) {
            Map<String, JavaType> all = new HashMap<>(properties(javaType));
            moreFields.forEach(field -> all.put(field, TypeFactory.unknownType()));
            known.put(javaType, all);
        }
        check("", tree, javaType);
        return usable;
    }

    /** Whether the last check found that this number or boolean stands where a text is wanted. */
    boolean isText(Scalar scalar) {
        return texts.contains(scalar);
    }

    private void check(String path, Tree tree, JavaType type) {
        if (tree instanceof Scalar scalar && scalar.kind() == Kind.NULL) {
            return;
        }
        if (type.isMapLikeType()) {
            checkMap(path, tree, type);
        } else if (type.isCollectionLikeType()) {
            checkList(path, tree, type);
        } else if (hasFields(type)) {
            checkFields(path, tree, type);
        } else if (!type.hasRawClass(Object.class)) {
            checkScalar(path, tree, type.getRawClass());
        }
    }

    private static boolean hasFields(JavaType type) {
        Class<?> raw = type.getRawClass();
        return raw.isRecord() || raw.getName().startsWith(MODELS) && !FREE_FORMS.contains(raw.getSimpleName());
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private void checkMap(String path, Tree tree, JavaType type) {
        if (tree instanceof Mapping mapping) {
            mapping.fields().forEach((key, field) -> check(join(path, key), field.value(), type.getContentType()));
        } else {
            refuse(path, tree, "a mapping");
        }
    }

    private void checkList(String path, Tree tree, JavaType type) {
        if (!(tree instanceof Sequence sequence)) {
            refuse(path, tree, "a list");
            return;
        }
        for (Tree item : sequence.items()) {
            if (item instanceof Scalar scalar && scalar.kind() == Kind.NULL) {
                warn(item, "an item of " + path + " is empty", "it counts as not there", "remove its dash");
            } else {
                check(path, item, type.getContentType());
            }
        }
    }

    private void checkFields(String path, Tree tree, JavaType type) {
        if (!(tree instanceof Mapping mapping)) {
            refuse(path, tree, "a mapping");
            return;
        }
        Map<String, JavaType> properties = known.computeIfAbsent(type, this::properties);
        if (properties.isEmpty()) {
            return; // holds whatever it is given, as FieldsV1 does
        }
        String owner = type.getRawClass().isRecord()
                ? mapping.text("kind")
                : type.getRawClass().getSimpleName();
        for (Map.Entry<String, Field> entry : mapping.fields().entrySet()) {
            Field field = entry.getValue();
            String name = join(path, entry.getKey());
            JavaType fieldType = properties.get(entry.getKey());
            if (fieldType == null) {
                problems.warning(
                        new Origin(source, field.line(), field.column()),
                        "unknown field \"" + name + "\"",
                        (owner.isEmpty() ? "the object" : owner) + " has no such field",
                        NearName.suggestion(entry.getKey(), properties.keySet()));
            } else {
                check(name, field.value(), fieldType);
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

    private void checkScalar(String path, Tree tree, Class<?> type) {
        Scalar scalar = tree instanceof Scalar plain ? plain : null;
        if (type == String.class) {
            checkText(path, tree, scalar);
        } else if (type == Boolean.class || type == boolean.class) {
            require(scalar != null && scalar.kind() == Kind.BOOLEAN, path, tree, "true or false");
        } else if (type == Integer.class || type == int.class) {
            require(isInteger(scalar, Integer.SIZE), path, tree, "a whole number");
        } else if (type == Long.class || type == long.class) {
            require(isInteger(scalar, Long.SIZE), path, tree, "a whole number");
        } else if (type.getSimpleName().equals("IntOrString")) {
            boolean isName = scalar != null && scalar.kind() == Kind.STRING;
            require(isName || isInteger(scalar, Integer.SIZE), path, tree, "a whole number or a name");
        }
    }

    private static boolean isInteger(Scalar scalar, int bits) {
        return scalar != null
                && scalar.kind() == Kind.INTEGER
                && PlainScalar.integer(scalar.text()).bitLength() < bits;
    }

    private void checkText(String path, Tree tree, Scalar scalar) {
        if (scalar == null) {
            refuse(path, tree, "a text");
        } else if (scalar.kind() != Kind.STRING) {
            texts.add(scalar);
            warn(
                    tree,
                    path + " is " + scalar.text() + " without quotes",
                    "the API server wants text here",
                    "write \"" + scalar.text() + "\"");
        }
    }

    private void require(boolean holds, String path, Tree tree, String wanted) {
        if (!holds) {
            refuse(path, tree, wanted);
        }
    }

    private void refuse(String path, Tree tree, String wanted) {
        usable = false;
        String shown = switch (tree) {
            case Scalar scalar -> "\"" + scalar.text() + "\"";
            case Mapping mapping -> "a mapping";
            case Sequence sequence -> "a list";
        };
        problems.error(
                new Origin(source, tree.line(), tree.column()),
                shown + " cannot stand here",
                path + " wants " + wanted,
                "write " + wanted);
    }

    private void warn(Tree tree, String what, String why, String mend) {
        problems.warning(new Origin(source, tree.line(), tree.column()), what, why, mend);
    }
}
