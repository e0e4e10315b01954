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
 * Frames from the text that the tests' tables show, and back: {@code tcp 10.0.0.5:40000 > 10.96.0.10:80 S ttl 64 "hello"}.
 * Checksums are computed here word by word from the RFCs, not by the code under test.
 */
public final class FrameText {
    private static final Pattern TEXT =
            Pattern.compile("(?<vlan>vlan \\d+ )?(?<protocol>\\w+) (?<source>\\S+) > (?<destination>\\S+)(?<rest>.*)");
    private static final byte[] MACS = HexFormat.of().parseHex("0200000000020200000000" + "01");

    private FrameText() {}

    /**
     * A whole Ethernet frame with right checksums.
     *
     * @param text protocol tcp, udp, sctp or icmp (echo, the port is its identifier), then options: TCP flags of SFRPAU,
     *     {@code ttl N}, {@code "payload"}, {@code nosum} for UDP without a checksum
     */
    public static byte[] frame(String text) {
        Matcher parts = TEXT.matcher(text.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException(text);
        }
        String rest = parts.group("rest");
        IpAddress source = address(parts.group("source"));
        IpAddress destination = address(parts.group("destination"));
        int ttl = number(rest, "ttl (\\d+)", 64);
        byte[] payload = payload(rest);
        byte[] segment = segment(parts, rest, payload);
        boolean isV4 = source.isV4();
        int protocol = protocol(parts.group("protocol"), isV4);
        byte[] ip = isV4
                ? ipv4(source, destination, protocol, ttl, segment)
                : ipv6(source, destination, protocol, ttl, segment);
        sumTransport(ip, isV4, protocol, rest.contains("nosum"));
        byte[] link = link(parts.group("vlan"), isV4);
        byte[] frame = Arrays.copyOf(link, link.length + ip.length);
        System.arraycopy(ip, 0, frame, link.length, ip.length);
        return frame;
    }

    private static byte[] link(String vlan, boolean isV4) {
        ByteBuffer link = ByteBuffer.allocate(vlan == null ? 14 : 18).put(MACS);
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
            case "icmp" -> isV4 ? 1 : 58;
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
                        .putInt(0)
                        .putInt(0);
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

    private static byte[] payload(String rest) {
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

    private static byte[] ipv4(IpAddress source, IpAddress destination, int protocol, int ttl, byte[] segment) {
        ByteBuffer ip = ByteBuffer.allocate(20 + segment.length);
        ip.put((byte) 0x45).put((byte) 0).putShort((short) (20 + segment.length));
        ip.putInt(0x1234_4000).put((byte) ttl).put((byte) protocol).putShort((short) 0);
        ip.putInt(source.v4()).putInt(destination.v4()).put(segment);
        ip.putShort(10, (short) ~onesSum(ip.array(), 0, 20, 0));
        return ip.array();
    }

    private static byte[] ipv6(IpAddress source, IpAddress destination, int protocol, int ttl, byte[] segment) {
        ByteBuffer ip = ByteBuffer.allocate(40 + segment.length);
        ip.putInt(0x6000_0000)
                .putShort((short) segment.length)
                .put((byte) protocol)
                .put((byte) ttl);
        ip.putLong(source.high()).putLong(source.low());
        ip.putLong(destination.high()).putLong(destination.low());
        return ip.put(segment).array();
    }

    private static void sumTransport(byte[] ip, boolean isV4, int protocol, boolean none) {
        int header = isV4 ? 20 : 40;
        int length = ip.length - header;
        long pseudo = onesSum(ip, isV4 ? 12 : 8, isV4 ? 8 : 32, protocol + length);
        ByteBuffer view = ByteBuffer.wrap(ip);
        switch (protocol) {
            case 6 -> view.putShort(header + 16, (short) ~onesSum(ip, header, length, pseudo));
            case 17 -> {
                int sum = (int) ~onesSum(ip, header, length, pseudo) & 0xffff;
                view.putShort(header + 6, (short) (none ? 0 : sum == 0 ? 0xffff : sum));
            }
            case 132 -> {
                CRC32C crc = new CRC32C();
                crc.update(ip, header, length);
                view.putInt(header + 8, Integer.reverseBytes((int) crc.getValue()));
            }
            case 1 -> view.putShort(header + 2, (short) ~onesSum(ip, header, length, 0));
            case 58 -> view.putShort(header + 2, (short) ~onesSum(ip, header, length, pseudo));
            default -> throw new IllegalArgumentException("protocol " + protocol);
        }
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
