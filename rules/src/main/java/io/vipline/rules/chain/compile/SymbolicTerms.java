package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.AddressSet;
import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Knowledge;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Question;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Puts what is known of a packet into the terms of rules. */
final class SymbolicTerms {
    /** {@code xt_statistic} compares 31 random bits with the probability as a fraction of 2^31. */
    private static final double STATISTIC_UNIT = 1L << 31;

    private final NodeNetwork network;
    private final PortTerms ports;
    private final RecentLists recentLists;
    private final TupleTerms tuples;
    private final Map<String, Integer> modules = new HashMap<>();

    SymbolicTerms(NodeNetwork network, NamedValues named, RecentLists recentLists) {
        this.network = network;
        this.ports = new PortTerms(named);
        this.recentLists = recentLists;
        this.tuples = new TupleTerms(this, ports);
    }

    /** As {@link PortTerms#asked}. */
    Set<Integer> askedPorts() {
        return ports.asked();
    }

    Term ask(Match match, Course course) {
        Symbolic packet = course.packet;
        return switch (match) {
            case Match.Comment _, Match.NfAcct _ -> Term.HOLDS;
            case Match.Module(String name) -> Term.fixed(isOfModule(name, packet));
            case Match.Protocol(int number, String _, boolean negated) ->
                Term.fixed((number == 0 || number == packet.protocol()) != negated);
            case Match.Source(Cidr cidr, String _, boolean negated) -> source(cidr, packet, negated);
            case Match.Destination(Cidr cidr, String _, boolean negated) -> destination(cidr, packet, negated);
            case Match.SourcePort m -> ports.source(m, packet);
            case Match.DestinationPort m -> ports.destination(m, packet);
            case Match.MultiPort m -> ports.multi(m, packet);
            case Match.InInterface(String pattern, boolean _) ->
                byInterface(course, course.inInterface(), new InterfaceName.Arrival(pattern), match);
            case Match.OutInterface(String pattern, boolean _) ->
                byInterface(course, course.outInterface(network), new InterfaceName.Departure(pattern, network), match);
            case Match.ConnectionState m -> state(m, course);
            case Match.Mark m ->
                mark(m, m.value(), m.mask(), m.negated(), packet.marks().ofPacket());
            case Match.AddressType m -> addressType(m, packet);
            case Match.Statistic m -> draw(m.probability());
            case Match.Recent m -> recentLists.ask(m, packet);
            case Match.TcpFlags(int mask, int compare, String _, boolean negated) ->
                packet.protocol() == Protocol.TCP.number()
                        ? new Term.Asks(new Predicate.TcpFlags(mask, compare), negated)
                        : Term.FAILS;
            case Match.IcmpType m -> icmpType(m, packet);
            case Match.IpSet m -> ipSet(m, packet);
            case Match.AddressRange m -> addressRange(m, packet);
            case Match.ConnectionMark m ->
                mark(m, m.value(), m.mask(), m.negated(), packet.marks().ofConnection());
            case Match.SocketOwner m ->
                packet.fromNode()
                        ? known(m, packet, "who on the node sent the packet is not known")
                        : Term.fixed(m.without());
            case Match.HeaderField m -> headerField(m, course);
            case Match.TupleAddress m -> tuples.address(m, course);
            case Match.TuplePort m -> tuples.port(m, course);
            case Match.ConnectionTrait m -> tuples.trait(m, course);
            case Match.LocalOnInterface m -> localOnInterface(m, course);
            case Match.Granted(boolean holds, String _, String _) -> Term.fixed(holds);
            case Match.Opaque m -> known(match, packet, m.because());
        };
    }

    /** The answer that this way has settled for the term's question, if it has. */
    static Term known(Match match, Symbolic packet, String because) {
        return settled(match, packet)
                .orElseGet(() -> new Term.Undecidable(RulesetPrinter.term(match) + ": " + because, match));
    }

    private static Optional<Term> settled(Match match, Symbolic packet) {
        return packet.known() == Knowledge.NONE
                ? Optional.empty()
                : Question.of(match)
                        .flatMap(packet.known()::answer)
                        .map(answer -> Term.fixed(answer != Question.isNegated(match)));
    }

    private boolean isOfModule(String module, Symbolic packet) {
        int protocol = modules.computeIfAbsent(module, SymbolicTerms::protocolOf);
        return protocol < 0 || protocol == packet.protocol();
    }

    /** @return -1 if it is the name of no protocol */
    private static int protocolOf(String module) {
        String name = module.equals("icmp6") ? "icmpv6" : module;
        return Protocol.ofText(name).map(Protocol::number).orElse(-1);
    }

