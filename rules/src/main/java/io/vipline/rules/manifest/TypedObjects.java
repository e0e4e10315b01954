package io.vipline.rules.manifest;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vipline.rules.manifest.Tree.Mapping;
import io.vipline.rules.manifest.Tree.Scalar;
import io.vipline.rules.manifest.Tree.Sequence;
import io.vipline.rules.model.Origin;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Turns trees into fabric8's typed objects. A value that its field cannot hold is a problem with its place. */
final class TypedObjects {
    private final ProblemLog problems;
    private final ObjectMapper mapper;
    private final FieldChecker fields;
    private Tree tree;
    private String source;
    private boolean unusable;

    TypedObjects(ProblemLog problems) {
        this.problems = problems;
        mapper = JsonMapper.builder()
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.SKIP)) // null is absent, as in Go
                .withConfigOverride(
                        List.class, list -> list.setSetterInfo(JsonSetter.Value.construct(Nulls.SKIP, Nulls.SKIP)))
                .withConfigOverride(
                        Map.class, map -> map.setSetterInfo(JsonSetter.Value.construct(Nulls.SKIP, Nulls.AS_EMPTY)))
                .addHandler(new Refusals())
                .build();
        fields = new FieldChecker(mapper, problems);
    }

    /** @return null if a value of the object cannot be used; its problems are in the log then */
    <T> Parsed<T> read(String name, Tree from, Class<T> type) {
        fields.check(name, from, type);
        return convert(name, from, type);
    }

    /**
     * As {@link #read}, into a record of ours, which lists the fields that matter.
     *
     * @param otherFields of the top level, known too
     */
    <T extends Record> Parsed<T> readRecord(String name, Tree from, Class<T> type, Set<String> otherFields) {
        fields.checkTopLevel(name, from, type, otherFields);
        return convert(name, from, type);
    }

    private <T> Parsed<T> convert(String name, Tree from, Class<T> type) {
        source = name;
        tree = from;
        unusable = false;
        try {
            T object = mapper.treeToValue(json(from), type);
            return unusable || object == null ? null : new Parsed<>(object, name, from);
        } catch (JsonMappingException refused) {
            Tree at = from;
            for (JsonMappingException.Reference step : refused.getPath()) {
                at = step.getFieldName() == null ? at.nearest(step.getIndex()) : at.nearest(step.getFieldName());
            }
            refuse(at, refused.getOriginalMessage());
        } catch (JsonProcessingException refused) {
            refuse(from, refused.getOriginalMessage());
        }
        return null;
    }

    private void refuse(Tree at, String why) {
        unusable = true;
        String shown = at instanceof Scalar scalar ? "\"" + scalar.text() + "\"" : "this value";
        problems.error(
                new Origin(source, at.line(), at.column()),
                shown + " cannot stand here",
                why.lines().findFirst().orElse("the field has another type"),
                "see kubectl explain for the field's type");
    }

    private static JsonNode json(Tree tree) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (tree) {
            case Mapping mapping -> {
                ObjectNode object = nodes.objectNode();
                mapping.fields().forEach((key, field) -> object.set(key, json(field.value())));
                yield object;
            }
            case Sequence sequence -> {
                ArrayNode array = nodes.arrayNode(sequence.items().size());
                sequence.items().forEach(item -> array.add(json(item)));
                yield array;
            }
            case Scalar scalar -> json(scalar, nodes);
        };
    }

    private static JsonNode json(Scalar scalar, JsonNodeFactory nodes) {
        return switch (scalar.kind()) {
            case STRING -> nodes.textNode(scalar.text());
            case NULL -> nodes.nullNode();
            case BOOLEAN -> nodes.booleanNode(scalar.text().equals("true"));
            case FLOAT -> nodes.numberNode(new BigDecimal(scalar.text().replace("_", "")));
            case INTEGER -> integer(PlainScalar.integer(scalar.text()), nodes);
        };
    }

    /** Small numbers as Jackson's own parser makes them: IntOrString takes an int alone. */
    private static JsonNode integer(BigInteger value, JsonNodeFactory nodes) {
        if (value.bitLength() < 32) {
            return nodes.numberNode(value.intValue());
        }
        return value.bitLength() < 64 ? nodes.numberNode(value.longValue()) : nodes.numberNode(value);
    }

    /** Notes a refused value and goes on with the object, so that all its problems come at once. */
    private final class Refusals extends DeserializationProblemHandler {
        @Override
        public Object handleWeirdStringValue(
                DeserializationContext context, Class<?> type, String value, String failure) {
            refuse(place(context.getParser()), "the field wants " + named(type));
            return null;
        }

        @Override
        public Object handleWeirdNumberValue(
                DeserializationContext context, Class<?> type, Number value, String failure) {
            refuse(place(context.getParser()), "the field wants " + named(type));
            return null;
        }

        @Override
        public Object handleUnexpectedToken(
                DeserializationContext context, JavaType type, JsonToken token, JsonParser parser, String failure)
                throws IOException {
            refuse(place(parser), "the field wants " + named(type.getRawClass()));
            parser.skipChildren();
            return null;
        }

        private Tree place(JsonParser parser) {
            Tree at = tree;
            for (String step :
                    parser.getParsingContext().pathAsPointer().toString().split("/")) {
                String name = step.replace("~1", "/").replace("~0", "~");
                Tree next = at instanceof Sequence ? at.get(Integer.parseInt(name)) : at.get(name);
                at = next == null ? at : next;
            }
            return at;
        }

        private static String named(Class<?> type) {
            if (type == String.class) {
                return "a text";
            }
            if (Number.class.isAssignableFrom(type) || type.isPrimitive() && type != boolean.class) {
                return "a number";
            }
            if (type == Boolean.class || type == boolean.class) {
                return "true or false";
            }
            return java.util.Collection.class.isAssignableFrom(type) ? "a list" : "a mapping";
        }
    }
}
