package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Match;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.SourceTranslation;
import java.util.Optional;

/**
 * Whether terms about the connection's tuples hold ({@code net/netfilter/xt_conntrack.c}). Of a connection that this
 * packet opens both are known: the reply's is the other one turned round, as NAT has made it so far.
 */
record TupleCheck(WalkedPacket packet, boolean tracked) {
    static final String NOT_KNOWN = "how the connection began is not known";

    /** Empty if it can't be told. */
    Optional<Answer> ask(Match match) {
        CtState state = packet.original().state();
        if (packet.untracked() || !tracked || state == CtState.INVALID || state == CtState.UNTRACKED) {
            return Optional.of(Answer.NO); // no connection: no term holds, negated or not
        }
        boolean opens = state == CtState.NEW;
        return switch (match) {
            case Match.ConnectionTrait trait -> trait(trait, opens);
            case Match.TupleAddress term
            when opens ->
                address(term.ofReply(), term.side())
                        .map(address -> Answer.of(term.cidr().contains(address) != term.negated()));
            case Match.TuplePort term
            when opens ->
                port(term.ofReply(), term.side())
                        .map(port -> Answer.of((port >= 0 && term.ports().contains(port)) != term.negated()));
            default -> Optional.empty();
        };
    }

    private Optional<Answer> trait(Match.ConnectionTrait term, boolean opens) {
        CtState state = packet.original().state();
        return switch (term.trait()) {
            case PROTOCOL -> Optional.of(Answer.of((packet.original().protocol() == term.value()) != term.negated()));
            case DIRECTION -> opens ? Optional.of(Answer.of((term.value() == 0) != term.negated())) : Optional.empty();
            case STATUS -> {
                int certain = state == CtState.ESTABLISHED
                        ? Match.ConnectionTrait.SEEN_REPLY | Match.ConnectionTrait.CONFIRMED
                        : 0;
                boolean holds = (certain & term.value()) != 0;
                yield opens || holds || term.value() == 0
                        ? Optional.of(Answer.of(holds != term.negated()))
                        : Optional.empty();
            }
        };
    }

    private Optional<IpAddress> address(boolean ofReply, Match.Side side) {
        boolean isClient = ofReply == (side == Match.Side.DESTINATION);
        if (!ofReply) {
            return Optional.of(
                    isClient ? packet.original().source() : packet.original().destination());
        }
        return isClient ? source() : Optional.of(packet.destination());
    }

    private Optional<IpAddress> source() {
        return switch (packet.source()) {
            case null -> Optional.of(packet.original().source());
            case SourceTranslation.To to -> Optional.of(to.address());
            case SourceTranslation.None _ -> Optional.of(packet.original().source());
            case SourceTranslation.Masquerade _ -> Optional.empty();
        };
    }

    private Optional<Integer> port(boolean ofReply, Match.Side side) {
        boolean isClient = ofReply == (side == Match.Side.DESTINATION);
        if (!ofReply) {
            return Optional.of(
                    isClient
                            ? packet.original().sourcePort()
                            : packet.original().destinationPort());
        }
        if (!isClient) {
            return Optional.of(packet.destinationPort());
        }
        return packet.source() == null ? Optional.of(packet.original().sourcePort()) : Optional.empty();
    }
}
