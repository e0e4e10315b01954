package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Terms about ports. A packet without ports matches none, negated or not. */
final class PortTerms {
    private final NamedValues named;
    /** {@link TupleMap#portKey} of the ports that packets of class OTHER were taken not to have. */
    private final Set<Integer> asked = new LinkedHashSet<>();

    PortTerms(NamedValues named) {
        this.named = named;
    }

    Set<Integer> asked() {
        return asked;
    }

    boolean isNamed(IpAddress host) {
        return named.hosts().contains(host);
    }

    /** Which port a term about a connection's tuple means. */
    enum End {
        SOURCE,
        DESTINATION,
        ARRIVING_DESTINATION
    }

    /** A term that holds for a packet without ports if it is negated. */
    Term ofTuple(End end, List<PortRange> ranges, boolean negated, Symbolic packet) {
        if (!hasPorts(packet)) {
            return Term.fixed(negated);
        }
        return switch (end) {
            case SOURCE -> new Term.Asks(new Predicate.SourcePort(bounds(ranges)), negated);
            case DESTINATION -> destination(ranges, negated, packet);
            case ARRIVING_DESTINATION ->
                packet.arrival().port() >= 0 && !packet.isTranslated()
                        ? Term.fixed(contains(ranges, packet.arrival().port()) != negated)
                        : new Term.Asks(new Predicate.DestinationPort(bounds(ranges)), negated);
        };
    }

    Term source(Match.SourcePort match, Symbolic packet) {
        return hasPorts(packet)
                ? new Term.Asks(new Predicate.SourcePort(bounds(List.of(match.ports()))), match.negated())
                : Term.FAILS;
    }

    Term destination(Match.DestinationPort match, Symbolic packet) {
        return destination(List.of(match.ports()), match.negated(), packet);
    }

    Term multi(Match.MultiPort match, Symbolic packet) {
        return switch (match.side()) {
            case SOURCE ->
                hasPorts(packet)
                        ? new Term.Asks(new Predicate.SourcePort(bounds(match.ports())), match.negated())
                        : Term.FAILS;
            case DESTINATION -> destination(match.ports(), match.negated(), packet);
            case EITHER -> either(match, packet);
        };
    }

    private Term destination(List<PortRange> ranges, boolean negated, Symbolic packet) {
        if (!hasPorts(packet)) {
            return Term.FAILS;
        }
        if (packet.port() >= 0) {
            return Term.fixed(contains(ranges, packet.port()) != negated);
        }
        List<PortRange> possible = possible(ranges, packet);
        return possible.isEmpty()
                ? Term.fixed(negated)
                : new Term.Asks(new Predicate.DestinationPort(bounds(possible)), negated);
    }

    private Term either(Match.MultiPort match, Symbolic packet) {
        if (!hasPorts(packet)) {
            return Term.FAILS;
        }
        if (packet.port() < 0) {
            return new Term.Asks(new Predicate.EitherPort(bounds(match.ports())), match.negated());
        }
        return contains(match.ports(), packet.port())
                ? Term.fixed(!match.negated())
                : new Term.Asks(new Predicate.SourcePort(bounds(match.ports())), match.negated());
    }

    /** Without the single ports that a packet of class OTHER does not have. */
    private List<PortRange> possible(List<PortRange> ranges, Symbolic packet) {
        List<PortRange> possible = new ArrayList<>();
        for (PortRange range : ranges) {
            if (!range.isSingle() || !named.isNamedPort(packet.protocol(), range.first())) {
                possible.add(range);
            } else {
                asked.add(TupleMap.portKey(packet.protocol(), range.first()));
            }
        }
        return possible;
    }

    private static boolean hasPorts(Symbolic packet) {
        return packet.port() != PacketClass.NONE;
    }

    private static boolean contains(List<PortRange> ranges, int port) {
        for (PortRange range : ranges) {
            if (range.contains(port)) {
                return true;
            }
        }
        return false;
    }

    private static Predicate.Ports bounds(List<PortRange> ranges) {
        int[] bounds = new int[ranges.size() * 2];
        for (int i = 0; i < ranges.size(); i++) {
            bounds[2 * i] = ranges.get(i).first();
            bounds[2 * i + 1] = ranges.get(i).last();
        }
        return new Predicate.Ports(bounds);
    }
}
