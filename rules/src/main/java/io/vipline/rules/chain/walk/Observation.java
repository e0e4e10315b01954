package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Match;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import java.util.stream.Collectors;

/** Says what a packet has where a rule wants something else. */
final class Observation {
    private Observation() {}

    /** @return a clause for people; empty where nothing is to be added to the term itself */
    static String against(Match failed, TermCheck check) {
        WalkedPacket packet = check.packet();
        PacketDescription original = packet.original();
        return switch (failed) {
            case Match.Source _ -> "the source is " + original.source();
            case Match.Destination _ -> "the destination is " + packet.destination();
            case Match.Protocol _, Match.Module _ -> "the protocol is " + protocol(original.protocol());
            case Match.SourcePort _ -> "the source port is " + port(original.sourcePort());
            case Match.DestinationPort _ -> "the destination port is " + port(packet.destinationPort());
            case Match.MultiPort _ ->
                "the ports are " + port(original.sourcePort()) + " and " + port(packet.destinationPort());
            case Match.InInterface _ -> "it arrives by " + named(check.inInterface());
            case Match.OutInterface _ -> "it leaves by " + named(check.outInterface());
            case Match.ConnectionState _ ->
                "the state is " + packet.states().stream().map(CtState::name).collect(Collectors.joining(" and "));
            case Match.Mark _ ->
                "the mark is 0x" + Integer.toHexString(packet.marks().packet());
            case Match.AddressType a -> type(a, original.source(), packet.destination());
            case Match.Recent _ -> "no earlier connection of " + original.source() + " is known";
            default -> "";
        };
    }

    private static String type(Match.AddressType term, IpAddress source, IpAddress destination) {
        IpAddress address = term.side() == Match.Side.SOURCE ? source : destination;
        return address + (term.negated() ? " is " : " is not ") + String.join(" or ", term.types());
    }

    private static String named(String interfaceName) {
        return interfaceName.isEmpty() ? "no interface" : interfaceName;
    }

    private static String protocol(int number) {
        return Protocol.ofNumber(number).map(Protocol::text).orElseGet(() -> Integer.toString(number));
    }

    private static String port(int port) {
        return port < 0 ? "none" : Integer.toString(port);
    }
}
