package io.vipline.rules.manifest;

import java.util.List;
import java.util.Map;

/**
 * A document as written, with the place of every value: YAML and JSON alike. Lines and columns count from 1. Immutable;
 * an alias shares the tree of its anchor.
 */
sealed interface Tree {
    int line();

    int column();

    /** What a scalar is, after the resolution of plain YAML scalars. */
    enum Kind {
        STRING,
        INTEGER,
        FLOAT,
        BOOLEAN,
        NULL
    }

    /** A key's place and its value. */
    record Field(int line, int column, Tree value) {}

    /** @param fields in the order written */
    record Mapping(Map<String, Field> fields, int line, int column) implements Tree {}

    record Sequence(List<Tree> items, int line, int column) implements Tree {}

    /** @param text as written, without quotes */
    record Scalar(String text, Kind kind, int line, int column) implements Tree {
        /** For a {@link Kind#BOOLEAN}, which YAML 1.1 spells in many ways. */
        boolean isTrue() {
            return PlainScalar.isTrue(text);
        }
    }

    /** The value under a key. @return null if this is no mapping or has no such key */
    default Tree get(String key) {
        return this instanceof Mapping mapping && mapping.fields().get(key) instanceof Field field
                ? field.value()
                : null;
    }

    /** @return null if this is no sequence or is shorter */
    default Tree get(int index) {
        return this instanceof Sequence sequence
                        && index >= 0
                        && index < sequence.items().size()
                ? sequence.items().get(index)
                : null;
    }

    /** The text of the scalar under a key. @return empty if there is none */
    default String text(String key) {
        return get(key) instanceof Scalar scalar && scalar.kind() != Kind.NULL ? scalar.text() : "";
    }

    /**
     * The value at a path of keys ({@link String}) and indices ({@link Integer}), or the nearest value above it: where
     * to point when a field is missing.
     */
    default Tree nearest(Object... path) {
        Tree at = this;
        for (Object step : path) {
            Tree next = step instanceof Integer index ? at.get(index) : at.get((String) step);
            if (next == null) {
                return at;
            }
            at = next;
        }
        return at;
    }
}
