package io.vipline.rules.chain.walk;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where one branch of a walk ends.
 *
 * @param service the Service port that the deciding rule belongs to; empty if none
 * @param endpoint where the packet was translated to, also if it was refused afterwards; a port of 0 keeps its own
 * @param local whether it is delivered to the node itself
 * @param recentSet lists of the {@code recent} match that took its source in
 * @param probability of this branch among all
 * @param assumptions about terms that can't be decided, in the order in which they were met
 * @param assumedOnSomeWay the same of every way that comes to this end: a term may be in it with both answers
 * @param trail the way here
 */
public record Outcome(
        Fate fate,
        String service,
        Optional<IpPort> endpoint,
        SourceTranslation source,
        boolean local,
        List<String> recentSet,
        double probability,
        List<Assumption> assumptions,
        Set<Assumption> assumedOnSomeWay,
        Trail trail) {
    public Outcome {
        recentSet = List.copyOf(recentSet);
        assumptions = List.copyOf(assumptions);
        // in the order in which they were met
        assumedOnSomeWay = Collections.unmodifiableSet(new LinkedHashSet<>(assumedOnSomeWay));
    }

    /** One more way that comes here. */
    Outcome and(double share, Set<Assumption> assumed) {
        Set<Assumption> all = new LinkedHashSet<>(assumedOnSomeWay);
        all.addAll(assumed);
        return new Outcome(
                fate, service, endpoint, source, local, recentSet, probability + share, assumptions, all, trail);
    }

    public boolean masquerades() {
        return !(source instanceof SourceTranslation.None);
    }

    /** What becomes of the packet in the end. */
    public sealed interface Fate {
        record Accepted() implements Fate {}

        record Dropped(DropCause cause) implements Fate {}

        record Rejected(String with) implements Fate {}

        /** A target acts on it whose effect can't be told. */
        record Unknown(String because) implements Fate {}
    }

    /** A term that can't be decided, and what this branch takes it for. */
    public record Assumption(String term, String because, boolean holds) {
        /** The term and why it can't be decided, for people. */
        @Override
        public String toString() {
            return term + ": " + because;
        }
    }
}
