package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.chain.Question;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.table.PacketKey;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Whether single terms hold for a packet, as the kernel's match extensions have it ({@code net/netfilter/xt_*.c}).
 *
 * @param where the place of the rules that ask
 */
record TermCheck(WalkedPacket packet, NodeNetwork network, Where where) {
    /**
     * What depends on the place.
     *
     * @param inInterface null if not known; empty where a packet has none
     * @param outInterface as {@code inInterface}
     * @param tracked false ahead of conntrack's own hook, where every packet looks INVALID
     * @param forwarded whether {@code ip_forward} has taken one from the TTL
     */
    record Where(String inInterface, String outInterface, boolean tracked, boolean forwarded) {}

    String inInterface() {
        return where.inInterface();
    }

    String outInterface() {
        return where.outInterface();
    }

    /** {@code xt_statistic} compares 31 random bits with the probability as a fraction of 2^31. */
    private static final double STATISTIC_UNIT = 1L << 31;

    Answer ask(Match match) {
        PacketDescription original = packet.original();
        return switch (match) {
            case Match.Comment comment -> Answer.YES;
            case Match.NfAcct counter -> Answer.YES;
            case Match.Module module -> Answer.of(isOfModule(module.name()));
            case Match.Protocol p -> Answer.of((p.number() == 0 || p.number() == original.protocol()) != p.negated());
            case Match.Source s -> Answer.of(s.cidr().contains(original.source()) != s.negated());
            case Match.Destination d -> Answer.of(d.cidr().contains(packet.destination()) != d.negated());
            case Match.SourcePort p -> port(original.sourcePort(), List.of(p.ports()), p.negated());
            case Match.DestinationPort p -> port(packet.destinationPort(), List.of(p.ports()), p.negated());
            case Match.MultiPort p -> multiPort(p);
            case Match.InInterface i -> byInterface(inInterface(), i.pattern(), i, "arrives");
            case Match.OutInterface o -> byInterface(outInterface(), o.pattern(), o, "leaves");
            case Match.ConnectionState c -> Answer.of(hasState(c.states()) != c.negated());
            case Match.Mark m -> not(packet.marks().packetIs(m.value(), m.mask()), m.negated());
            case Match.AddressType a -> type(a);
            case Match.Statistic s -> chance(s.probability());
            case Match.Recent r -> recent(r);
            case Match.TcpFlags f ->
                Answer.of(original.protocol() == Protocol.TCP.number()
                        && ((original.tcpFlags() & f.mask()) == f.compare()) != f.negated());
            case Match.IcmpType i -> Answer.of(isIcmp() && hasIcmpType(i) != i.negated());
            case Match.IpSet s -> ipSet(s);
            case Match.AddressRange r -> addressRange(r);
            case Match.ConnectionMark m -> not(packet.marks().connectionIs(m.value(), m.mask()), m.negated());
            case Match.SocketOwner o ->
                inInterface() == null || !inInterface().isEmpty()
                        ? Answer.of(o.without())
                        : known(o, "who on the node sent the packet is not known");
            case Match.HeaderField f -> headerField(f);
            case Match.TupleAddress _, Match.TuplePort _, Match.ConnectionTrait _ ->
                new TupleCheck(packet, where.tracked()).ask(match).orElseGet(() -> known(match, TupleCheck.NOT_KNOWN));
            case Match.LocalOnInterface l -> localOnInterface(l);
            case Match.Granted g -> new Answer.Granted(g.holds(), g.because());
            case Match.Opaque o -> known(o, o.because());
        };
    }

    private Answer ipSet(Match.IpSet term) {
        if (term.content().isEmpty()) {
            return known(term, "what set " + term.set() + " holds is not known: --ipset gives it");
        }
        PacketDescription original = packet.original();
        PacketKey key = new PacketKey();
        key.sourceHigh = original.source().high();
        key.sourceLow = original.source().low();
        key.protocol = original.protocol();
        key.sourcePort = original.sourcePort();
        key.icmpTypeCode = original.icmpTypeCode();
        key.inInterface = inInterface();
        int port = Math.max(0, packet.destinationPort());
        return switch (term.content().get().contains(key, packet.destination(), port, term.dimensions())) {
            case YES -> Answer.of(!term.negated());
            case NO -> Answer.of(term.negated());
            case UNKNOWN -> known(term, "the set asks what is not known of the packet");
        };
    }

    private Answer addressRange(Match.AddressRange term) {
        IpAddress address = term.side() == Match.Side.SOURCE ? packet.original().source() : packet.destination();
        return Answer.of(term.contains(address.high(), address.low()) != term.negated());
    }

    private static Answer not(Answer answer, boolean negated) {
        return answer instanceof Answer.Unknown || !negated ? answer : Answer.of(answer == Answer.NO);
    }

    /** The answer that this way has settled for the term's question, if it has. */
    private Answer known(Match match, String because) {
        return Question.of(match)
                .flatMap(packet.known()::answer)
                .map(answer -> Answer.of(answer != Question.isNegated(match)))
                .orElseGet(() -> new Answer.Unknown(because));
    }

