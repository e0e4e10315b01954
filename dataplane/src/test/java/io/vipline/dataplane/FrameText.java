package io.vipline.dataplane;

import io.vipline.rules.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Frames from the text that the tests' tables show: {@code tcp 10.0.0.5:40000 > 10.96.0.10:80 S ttl 64 "hello"}. Checksums
 * are computed here word by word from the RFCs, not by the code under test.
 *
 * <pre>
 * [vlan N] tcp|udp|sctp|icmp|error T/C SOURCE > DESTINATION OPTION…
 *
 * init N       an SCTP INIT chunk with tag N   initack N  the like      tag N  SCTP verification tag (0)
 * SFRPAU       TCP flags (A)                 "text"      payload
 * ttl N        (64)                          seq N       TCP sequence number
 * reply        an echo reply                 nosum       UDP without a checksum
 * wrongsum     a checksum that is off        partialsum  only the pseudo-header is summed
 * options      IPv4 options, or a hop-by-hop header
 * trailer N    bytes behind the IP packet    len0        IP length 0, as TSO leaves it
 * nodf         may be cut                    df          a fragment that may not
 * mtu N        what an error says of a link  long N      a payload of N bytes
 * piece A-B    a fragment: payload bytes A to B of the IP packet; B is its end if there is nothing behind
 * made         as the node makes an answer: addresses swapped, ID 0, TOS 0xc0
 * first N {…}  what an ICMP error quotes: N bytes of the packet in braces (all without "first N")
 * </pre>
 */
public final class FrameText {
    private static final Pattern TEXT =
            Pattern.compile("(?<vlan>vlan \\d+ )?(?<protocol>\\w+) (?<type>\\d+/\\d+ )?(?<source>\\S+) >"
                    + " (?<destination>\\S+)(?<rest>.*)");
    private static final Pattern QUOTE = Pattern.compile("(first (?<bytes>\\d+) )?\\{(?<text>.*)\\}");
    private static final byte[] MACS = HexFormat.of().parseHex("020000000002020000000001");
    private static final byte[] SWAPPED = HexFormat.of().parseHex("020000000001020000000002");
    private static final byte[] V4_OPTIONS = {1, 1, 1, 0};
    private static final byte[] HOP_BY_HOP = {0, 0, 1, 4, 0, 0, 0, 0};

    private FrameText() {}

    /** A whole Ethernet frame; its checksums are right unless the text says otherwise. */
    public static byte[] frame(String text) {
        Matcher parts = parse(text);
        String rest = own(parts.group("rest"));
        byte[] link = link(parts.group("vlan"), address(parts.group("source")).isV4(), rest.contains("made"));
        byte[] ip = packet(parts);
        int trailer = number(rest, "trailer (\\d+)", 0);
        byte[] frame = new byte[link.length + ip.length + trailer];
        Arrays.fill(frame, (byte) 0xee);
        System.arraycopy(link, 0, frame, 0, link.length);
        System.arraycopy(ip, 0, frame, link.length, ip.length);
        return frame;
    }

    private static Matcher parse(String text) {
        Matcher parts = TEXT.matcher(text.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException(text);
        }
        return parts;
    }

    /** The options that are the packet's own, not those of one that it quotes. */
    private static String own(String rest) {
        return rest.replaceAll("\\{.*\\}", "");
    }

    private static byte[] packet(Matcher parts) {
        String rest = own(parts.group("rest"));
        IpAddress source = address(parts.group("source"));
        boolean isV4 = source.isV4();
        int protocol = protocol(parts.group("protocol"), isV4);
        byte[] segment = segment(parts, rest, payload(rest, parts.group("rest")));
        IpAddress destination = address(parts.group("destination"));
        sumTransport(segment, protocol, pseudoHeader(source, destination, protocol + segment.length), rest);
        Matcher piece = Pattern.compile("piece (\\d+)-(\\d+)").matcher(rest);
        int from = 0;
        boolean more = false;
        byte[] payload = segment;
        if (piece.find()) {
            from = Integer.parseInt(piece.group(1));
            int to = Math.min(Integer.parseInt(piece.group(2)), segment.length);
            more = to < segment.length;
            payload = Arrays.copyOfRange(segment, from, to);
        }
        boolean isPiece = from > 0 || more;
        return isV4
                ? ipv4(source, destination, protocol, rest, payload, from / 8 | (more ? 0x2000 : 0))
                : ipv6(source, destination, protocol, rest, payload, isPiece ? from | (more ? 1 : 0) : -1);
    }

