package io.vipline.rules.manifest;

import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;

/**
 * An object with the text it came from.
 *
 * @param source as in {@link Origin#source()}
 * @param tree where its values stand; null for an object that we made
 */
record Parsed<T>(T object, String source, Tree tree) {
    static <T> Parsed<T> madeUp(T object, String by) {
        return new Parsed<>(object, by, null);
    }

    boolean isMadeUp() {
        return tree == null;
    }

    /** Where the value at a path of keys and indices stands, or the nearest value above it. */
    Origin at(Object... path) {
        if (tree == null) {
            return Origin.madeUp(source);
        }
        Tree at = tree.nearest(path);
        return new Origin(source, at.line(), at.column());
    }

    Located<T> located() {
        return new Located<>(object, at());
    }
}
