package io.vipline.tools.explain;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.PacketDescription.Header;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;
import io.vipline.tools.explain.ClusterNames.UnknownName;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads the packets that people type: {@code [in IF] [out IF] tcp|udp|sctp|icmp SRC:PORT > DST:PORT [flags S] [state NEW]
 * [mark 0x0] [ttl N] [length N] [tos N] [type T[/C]]}.
 */
public final class PacketLine {
    private static final Pattern FORM = Pattern.compile(
            "(?:in\\s+(?<in>\\S+)\\s+)?(?:out\\s+(?<out>\\S+)\\s+)?"
                    + "(?<protocol>[A-Za-z0-9-]+)\\s+(?<source>\\S+)\\s*>\\s*(?<destination>\\S+)(?<rest>(?:\\s+\\w+\\s+\\S+)*)");
    private static final Pattern OPTION = Pattern.compile("\\s+(\\w+)\\s+(\\S+)");
    private static final Pattern BRACKETED = Pattern.compile("\\[([^\\]]+)\\](?::(\\d+))?");
    private static final String TCP_FLAGS = "FSRPAUEC";
    private static final int ICMP_NO_PORT = -1;
    private static final int MOST_NAMED = 5;

    private final HostNames names;

    public PacketLine(HostNames names) {
        this.names = names;
    }

