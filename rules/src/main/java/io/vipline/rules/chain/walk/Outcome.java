package io.vipline.rules.chain.walk;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.List;
import java.util.Optional;

/**
 * Where one branch of a walk ends.
 *
 * @param service the Service port that the deciding rule belongs to; empty if none
 * @param endpoint where the packet was translated to, also if it was refused afterwards; a port of 0 keeps its own
 * @param local whether it is delivered to the node itself
 * @param recentSet lists of the {@code recent} match that took its source in
 * @param probability of this branch among all
 * @param assumptions about terms that can't be decided, in the order in which they were met
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
        Trail trail) {
    public Outcome {
        recentSet = List.copyOf(recentSet);
        assumptions = List.copyOf(assumptions);
    }

    Outcome withProbability(double changed) {
        return new Outcome(fate, service, endpoint, source, local, recentSet, changed, assumptions, trail);
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
    public record Assumption(String term, String because, boolean holds) {}
}
