package io.vipline.rules.manifest;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vipline.rules.manifest.Tree.Mapping;
import io.vipline.rules.manifest.Tree.Scalar;
import io.vipline.rules.manifest.Tree.Sequence;
import io.vipline.rules.model.Origin;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Turns trees into fabric8's typed objects. A value that its field cannot hold is a problem with its place. */
final class TypedObjects {
    /** Shared: what it learns about a type takes longer than reading an object. */
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.SKIP)) // null is absent, as in Go
            .withConfigOverride(
                    List.class, list -> list.setSetterInfo(JsonSetter.Value.construct(Nulls.SKIP, Nulls.SKIP)))
            .withConfigOverride(
                    Map.class, map -> map.setSetterInfo(JsonSetter.Value.construct(Nulls.SKIP, Nulls.AS_EMPTY)))
            .build();

    private final ProblemLog problems;
    private final FieldChecker fields;

    TypedObjects(ProblemLog problems) {
        this.problems = problems;
        fields = new FieldChecker(MAPPER, problems);
    }

    /** @return null if a value of the object cannot be used; its problems are in the log then */
    <T> Parsed<T> read(String source, Tree tree, Class<T> type) {
        return read(source, tree, type, Set.of());
    }

    /** @param moreFields of the top level that are right but have no place in the type */
    <T> Parsed<T> read(String source, Tree tree, Class<T> type, Set<String> moreFields) {
        if (!fields.check(source, tree, type, moreFields)) {
            return null;
        }
        try {
            T object = MAPPER.treeToValue(json(tree), type);
            return new Parsed<>(object, source, tree);
        } catch (JsonMappingException refused) {
            Tree at = tree;
            for (JsonMappingException.Reference step : refused.getPath()) {
                at = step.getFieldName() == null ? at.nearest(step.getIndex()) : at.nearest(step.getFieldName());
            }
            refuse(source, at, refused.getOriginalMessage());
        } catch (JsonProcessingException refused) {
            refuse(source, tree, refused.getOriginalMessage());
        }
        return null;
    }

    private void refuse(String source, Tree at, String why) {
        String shown = at instanceof Scalar scalar ? "\"" + scalar.text() + "\"" : "this value";
        problems.error(
                new Origin(source, at.line(), at.column()),
                shown + " cannot stand here",
                why.lines().findFirst().orElse("the field has another type"),
                "see kubectl explain for the field's type");
    }

    private JsonNode json(Tree tree) {
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
            case Scalar scalar when fields.isText(scalar) -> nodes.textNode(scalar.text());
            case Scalar scalar ->
                switch (scalar.kind()) {
                    case STRING -> nodes.textNode(scalar.text());
                    case NULL -> nodes.nullNode();
                    case BOOLEAN -> nodes.booleanNode(scalar.isTrue());
                    case FLOAT -> nodes.numberNode(new BigDecimal(scalar.text().replace("_", "")));
                    case INTEGER -> json(PlainScalar.integer(scalar.text()));
                };
        };
    }

    /** Small numbers as Jackson's own parser makes them: IntOrString takes an int alone. */
    private static JsonNode json(BigInteger value) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        if (value.bitLength() < Integer.SIZE) {
            return nodes.numberNode(value.intValue());
        }
        return value.bitLength() < Long.SIZE ? nodes.numberNode(value.longValue()) : nodes.numberNode(value);
    }
}