    /** What is wrong with a line, and how to mend it. */
    public static final class MalformedPacket extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedPacket(String message) {
            super(message);
        }
    }

    /**
     * A packet that was read.
     *
     * @param notes what was decided for the reader
     */
    public record Line(PacketDescription packet, List<String> notes) {}

    private record Place(String host, int port) {}

    public Line parse(String line) throws MalformedPacket {
        Matcher form = FORM.matcher(line.strip());
        if (!form.matches()) {
            throw new MalformedPacket(
                    "not a packet: '" + line.strip() + "'; write it like: tcp 10.0.0.5:40000 > 10.96.0.10:80");
        }
        Place source = place(form.group("source"));
        Place destination = place(form.group("destination"));
        List<IpAddress> sources = addresses(source.host());
        List<IpAddress> destinations = addresses(destination.host());
        IpFamily family = commonFamily(source, sources, destination, destinations);
        IpAddress from = first(sources, family);
        IpAddress to = first(destinations, family);
        int protocol = protocol(form.group("protocol"), family);
        boolean hasPorts = protocol != Protocol.ICMP.number() && protocol != Protocol.ICMPV6.number();
        if (hasPorts && (source.port() < 0 || destination.port() < 0)) {
            throw new MalformedPacket(
                    "both sides need a port: " + form.group("source") + " > " + form.group("destination"));
        }
        PacketDescription packet = PacketDescription.first(
                protocol, from, hasPorts ? source.port() : -1, to, hasPorts ? destination.port() : -1);
        packet = packet.withInterfaces(Optional.ofNullable(form.group("in")), Optional.ofNullable(form.group("out")));
        List<String> notes = Stream.concat(
                        severalAddresses(source, sources, family), severalAddresses(destination, destinations, family))
                .toList();
        return new Line(options(packet, form.group("rest")), notes);
    }

    private static Place place(String text) throws MalformedPacket {
        Matcher bracketed = BRACKETED.matcher(text);
        if (bracketed.matches()) {
            String port = bracketed.group(2);
            return new Place(bracketed.group(1), port == null ? ICMP_NO_PORT : port(port));
        }
        int colon = text.lastIndexOf(':');
        if (colon < 0 || text.indexOf(':') != colon) {
            return new Place(text, ICMP_NO_PORT);
        }
        return new Place(text.substring(0, colon), port(text.substring(colon + 1)));
    }

    private static int port(String text) throws MalformedPacket {
        if (text.matches("\\d{1,5}") && Integer.parseInt(text) <= 65_535) {
            return Integer.parseInt(text);
        }
        throw new MalformedPacket("'" + text + "' is no port: 0 to 65535");
    }

    private List<IpAddress> addresses(String host) throws MalformedPacket {
        Optional<IpAddress> literal = IpAddress.parse(host);
        if (literal.isPresent()) {
            return List.of(literal.get());
        }
        try {
            return names.resolve(host);
        } catch (UnknownName e) {
            throw new MalformedPacket(e.getMessage());
        }
    }

    /** IPv4 where both sides have both. */
    private static IpFamily commonFamily(Place source, List<IpAddress> from, Place destination, List<IpAddress> to)
            throws MalformedPacket {
        for (IpFamily family : IpFamily.values()) {
            if (has(from, family) && has(to, family)) {
                return family;
            }
        }
        throw new MalformedPacket("one side is IPv4 and one IPv6: " + source.host() + shown(source, from) + " > "
                + destination.host() + shown(destination, to));
    }

    /** A name of several addresses of the family is that of a headless Service: clients choose among them. */
    private static Stream<String> severalAddresses(Place place, List<IpAddress> all, IpFamily family) {
        List<String> addresses = all.stream()
                .filter(address -> address.family() == family)
                .map(IpAddress::toString)
                .toList();
        return addresses.size() < 2
                ? Stream.empty()
                : Stream.of(place.host() + " has " + addresses.size() + " addresses, of which a client chooses one: "
                        + String.join(", ", addresses.subList(0, Math.min(addresses.size(), MOST_NAMED)))
                        + (addresses.size() > MOST_NAMED ? ", …" : "") + "; this is about the first");
    }

    private static String shown(Place place, List<IpAddress> addresses) {
        return addresses.getFirst().toString().equals(place.host()) ? "" : " " + addresses;
    }

    private static boolean has(List<IpAddress> addresses, IpFamily family) {
        return addresses.stream().anyMatch(address -> address.family() == family);
    }

    private static IpAddress first(List<IpAddress> addresses, IpFamily family) {
        return addresses.stream()
                .filter(address -> address.family() == family)
                .findFirst()
                .orElseThrow();
    }

    private static int protocol(String text, IpFamily family) throws MalformedPacket {
        Optional<Protocol> protocol = Protocol.ofText(text);
        if (protocol.isEmpty()) {
            throw new MalformedPacket("'" + text + "' is no protocol here: tcp, udp, sctp or icmp");
        }
        boolean isIcmp = protocol.get() == Protocol.ICMP || protocol.get() == Protocol.ICMPV6;
        return !isIcmp
                ? protocol.get().number()
                : family == IpFamily.IPV4 ? Protocol.ICMP.number() : Protocol.ICMPV6.number();
    }

    private static PacketDescription options(PacketDescription first, String rest) throws MalformedPacket {
        PacketDescription packet = first;
        Matcher option = OPTION.matcher(rest);
        while (option.find()) {
            String value = option.group(2);
            packet = switch (option.group(1)) {
                case "flags" -> packet.withFlags(flags(value), packet.icmpTypeCode());
                case "state" -> packet.withState(state(value));
                case "mark" -> packet.withMark(mark(value));
                case "ttl", "length", "tos" ->
                    packet.withHeader(header(packet.header(), option.group(1), number(value)));
                case "type" -> packet.withFlags(packet.tcpFlags(), icmpType(value));
                default ->
                    throw new MalformedPacket("'" + option.group(1)
                            + "' is not known here: flags, state, mark, ttl, length, tos or type");
            };
        }
        return packet;
    }

    private static Header header(Header before, String field, int value) {
        return switch (field) {
            case "ttl" -> new Header(value, before.lengthBytes(), before.tos());
            case "length" -> new Header(before.ttl(), value, before.tos());
            default -> new Header(before.ttl(), before.lengthBytes(), value);
        };
    }

    private static int number(String text) throws MalformedPacket {
        if (text.matches("\\d{1,5}|0x[0-9a-fA-F]{1,4}") && Integer.decode(text) <= 65_535) {
            return Integer.decode(text);
        }
        throw new MalformedPacket("'" + text + "' is no such number: 0 to 65535");
    }

    /** {@code 3/1} as {@code type << 8 | code}. */
    private static int icmpType(String text) throws MalformedPacket {
        String[] parts = text.split("/", 2);
        int type = number(parts[0]);
        int code = parts.length > 1 ? number(parts[1]) : 0;
        if (type > 255 || code > 255) {
            throw new MalformedPacket("'" + text + "' is no ICMP type and code like 3/1");
        }
        return type << 8 | code;
    }

    private static int flags(String text) throws MalformedPacket {
        int flags = 0;
        for (char letter : text.toUpperCase(Locale.ROOT).toCharArray()) {
            int bit = TCP_FLAGS.indexOf(letter);
            if (bit < 0) {
                throw new MalformedPacket("'" + text + "' are no TCP flags: letters of " + TCP_FLAGS);
            }
            flags |= 1 << bit;
        }
        return flags;
    }

    private static CtState state(String text) throws MalformedPacket {
        for (CtState state : CtState.values()) {
            if (state.name().equalsIgnoreCase(text) && state != CtState.SNAT && state != CtState.DNAT) {
                return state;
            }
        }
        throw new MalformedPacket(
                "'" + text + "' is no connection state: NEW, ESTABLISHED, RELATED, INVALID or UNTRACKED");
    }

    private static int mark(String text) throws MalformedPacket {
        try {
            return Integer.parseUnsignedInt(
                    text.startsWith("0x") ? text.substring(2) : text, text.startsWith("0x") ? 16 : 10);
        } catch (NumberFormatException e) {
            throw new MalformedPacket("'" + text + "' is no mark: a number like 0x4000");
        }
    }
}
