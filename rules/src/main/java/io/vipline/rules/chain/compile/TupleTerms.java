package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Match;
import io.vipline.rules.table.SourceTranslation;
import java.util.List;

/**
 * Terms about the connection's tuples ({@code net/netfilter/xt_conntrack.c}). Of a connection that the packet opens the
 * first is the packet's as it arrived, and the reply's what NAT has made of it so far, turned round.
 */
final class TupleTerms {
    private static final String NOT_KNOWN = "how the connection began is not known";

    private final SymbolicTerms terms;
    private final PortTerms ports;

    TupleTerms(SymbolicTerms terms, PortTerms ports) {
        this.terms = terms;
        this.ports = ports;
    }

    private static boolean hasConnection(Course course) {
        return course.isTracked()
                && !course.packet.untracked()
                && course.packet.arrival().state() != CtState.INVALID
                && course.packet.arrival().state() != CtState.UNTRACKED;
    }

    private static boolean opens(Course course) {
        return course.packet.arrival().state() == CtState.NEW;
    }

    Term trait(Match.ConnectionTrait match, Course course) {
        if (!hasConnection(course)) {
            return Term.FAILS;
        }
        CtState state = course.packet.arrival().state();
        boolean opens = opens(course);
        return switch (match.trait()) {
            case PROTOCOL -> Term.fixed((course.packet.protocol() == match.value()) != match.negated());
            case DIRECTION ->
                opens
                        ? Term.fixed((match.value() == 0) != match.negated())
                        : SymbolicTerms.known(match, course.packet, NOT_KNOWN);
            case STATUS -> {
                int certain = state == CtState.ESTABLISHED
                        ? Match.ConnectionTrait.SEEN_REPLY | Match.ConnectionTrait.CONFIRMED
                        : 0;
                boolean holds = (certain & match.value()) != 0;
                yield opens || holds || match.value() == 0
                        ? Term.fixed(holds != match.negated())
                        : SymbolicTerms.known(match, course.packet, NOT_KNOWN);
            }
        };
    }

    private static boolean isClient(boolean ofReply, Match.Side side) {
        return ofReply == (side == Match.Side.DESTINATION);
    }

    Term address(Match.TupleAddress match, Course course) {
        Symbolic packet = course.packet;
        if (!hasConnection(course)) {
            return Term.FAILS;
        }
        if (!opens(course)) {
            return SymbolicTerms.known(match, packet, NOT_KNOWN);
        }
        if (!isClient(match.ofReply(), match.side())) {
            return match.ofReply()
                    ? terms.destination(match.cidr(), packet, match.negated())
                    : terms.arrivingDestination(match.cidr(), packet, match.negated());
        }
        if (match.ofReply() && packet.source() instanceof SourceTranslation.To to) {
            return Term.fixed(match.cidr().contains(to.address()) != match.negated());
        }
        return match.ofReply() && packet.source() instanceof SourceTranslation.Masquerade
                ? SymbolicTerms.known(match, packet, NOT_KNOWN)
                : terms.source(match.cidr(), packet, match.negated());
    }

    Term port(Match.TuplePort match, Course course) {
        Symbolic packet = course.packet;
        if (!hasConnection(course)) {
            return Term.FAILS;
        }
        if (!opens(course) || match.ofReply() && packet.source() != null && isClient(true, match.side())) {
            return SymbolicTerms.known(match, packet, NOT_KNOWN);
        }
        if (isClient(match.ofReply(), match.side())) {
            return ports.ofTuple(PortTerms.End.SOURCE, List.of(match.ports()), match.negated(), packet);
        }
        PortTerms.End end = match.ofReply() ? PortTerms.End.DESTINATION : PortTerms.End.ARRIVING_DESTINATION;
        return ports.ofTuple(end, List.of(match.ports()), match.negated(), packet);
    }
}
