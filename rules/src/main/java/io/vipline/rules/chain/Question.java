package io.vipline.rules.chain;

import java.util.Optional;

/**
 * What a term asks when nobody told the answer, without its negation: two terms with one question hold, or fail, together.
 *
 * @param pattern of the interface's name, or the term's text
 */
public record Question(Kind kind, String pattern) {
    /** What it is about. */
    public enum Kind {
        IN_INTERFACE,
        OUT_INTERFACE,
        TERM
    }

    /** The question of a term whose answer may not be known; empty for any other, and where each asking is another. */
    public static Optional<Question> of(Match match) {
        return switch (match) {
            case Match.InInterface(String pattern, boolean _) -> Optional.of(new Question(Kind.IN_INTERFACE, pattern));
            case Match.OutInterface(String pattern, boolean _) ->
                Optional.of(new Question(Kind.OUT_INTERFACE, pattern));
            case Match.IpSet set -> Optional.of(new Question(Kind.TERM, set.set() + " " + set.dimensions()));
            case Match.Opaque opaque
            when !opaque.question().isEmpty() -> Optional.of(new Question(Kind.TERM, opaque.question()));
            case Match.SocketOwner owner
            when !owner.question().isEmpty() -> Optional.of(new Question(Kind.TERM, owner.question()));
            // the TTL is another behind FORWARD
            case Match.HeaderField f
            when f.field() != Match.Field.TTL ->
                Optional.of(new Question(Kind.TERM, f.field() + " " + f.mask() + " " + f.first() + " " + f.last()));
            case Match.ConnectionTrait t -> Optional.of(new Question(Kind.TERM, t.trait() + " " + t.value()));
            case Match.TupleAddress t ->
                Optional.of(new Question(Kind.TERM, t.ofReply() + " " + t.side() + " " + t.cidr()));
            case Match.TuplePort t ->
                Optional.of(new Question(Kind.TERM, t.ofReply() + " " + t.side() + " " + t.ports()));
            default -> Optional.empty();
        };
    }

    /** Whether a term that has a question turns its answer round. */
    public static boolean isNegated(Match match) {
        return switch (match) {
            case Match.InInterface(String _, boolean negated) -> negated;
            case Match.OutInterface(String _, boolean negated) -> negated;
            case Match.IpSet set -> set.negated();
            case Match.Opaque opaque -> opaque.negated();
            case Match.SocketOwner owner -> owner.without() && !owner.question().isEmpty();
            case Match.HeaderField field -> field.negated();
            case Match.ConnectionTrait trait -> trait.negated();
            case Match.TupleAddress address -> address.negated();
            case Match.TuplePort port -> port.negated();
            case Match.LocalOnInterface local -> local.negated();
            default -> false;
        };
    }

    /** What follows for this question if the other one has that answer; empty if nothing does. */
    Optional<Boolean> answerGiven(Question other, boolean answer) {
        if (other.kind != kind) {
            return Optional.empty();
        }
        if (other.pattern.equals(pattern)) {
            return Optional.of(answer);
        }
        if (kind == Kind.TERM) {
            return Optional.empty();
        }
        String prefix = prefix(pattern);
        String known = prefix(other.pattern);
        if (answer) {
            // the name is, or begins with, what the other one asks
            boolean holds = isPrefix() && known.startsWith(prefix);
            boolean open = other.isPrefix() && prefix.startsWith(known);
            return holds ? Optional.of(true) : open ? Optional.empty() : Optional.of(false);
        }
        return other.isPrefix() && prefix.startsWith(known) ? Optional.of(false) : Optional.empty();
    }

    private boolean isPrefix() {
        return pattern.endsWith("+");
    }

    private static String prefix(String pattern) {
        return pattern.endsWith("+") ? pattern.substring(0, pattern.length() - 1) : pattern;
    }
}