    Term source(Cidr cidr, Symbolic packet, boolean negated) {
        if (cidr.family() != packet.arrival().family()) {
            return Term.fixed(negated);
        }
        if (cidr.prefixLength() == 0) {
            return Term.fixed(!negated);
        }
        Optional<Boolean> known = ofNodeOrNot(cidr, Optional.of(packet.fromNode()));
        return known.isPresent()
                ? Term.fixed(known.get() != negated)
                : new Term.Asks(Predicate.sourceIn(cidr), negated);
    }

    Term destination(Cidr cidr, Symbolic packet, boolean negated) {
        if (packet.host() != null) {
            return Term.fixed(cidr.contains(packet.host()) != negated);
        }
        if (cidr.family() != packet.arrival().family() || cidr.isHost() && ports.isNamed(cidr.address())) {
            return Term.fixed(negated);
        }
        if (cidr.prefixLength() == 0) {
            return Term.fixed(!negated);
        }
        Optional<Boolean> known = ofNodeOrNot(cidr, packet.toNode());
        return known.isPresent()
                ? Term.fixed(known.get() != negated)
                : new Term.Asks(Predicate.destinationIn(cidr), negated);
    }

    /** As {@link #destination}, of the packet before any translation. */
    Term arrivingDestination(Cidr cidr, Symbolic packet, boolean negated) {
        IpAddress host = packet.arrival().host();
        // what follows a translation is evaluated once for many classes
        return host != null && !packet.isTranslated()
                ? Term.fixed(cidr.contains(host) != negated)
                : new Term.Asks(Predicate.destinationIn(cidr), negated);
    }

    /** Whether an address is in a range, as far as that follows from whether it is an address of the node. */
    private Optional<Boolean> ofNodeOrNot(Cidr cidr, Optional<Boolean> ofNode) {
        if (ofNode.isEmpty()) {
            return Optional.empty();
        }
        if (ofNode.get()) {
            return network.isWithin(cidr)
                    ? Optional.of(true)
                    : network.touches(cidr) ? Optional.empty() : Optional.of(false);
        }
        return network.covers(cidr) ? Optional.of(false) : Optional.empty();
    }

    private static Term byInterface(Course course, Course.Interface known, InterfaceName name, Match match) {
        return switch (known) {
            case Course.Interface.Named(String actual) -> Term.fixed(name.matches(actual) != Question.isNegated(match));
            case Course.Interface.AskPacket() ->
                settled(match, course.packet)
                        .orElseGet(() -> new Term.AsksInterface(name, match, unknownInterface(match)));
            case Course.Interface.NoRoute() ->
                settled(match, course.packet).orElseGet(() -> new Term.Undecidable(unknownInterface(match), match));
        };
    }

    private static String unknownInterface(Match match) {
        String does = match instanceof Match.InInterface ? "arrives" : "leaves";
        return RulesetPrinter.term(match) + ": the interface by which the packet " + does + " is not known";
    }

    private Term state(Match.ConnectionState match, Course course) {
        Symbolic packet = course.packet;
        Set<CtState> asked = match.states();
        CtState state = packet.untracked()
                ? CtState.UNTRACKED
                : course.isTracked() ? packet.arrival().state() : CtState.INVALID;
        boolean certain = asked.contains(state);
        boolean tracked = !packet.untracked() && course.isTracked();
        certain |= tracked && packet.source() != null && asked.contains(CtState.SNAT);
        if (certain || !tracked || !asked.contains(CtState.DNAT)) {
            return Term.fixed(certain != match.negated());
        }
        if (packet.moved().isPresent()) {
            return Term.fixed(packet.moved().get() != match.negated());
        }
        boolean toAny = packet.translation() == EndpointRef.ANY;
        return new Term.Asks(
                toAny ? new Predicate.MovedToEndpoint() : new Predicate.Moved(packet.host(), packet.port()),
                match.negated());
    }

    private static Term mark(Match match, int value, int mask, boolean negated, SymbolicMarks.Bits bits) {
        int known = mask & ~bits.keep() & ~bits.unknown();
        boolean fails = ((bits.xor() ^ value) & known) != 0 || (value & ~mask) != 0;
        int open = mask & bits.keep();
        boolean decided = (mask & bits.unknown()) == 0;
        if (fails || open == 0 && decided) {
            return Term.fixed(fails == negated);
        }
        Predicate.Mark arriving = new Predicate.Mark(open, (value ^ bits.xor()) & open);
        if (decided) {
            return new Term.Asks(arriving, negated);
        }
        String because = RulesetPrinter.term(match) + ": the connection's mark is not known";
        return open == 0 ? new Term.Undecidable(because, null) : new Term.AsksHalf(arriving, negated, because);
    }

