package io.vipline.tools.verify;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Packets as nodes.txt writes them. */
final class PacketScript {
    private static final Pattern PACKET =
            Pattern.compile("(?:ttl (?<ttl>\\d+) )?(?<kind>[a-z-]+) (?<from>\\S+) > (?<to>\\S+)"
                    + "(?: (?!about)(?<rest>.*?))?(?: about (?<about>.*))?");
    private static final Pattern END = Pattern.compile("\\[?(?<address>[^\\]]+?)\\]?(?::(?<port>\\d+))?");
    private static final int DEFAULT_TTL = 64;
    private static final int WINDOW = 29_200;
    private static final int NEXT_MTU = 1400;

    private int id = 100;

    /** A packet, or its fragments in their order. */
    List<byte[]> packets(String line) {
        Matcher matcher = PACKET.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no packet: " + line);
        }
        int ttl = matcher.group("ttl") == null ? DEFAULT_TTL : Integer.parseInt(matcher.group("ttl"));
        Header header = Header.plain(ttl, id++);
        IpPort from = end(matcher.group("from"));
        IpPort to = end(matcher.group("to"));
        String[] rest = matcher.group("rest") == null
                ? new String[0]
                : matcher.group("rest").split(" ");
        if (matcher.group("about") != null) {
            byte[] about = packets(matcher.group("about")).getFirst();
            return List.of(header.packet(
                    from, to, error(matcher.group("kind"), from.address().isV4(), about)));
        }
        Segment segment = segment(matcher.group("kind"), rest, from.address().isV4());
        boolean isCut = rest.length == 3 && rest[1].equals("cut");
        return isCut
                ? header.fragmentable().pieces(from, to, segment, List.of(Integer.parseInt(rest[2])))
                : List.of(header.packet(from(from, rest, segment), to, segment));
    }

    /** An echo's identifier stands where ports do. */
    private static IpPort from(IpPort from, String[] rest, Segment segment) {
        return segment instanceof Segment.Icmp ? new IpPort(from.address(), Integer.parseInt(rest[0])) : from;
    }

    private static IpPort end(String text) {
        boolean hasPort = text.startsWith("[") || text.indexOf(':') == text.lastIndexOf(':');
        if (!hasPort) {
            return new IpPort(IpAddress.of(text), 0);
        }
        Matcher matcher = END.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no end: " + text);
        }
        int port = matcher.group("port") == null ? 0 : Integer.parseInt(matcher.group("port"));
        return new IpPort(IpAddress.of(matcher.group("address")), port);
    }

    private static Segment segment(String kind, String[] rest, boolean isV4) {
        return switch (kind) {
            case "udp" -> new Segment.Udp(payload(Integer.parseInt(rest[0])), true);
            case "tcp" ->
                new Segment.Tcp(
                        Integer.parseInt(rest[1]),
                        Integer.parseInt(rest[2]),
                        flags(rest[0]),
                        WINDOW,
                        new byte[0],
                        payload(rest.length > 3 ? Integer.parseInt(rest[3]) : 0));
            case "echo" -> new Segment.Icmp(isV4 ? 8 : 128, 0, 1, true, payload(56));
            case "reply" -> new Segment.Icmp(isV4 ? 0 : 129, 0, 1, true, payload(56));
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static Segment error(String kind, boolean isV4, byte[] about) {
        return switch (kind) {
            case "unreachable" -> new Segment.Icmp(isV4 ? 3 : 1, isV4 ? 3 : 4, 0, false, about);
            case "too-big" -> new Segment.Icmp(isV4 ? 3 : 2, isV4 ? 4 : 0, NEXT_MTU, false, about);
            case "exceeded" -> new Segment.Icmp(isV4 ? 11 : 3, 0, 0, false, about);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static int flags(String letters) {
        int flags = 0;
        for (char letter : letters.toCharArray()) {
            flags |= 1 << "FSRPAU".indexOf(letter);
        }
        return flags;
    }

    private static byte[] payload(int bytes) {
        byte[] payload = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            payload[i] = (byte) (i * 7);
        }
        return payload;
    }

    /** The cases of a text: names with the lines below them. */
    record Case(String name, List<String> lines) {}

    static List<Case> cases(String text) {
        List<Case> cases = new ArrayList<>();
        text.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            if (line.startsWith("== ")) {
                cases.add(new Case(line.substring(3), new ArrayList<>()));
            } else {
                cases.getLast().lines.add(line);
            }
        });
        return cases;
    }
}
