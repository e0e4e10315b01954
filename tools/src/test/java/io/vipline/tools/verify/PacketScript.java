package io.vipline.tools.verify;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final int ECHO_BYTES = 56;

    private int id;

    /** @param id IPv4 identification of the first packet; the next ones have the next ones */
    PacketScript(int id) {
        this.id = id;
    }

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
        Words words = Words.of(rest);
        Segment segment = segment(matcher.group("kind"), words, from.address().isV4());
        if (words.has("id")) {
            header = Header.plain(ttl, words.number("id"));
        }
        IpPort source = from(from, rest, segment);
        if (words.has("cut")) {
            return header.fragmentable().pieces(source, to, segment, List.of(words.number("cut")));
        }
        return List.of(
                words.has("piece")
                        ? piece(header.fragmentable().pieces(source, to, segment, words.cuts()), words)
                        : header.packet(source, to, segment));
    }

    /** The fragment that begins where "piece A-B" says. */
    private static byte[] piece(List<byte[]> pieces, Words words) {
        return pieces.get(words.cuts().size() - 1);
    }

    /** What stands behind the addresses: positional words, then named ones, each with its value. */
    private record Words(List<String> positional, Map<String, String> named) {
        private static final Set<String> NAMES = Set.of("id", "cut", "piece", "win", "options");

        static Words of(String... rest) {
            List<String> positional = new ArrayList<>();
            Map<String, String> named = new HashMap<>();
            for (int i = 0; i < rest.length; i++) {
                if (NAMES.contains(rest[i])) {
                    named.put(rest[i], rest[++i]);
                } else {
                    positional.add(rest[i]);
                }
            }
            return new Words(positional, named);
        }

        boolean has(String name) {
            return named.containsKey(name);
        }

        int number(String name) {
            return Integer.parseInt(named.get(name));
        }

        int number(int position, int otherwise) {
            return position < positional.size() ? Integer.parseUnsignedInt(positional.get(position)) : otherwise;
        }

        /** Where "piece A-B" cuts. */
        List<Integer> cuts() {
            String[] ends = named.get("piece").split("-");
            int from = Integer.parseInt(ends[0]);
            int to = Integer.parseInt(ends[1]);
            return from == 0 ? List.of(to) : List.of(from, to);
        }
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

    private static Segment segment(String kind, Words words, boolean isV4) {
        return switch (kind) {
            case "udp" -> new Segment.Udp(payload(words.number(0, 0)), true);
            case "tcp" ->
                new Segment.Tcp(
                        words.number(1, 0),
                        words.number(2, 0),
                        flags(words.positional.getFirst()),
                        words.has("win") ? words.number("win") : WINDOW,
                        HexFormat.of().parseHex(words.named.getOrDefault("options", "")),
                        payload(words.number(3, 0)));
            case "sctp" ->
                new Segment.Sctp(words.number(0, 0), HexFormat.of().parseHex(words.named.getOrDefault("options", "")));
            case "echo" -> new Segment.Icmp(isV4 ? 8 : 128, 0, 1, true, payload(words.number(1, ECHO_BYTES)));
            case "reply" -> new Segment.Icmp(isV4 ? 0 : 129, 0, 1, true, payload(words.number(1, ECHO_BYTES)));
            case "raw" -> new Segment.Other(words.number(0, 0), payload(words.number(1, 0)), false);
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