    private static Term ipSet(Match.IpSet match, Symbolic packet) {
        if (match.content().isEmpty()) {
            return known(match, packet, "what set " + match.set() + " holds is not known: --ipset gives it");
        }
        AddressSet set = match.content().get();
        if (set.asksInterface()) {
            return known(match, packet, "the set asks for an interface");
        }
        IpAddress host = packet.isTranslated() ? packet.host() : null;
        int port = packet.isTranslated() ? packet.port() : PacketClass.OTHER;
        return new Term.Asks(new Predicate.InSet(set, match.dimensions(), host, port), match.negated());
    }

    private static Term addressRange(Match.AddressRange match, Symbolic packet) {
        if (match.side() == Match.Side.DESTINATION && packet.host() != null) {
            return Term.fixed(match.contains(packet.host().high(), packet.host().low()) != match.negated());
        }
        boolean ofSource = match.side() == Match.Side.SOURCE;
        return new Term.Asks(new Predicate.InRange(ofSource, match.first(), match.last()), match.negated());
    }

    private Term addressType(Match.AddressType match, Symbolic packet) {
        boolean local = match.types().equals(Set.of("LOCAL"));
        if (match.side() == Match.Side.SOURCE) {
            return local
                    ? Term.fixed(packet.fromNode() != match.negated())
                    : new Term.Asks(new Predicate.SourceType(network, match.types()), match.negated());
        }
        if (local && packet.toNode().isPresent()) {
            return Term.fixed(packet.toNode().get() != match.negated());
        }
        IpAddress host = packet.host();
        if (host == null) {
            return asksType(match, "the destination");
        }
        boolean holds = network.hasType(match.types(), host.high(), host.low());
        boolean open = network.mayHaveType(match.types(), host.high(), host.low());
        if (open && packet.toNode().isEmpty()) {
            return asksType(match, host.toString());
        }
        boolean isOther = open && packet.toNode().get();
        return Term.fixed((holds != isOther) != match.negated());
    }

    private static Term asksType(Match.AddressType match, String address) {
        return new Term.AsksDestinationType(
                match.types(),
                match.negated(),
                RulesetPrinter.term(match) + ": whether the node has " + address
                        + " is not known: --node-address tells which addresses the node has");
    }

    private static Term headerField(Match.HeaderField match, Course course) {
        int hops = match.field() == Match.Field.TTL && course.isForwarded() ? 1 : 0;
        Predicate.Header asked = new Predicate.Header(match.field(), hops, match.mask(), match.first(), match.last());
        return settled(match, course.packet)
                .orElseGet(() ->
                        new Term.AsksHeader(asked, match, RulesetPrinter.term(match) + ": the packet's is not known"));
    }

    private Term localOnInterface(Match.LocalOnInterface match, Course course) {
        Symbolic packet = course.packet;
        boolean ofSource = match.side() == Match.Side.SOURCE;
        boolean isOther = ofSource ? !packet.fromNode() : !packet.toNode().orElse(true);
        if (isOther) {
            return Term.fixed(match.negated());
        }
        Course.Interface at = match.arriving() ? course.inInterface() : course.outInterface(network);
        String owner = ofSource || packet.host() == null ? "" : network.interfaceOf(packet.host());
        if (!owner.isEmpty()) {
            InterfaceName name =
                    match.arriving() ? new InterfaceName.Arrival(owner) : new InterfaceName.Departure(owner, network);
            return byInterface(course, at, name, match);
        }
        boolean isOnArrival = !ofSource && packet.host() == null && match.arriving();
        String because = "which interface has which address is not known";
        return switch (at) {
            case Course.Interface.Named(String actual) when actual.isEmpty() -> Term.fixed(match.negated());
            case Course.Interface.Named(String actual)
            when isOnArrival -> new Term.Asks(new Predicate.DestinationOn(network, actual), match.negated());
            case Course.Interface.AskPacket()
            when isOnArrival ->
                new Term.AsksInterface(
                        new InterfaceName.OfDestination(network), match, RulesetPrinter.term(match) + ": " + because);
            default -> known(match, packet, because);
        };
    }

    private static Term draw(double probability) {
        double effective = Math.rint(probability * STATISTIC_UNIT) / STATISTIC_UNIT;
        return effective >= 1 ? Term.HOLDS : effective <= 0 ? Term.FAILS : new Term.Draw(effective);
    }

    private static Term icmpType(Match.IcmpType match, Symbolic packet) {
        int protocol = packet.protocol();
        if (protocol != Protocol.ICMP.number() && protocol != Protocol.ICMPV6.number()) {
            return Term.FAILS;
        }
        boolean any = match.type() == 255 && match.code() < 0;
        return any
                ? Term.fixed(!match.negated())
                : new Term.Asks(new Predicate.IcmpType(match.type(), match.code()), match.negated());
    }
}
