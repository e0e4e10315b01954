package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.net.IpAddress;
import java.util.Optional;
import java.util.Set;

/**
 * A packet as a person describes it.
 *
 * @param protocol IANA number
 * @param sourcePort -1 for protocols without ports, as {@code destinationPort}
 * @param state NEW, ESTABLISHED, RELATED, INVALID or UNTRACKED. Unless NEW, the addresses are those that the filter
 *     table sees: destination already translated, source not yet
 * @param tcpFlags byte 13 of a TCP header
 * @param icmpTypeCode {@code type << 8 | code}
 * @param inInterface empty if not known; not looked at for a packet of the node itself
 * @param outInterface empty: as routes have it
 * @param header what the IP header has, as far as it is known
 * @param recentLists lists of the {@code recent} match in which the source stands already
 */
public record PacketDescription(
        int protocol,
        IpAddress source,
        int sourcePort,
        IpAddress destination,
        int destinationPort,
        CtState state,
        int tcpFlags,
        int icmpTypeCode,
        int mark,
        Optional<String> inInterface,
        Optional<String> outInterface,
        Header header,
        Set<String> recentLists) {
    /** Fields of the IP header; -1 where one is not known. */
    public record Header(int ttl, int lengthBytes, int tos) {
        public static final Header UNKNOWN = new Header(-1, -1, -1);
    }

    /** What a TCP header's byte 13 has in a connection's first segment: SYN. */
    public static final int TCP_SYN = 0x02;

    private static final int ICMP_ECHO = 8 << 8;
    private static final int ICMPV6_ECHO = 128 << 8;

    public PacketDescription {
        recentLists = Set.copyOf(recentLists);
    }

    /** A NEW packet: a SYN if it is TCP, an echo request if it is ICMP; mark 0, interfaces not known. */
    public static PacketDescription first(
            int protocol, IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
        return new PacketDescription(
                protocol,
                source,
                sourcePort,
                destination,
                destinationPort,
                CtState.NEW,
                TCP_SYN,
                source.isV4() ? ICMP_ECHO : ICMPV6_ECHO,
                0,
                Optional.empty(),
                Optional.empty(),
                Header.UNKNOWN,
                Set.of());
    }

    public PacketDescription withState(CtState newState) {
        return new PacketDescription(
                protocol,
                source,
                sourcePort,
                destination,
                destinationPort,
                newState,
                tcpFlags,
                icmpTypeCode,
                mark,
                inInterface,
                outInterface,
                header,
                recentLists);
    }

    public PacketDescription withMark(int newMark) {
        return new PacketDescription(
                protocol,
                source,
                sourcePort,
                destination,
                destinationPort,
                state,
                tcpFlags,
                icmpTypeCode,
                newMark,
                inInterface,
                outInterface,
                header,
                recentLists);
    }

    public PacketDescription withFlags(int newTcpFlags, int newIcmpTypeCode) {
        return new PacketDescription(
                protocol,
                source,
                sourcePort,
                destination,
                destinationPort,
                state,
                newTcpFlags,
                newIcmpTypeCode,
                mark,
                inInterface,
                outInterface,
                header,
                recentLists);
    }

    public PacketDescription withInterfaces(Optional<String> in, Optional<String> out) {
        return new PacketDescription(
                protocol,
                source,
                sourcePort,
                destination,
                destinationPort,
                state,
                tcpFlags,
                icmpTypeCode,
                mark,
                in,
                out,
                header,
                recentLists);
    }

    public PacketDescription withHeader(Header newHeader) {
        return new PacketDescription(
                protocol,
                source,
                sourcePort,
                destination,
                destinationPort,
                state,
                tcpFlags,
                icmpTypeCode,
                mark,
                inInterface,
                outInterface,
                newHeader,
                recentLists);
    }

    public PacketDescription withRecentLists(Set<String> lists) {
        return new PacketDescription(
                protocol,
                source,
                sourcePort,
                destination,
                destinationPort,
                state,
                tcpFlags,
                icmpTypeCode,
                mark,
                inInterface,
                outInterface,
                header,
                lists);
    }
}