    private static long pseudoHeader(IpAddress source, IpAddress destination, int protocolAndLength) {
        ByteBuffer both = ByteBuffer.allocate(32);
        for (IpAddress address : new IpAddress[] {source, destination}) {
            both.putLong(address.isV4() ? 0 : address.high())
                    .putLong(address.isV4() ? address.v4() & 0xffff_ffffL : address.low());
        }
        return onesSum(both.array(), 0, 32, protocolAndLength);
    }

    private static byte[] link(String vlan, boolean isV4, boolean swapped) {
        ByteBuffer link = ByteBuffer.allocate(vlan == null ? 14 : 18).put(swapped ? SWAPPED : MACS);
        if (vlan != null) {
            link.putShort((short) 0x8100).putShort(Short.parseShort(vlan.strip().split(" ")[1]));
        }
        return link.putShort((short) (isV4 ? 0x0800 : 0x86dd)).array();
    }

    private static int protocol(String name, boolean isV4) {
        return switch (name) {
            case "tcp" -> 6;
            case "udp" -> 17;
            case "sctp" -> 132;
            case "icmp", "error" -> isV4 ? 1 : 58;
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static byte[] segment(Matcher parts, String rest, byte[] payload) {
        int sourcePort = port(parts.group("source"));
        int destinationPort = port(parts.group("destination"));
        ByteBuffer segment = ByteBuffer.allocate(32 + payload.length);
        switch (parts.group("protocol")) {
            case "tcp" ->
                segment.putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putInt(number(rest, "seq (\\d+)", 1))
                        .putInt(number(rest, "ack (\\d+)", 0))
                        .put((byte) 0x50)
                        .put((byte) flags(rest))
                        .putShort((short) 8192)
                        .putInt(0);
            case "udp" ->
                segment.putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putShort((short) (8 + payload.length))
                        .putShort((short) 0);
            case "sctp" ->
                segment.putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putInt(number(rest, "tag (\\d+)", 0))
                        .putInt(0);
            case "error" -> {
                String[] typeCode = parts.group("type").strip().split("/");
                segment.put(Byte.parseByte(typeCode[0]))
                        .put(Byte.parseByte(typeCode[1]))
                        .putShort((short) 0)
                        .putInt(number(rest, "mtu (\\d+)", 0));
            }
            default -> {
                boolean isV6 = parts.group("source").startsWith("[");
                boolean reply = rest.contains("reply");
                segment.put((byte) (isV6 ? reply ? 129 : 128 : reply ? 0 : 8))
                        .put((byte) 0)
                        .putShort((short) 0)
                        .putShort((short) sourcePort)
                        .putShort((short) 1);
            }
        }
        segment.put(payload);
        return Arrays.copyOf(segment.array(), segment.position());
    }

    private static int flags(String rest) {
        Matcher matcher = Pattern.compile(" ([SFRPAU]+)( |$)").matcher(rest);
        int flags = 0;
        if (matcher.find()) {
            for (char flag : matcher.group(1).toCharArray()) {
                flags |= 1 << "FSRPAU".indexOf(flag);
            }
            return flags;
        }
        return 0x10;
    }

    private static byte[] payload(String rest, String withQuote) {
        Matcher quote = QUOTE.matcher(withQuote);
        if (quote.find()) {
            byte[] quoted = packet(parse(quote.group("text")));
            String bytes = quote.group("bytes");
            return bytes == null ? quoted : Arrays.copyOf(quoted, Integer.parseInt(bytes));
        }
        Matcher init = Pattern.compile("(init|initack) (\\d+)").matcher(rest);
        if (init.find()) {
            ByteBuffer chunk = ByteBuffer.allocate(20).put((byte) (init.group(1).equals("init") ? 1 : 2));
            return chunk.put((byte) 0)
                    .putShort((short) 20)
                    .putInt(Integer.parseInt(init.group(2)))
                    .array();
        }
        int length = number(rest, "long (\\d+)", 0);
        if (length > 0) {
            byte[] payload = new byte[length];
            for (int i = 0; i < length; i++) {
                payload[i] = (byte) (i * 7);
            }
            return payload;
        }
        Matcher matcher = Pattern.compile("\"([^\"]*)\"").matcher(rest);
        return matcher.find() ? matcher.group(1).getBytes(StandardCharsets.ISO_8859_1) : new byte[0];
    }

    private static int number(String rest, String pattern, int otherwise) {
        Matcher matcher = Pattern.compile(pattern).matcher(rest);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
    }

    private static IpAddress address(String text) {
        return text.startsWith("[")
                ? IpAddress.of(text.substring(1, text.indexOf(']')))
                : IpAddress.of(text.contains(":") ? text.substring(0, text.indexOf(':')) : text);
    }

    private static int port(String text) {
        String after = text.startsWith("[") ? text.substring(text.indexOf(']') + 1) : text;
        return after.contains(":") ? Integer.parseInt(after.substring(after.indexOf(':') + 1)) : 0;
    }

    private static byte[] ipv4(
            IpAddress source, IpAddress destination, int protocol, String rest, byte[] payload, int fragment) {
        byte[] options = rest.contains("options") ? V4_OPTIONS : new byte[0];
        boolean made = rest.contains("made");
        int headerBytes = 20 + options.length;
        ByteBuffer ip = ByteBuffer.allocate(headerBytes + payload.length);
        ip.put((byte) (0x40 | headerBytes / 4)).put((byte) (made ? 0xc0 : 0));
        ip.putShort((short) (rest.contains("len0") ? 0 : headerBytes + payload.length));
        boolean mayBeCut = made || rest.contains("nodf") || fragment != 0 && !rest.contains(" df");
        ip.putShort((short) (made ? 0 : 0x1234)).putShort((short) (mayBeCut ? fragment : fragment | 0x4000));
        ip.put((byte) number(rest, "ttl (\\d+)", 64)).put((byte) protocol).putShort((short) 0);
        ip.putInt(source.v4()).putInt(destination.v4()).put(options).put(payload);
        ip.putShort(10, (short) ~onesSum(ip.array(), 0, headerBytes, 0));
        return ip.array();
    }

    /** @param fragment offset and more-fragments bit as in the fragment header; -1: none is needed */
    private static byte[] ipv6(
            IpAddress source, IpAddress destination, int protocol, String rest, byte[] payload, int fragment) {
        ByteBuffer extensions = ByteBuffer.allocate(16);
        boolean isFragment = fragment >= 0;
        if (rest.contains("options")) {
            extensions.put(HOP_BY_HOP).put(0, (byte) (isFragment ? 44 : protocol));
        }
        if (isFragment) {
            extensions
                    .put((byte) protocol)
                    .put((byte) 0)
                    .putShort((short) fragment)
                    .putInt(0x1234);
        }
        ByteBuffer ip = ByteBuffer.allocate(40 + extensions.position() + payload.length);
        ip.putInt(0x6000_0000).putShort((short) (rest.contains("len0") ? 0 : ip.capacity() - 40));
        ip.put((byte) (rest.contains("options") ? 0 : isFragment ? 44 : protocol));
        ip.put((byte) number(rest, "ttl (\\d+)", 64));
        ip.putLong(source.high()).putLong(source.low());
        ip.putLong(destination.high()).putLong(destination.low());
        return ip.put(extensions.flip()).put(payload).array();
    }

    /** Puts the checksum into a segment whose field is zero. @param pseudo sum of the pseudo-header */
    private static void sumTransport(byte[] segment, int protocol, long pseudo, String rest) {
        ByteBuffer view = ByteBuffer.wrap(segment);
        if (protocol == 132) {
            CRC32C crc = new CRC32C();
            crc.update(segment);
            view.putInt(8, Integer.reverseBytes((int) crc.getValue()));
            return;
        }
        int field = protocol == 6 ? 16 : protocol == 17 ? 6 : 2;
        int sum = (int) ~onesSum(segment, 0, segment.length, protocol == 1 ? 0 : pseudo) & 0xffff;
        if (rest.contains("wrongsum")) {
            sum = (int) onesSum(new byte[0], 0, 0, sum + 0x1234);
        } else if (rest.contains("partialsum")) {
            sum = (int) pseudo;
        } else if (rest.contains("nosum")) {
            sum = 0;
        } else if (protocol == 17 && sum == 0) {
            sum = 0xffff;
        }
        view.putShort(field, (short) sum);
    }

    /** RFC 1071, the slow way. */
    public static long onesSum(byte[] bytes, int from, int length, long start) {
        long sum = start;
        for (int i = 0; i < length; i++) {
            int value = bytes[from + i] & 0xff;
            sum += i % 2 == 0 ? value << 8 : value;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }
}
