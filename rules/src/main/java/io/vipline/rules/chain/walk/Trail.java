package io.vipline.rules.chain.walk;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The steps up to a point, latest first. Branches share the part that they have in common, so all trails of a walk make
 * a tree.
 *
 * @param before null at the start
 */
public record Trail(Trail before, Step step) {
    /** In the order in which they were taken. */
    public List<Step> steps() {
        List<Step> steps = new ArrayList<>();
        for (Trail at = this; at != null; at = at.before) {
            steps.add(at.step);
        }
        Collections.reverse(steps);
        return steps;
    }

    /** Identity: two branches may take equal steps and still be two. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