    private boolean isOfModule(String module) {
        Optional<Protocol> protocol = module.equals("icmp6") ? Optional.of(Protocol.ICMPV6) : Protocol.ofText(module);
        return protocol.isEmpty()
                || protocol.get().number() == packet.original().protocol();
    }

    private static Answer port(int port, List<PortRange> ranges, boolean negated) {
        return Answer.of(port >= 0 && contains(ranges, port) != negated);
    }

    private Answer multiPort(Match.MultiPort term) {
        int source = packet.original().sourcePort();
        int destination = packet.destinationPort();
        return switch (term.side()) {
            case SOURCE -> port(source, term.ports(), term.negated());
            case DESTINATION -> port(destination, term.ports(), term.negated());
            case EITHER -> {
                boolean either = contains(term.ports(), source) || contains(term.ports(), destination);
                yield Answer.of(destination >= 0 && either != term.negated());
            }
        };
    }

    private static boolean contains(List<PortRange> ranges, int port) {
        for (PortRange range : ranges) {
            if (range.contains(port)) {
                return true;
            }
        }
        return false;
    }

    private Answer byInterface(String name, String pattern, Match term, String does) {
        if (name == null) {
            String told = does.equals("arrives") ? "'in IF'" : "'out IF'";
            return known(
                    term,
                    "the interface by which the packet " + does + " is not known: " + told
                            + " ahead of the packet tells it");
        }
        boolean matches = pattern.endsWith("+")
                ? name.startsWith(pattern.substring(0, pattern.length() - 1))
                : name.equals(pattern);
        return Answer.of(matches != Question.isNegated(term));
    }

    private boolean hasState(Set<CtState> asked) {
        Set<CtState> states = where.tracked() || packet.untracked() ? packet.states() : EnumSet.of(CtState.INVALID);
        for (CtState state : states) {
            if (asked.contains(state)) {
                return true;
            }
        }
        return false;
    }

    private Answer type(Match.AddressType term) {
        boolean ofSource = term.side() == Match.Side.SOURCE;
        IpAddress address = ofSource ? packet.original().source() : packet.destination();
        boolean holds = network.hasType(term.types(), address.high(), address.low());
        // what came in from elsewhere has no source of the node's
        boolean open = !ofSource && network.mayHaveType(term.types(), address.high(), address.low());
        if (open && packet.toNode().isEmpty()) {
            return new Answer.Unknown("whether the node has " + address + " is " + ChainWalker.NO_NODE_ADDRESS);
        }
        boolean isOther = open && packet.toNode().get();
        return Answer.of((holds != isOther) != term.negated());
    }

    private Answer headerField(Match.HeaderField term) {
        PacketDescription.Header header = packet.original().header();
        int value = switch (term.field()) {
            case TTL -> header.ttl();
            case LENGTH -> header.lengthBytes();
            case TOS -> header.tos();
        };
        if (value < 0) {
            String name = term.field().name().toLowerCase(Locale.ROOT);
            return known(term, "the packet's is not known: '" + name + " N' after the packet tells it");
        }
        int hops = term.field() == Match.Field.TTL && where.forwarded() ? 1 : 0;
        return Answer.of(term.holds(value - hops) != term.negated());
    }

    /** {@code inet_dev_addr_type}: an address of another interface is UNICAST. */
    private Answer localOnInterface(Match.LocalOnInterface term) {
        boolean ofSource = term.side() == Match.Side.SOURCE;
        IpAddress address = ofSource ? packet.original().source() : packet.destination();
        boolean mayBe =
                !ofSource && network.mayBeLocal(address) && packet.toNode().orElse(true);
        if (!network.isLocal(address) && !mayBe) {
            return Answer.of(term.negated());
        }
        String actual = term.arriving() ? inInterface() : outInterface();
        String owner = network.interfaceOf(address);
        if (mayBe || actual == null || owner.isEmpty()) {
            return known(term, "which interface has which address is not known");
        }
        return Answer.of(owner.equals(actual) != term.negated());
    }

    private static Answer chance(double probability) {
        double effective = Math.rint(probability * STATISTIC_UNIT) / STATISTIC_UNIT;
        return effective >= 1 ? Answer.YES : effective <= 0 ? Answer.NO : new Answer.Chance(effective);
    }

    private Answer recent(Match.Recent term) {
        boolean holds = term.operation() == Match.RecentOperation.SET || packet.isRemembered(term.list());
        return Answer.of(holds != term.negated());
    }

    private boolean isIcmp() {
        int protocol = packet.original().protocol();
        return protocol == Protocol.ICMP.number() || protocol == Protocol.ICMPV6.number();
    }

    private boolean hasIcmpType(Match.IcmpType term) {
        int type = packet.original().icmpTypeCode() >> 8;
        int code = packet.original().icmpTypeCode() & 0xff;
        boolean anyType = term.type() == 255 && term.code() < 0;
        return anyType || term.type() == type && (term.code() < 0 || term.code() == code);
    }
}
