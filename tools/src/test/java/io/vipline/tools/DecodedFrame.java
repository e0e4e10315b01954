package io.vipline.tools;

import io.vipline.dataplane.frame.LinkType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * A frame read byte by byte from the RFCs, to judge the code under test by; nothing of that code is used.
 *
 * @param network where the IP header begins; -1: not IP, or too broken to tell
 * @param transport where the transport header begins
 * @param end where the IP packet ends, trailers excluded
 * @param isFragment whether it is one piece of several
 */
record DecodedFrame(
        byte[] bytes,
        int original,
        int network,
        int transport,
        int end,
        int protocol,
        byte[] source,
        byte[] destination,
        boolean isFragment) {
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMPV6 = 58;
    static final int SCTP = 132;

    static DecodedFrame of(byte[] bytes, int original, LinkType type) {
        int network = network(bytes, type);
        int left = bytes.length - network;
        if (network >= 0 && left >= 20 && bytes[network] >> 4 == 4) {
            return v4(bytes, original, network);
        }
        if (network >= 0 && left >= 40 && bytes[network] >> 4 == 6) {
            return v6(bytes, original, network);
        }
        return new DecodedFrame(bytes, original, -1, -1, -1, -1, new byte[0], new byte[0], false);
    }

    private static int network(byte[] bytes, LinkType type) {
        return switch (type) {
            case ETHERNET -> {
                int at = 12;
                while (at + 2 <= bytes.length && word(bytes, at) == 0x8100) {
                    at += 4;
                }
                boolean isIp = at + 2 <= bytes.length && (word(bytes, at) == 0x800 || word(bytes, at) == 0x86dd);
                yield isIp ? at + 2 : -1;
            }
            case LINUX_SLL -> 16;
            case LINUX_SLL2 -> 20;
            case RAW_IP, RAW_IPV4, RAW_IPV6 -> 0;
            case BSD_LOOPBACK, OPENBSD_LOOPBACK -> 4;
            case OTHER -> -1;
        };
    }

    private static DecodedFrame v4(byte[] bytes, int original, int network) {
        int header = (bytes[network] & 15) * 4;
        int length = word(bytes, network + 2);
        int end = length == 0 ? original : network + length;
        boolean isFragment = (word(bytes, network + 6) & 0x3fff) != 0;
        byte[] source = Arrays.copyOfRange(bytes, network + 12, network + 16);
        byte[] destination = Arrays.copyOfRange(bytes, network + 16, network + 20);
        int protocol = bytes[network + 9] & 0xff;
        return new DecodedFrame(
                bytes, original, network, network + header, end, protocol, source, destination, isFragment);
    }

    private static DecodedFrame v6(byte[] bytes, int original, int network) {
        int next = bytes[network + 6] & 0xff;
        int at = network + 40;
        boolean isFragment = false;
        while ((next == 0 || next == 43 || next == 60 || next == 44) && at + 8 <= bytes.length) {
            isFragment |= next == 44 && (word(bytes, at + 2) & 0xfff9) != 0;
            int length = next == 44 ? 8 : 8 + 8 * (bytes[at + 1] & 0xff);
            next = bytes[at] & 0xff;
            at += length;
        }
        byte[] source = Arrays.copyOfRange(bytes, network + 8, network + 24);
        byte[] destination = Arrays.copyOfRange(bytes, network + 24, network + 40);
        int end = network + 40 + word(bytes, network + 4);
        return new DecodedFrame(bytes, original, network, at, end, next, source, destination, isFragment);
    }

    boolean isIp() {
        return network >= 0;
    }

    boolean isV4() {
        return source.length == 4;
    }

    /** Whether it is TCP, UDP or SCTP with its ports there. */
    boolean hasPorts() {
        return isIp()
                && !isFragment
                && (protocol == TCP || protocol == UDP || protocol == SCTP)
                && bytes.length >= transport + 4
                && end >= transport + 4;
    }

    int sourcePort() {
        return word(bytes, transport);
    }

    int destinationPort() {
        return word(bytes, transport + 2);
    }

    int ttl() {
        return bytes[ttlAt()] & 0xff;
    }

    int ttlAt() {
        return network + (isV4() ? 8 : 7);
    }

    /** Byte 13 of the TCP header. */
    int tcpFlags() {
        return bytes[transport + 13] & 0xff;
    }

    String sender() {
        return HexFormat.of().formatHex(source) + "." + sourcePort();
    }

    String receiver() {
        return HexFormat.of().formatHex(destination) + "." + destinationPort();
    }

    /** Whether the IPv4 header's checksum is right; IPv6 has none. */
    boolean hasRightIpChecksum() {
        return !isV4() || sum(network, transport - network, 0) == 0xffff;
    }

    /** Whether all of the segment is there, so that its checksum can be judged. */
    boolean isJudged() {
        boolean known =
                protocol == TCP || protocol == UDP || protocol == SCTP || protocol == ICMP || protocol == ICMPV6;
        return isIp() && known && !isFragment && bytes.length >= end && end - transport >= 8;
    }

    /** What the transport checksum is off by: 0 if it is right, or a UDP packet has none. Of a packet that is judged. */
    int checksumError() {
        int length = end - transport;
        return switch (protocol) {
            case UDP -> word(bytes, transport + 6) == 0 ? 0 : 0xffff - sum(transport, length, pseudo(length));
            case TCP, ICMPV6 -> 0xffff - sum(transport, length, pseudo(length));
            case ICMP -> 0xffff - sum(transport, length, 0);
            default -> {
                byte[] segment = Arrays.copyOfRange(bytes, transport, end);
                int found = Integer.reverseBytes(ByteBuffer.wrap(segment).getInt(8));
                Arrays.fill(segment, 8, 12, (byte) 0);
                CRC32C crc = new CRC32C();
                crc.update(segment);
                yield (int) crc.getValue() ^ found;
            }
        };
    }

    private int pseudo(int length) {
        return (isV4() ? sum(network + 12, 8, 0) : sum(network + 8, 32, 0)) + protocol + length;
    }

    /** RFC 1071, the slow way. */
    private int sum(int from, int length, long start) {
        long sum = start;
        for (int i = 0; i < length; i++) {
            sum += (bytes[from + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    /**
     * A copy without what NAT and a hop change: addresses, ports, TTL and checksums are zero.
     *
     * @param withDestinationOnly whether source and its port stay
     */
    byte[] withoutNat(boolean withDestinationOnly) {
        byte[] rest = bytes.clone();
        int width = source.length;
        int addresses = network + (isV4() ? 12 : 8);
        zero(rest, ttlAt(), 1);
        zero(rest, withDestinationOnly ? addresses + width : addresses, withDestinationOnly ? width : 2 * width);
        if (isV4()) {
            zero(rest, network + 10, 2);
        }
        if (hasPorts()) {
            zero(rest, withDestinationOnly ? transport + 2 : transport, withDestinationOnly ? 2 : 4);
            int field = protocol == TCP ? 16 : protocol == UDP ? 6 : 8;
            zero(rest, transport + field, protocol == SCTP ? 4 : 2);
        }
        return rest;
    }

    private static void zero(byte[] bytes, int from, int count) {
        for (int i = from; i < Math.min(from + count, bytes.length); i++) {
            bytes[i] = 0;
        }
    }

    /** The same with sender and receiver swapped, all through: every checksum stays as it was. */
    byte[] swapped() {
        byte[] swapped = bytes.clone();
        exchange(swapped, 0, 6);
        exchange(swapped, network + (isV4() ? 12 : 8), source.length);
        exchange(swapped, transport, 2);
        return swapped;
    }

    private static void exchange(byte[] bytes, int at, int width) {
        byte[] first = Arrays.copyOfRange(bytes, at, at + width);
        System.arraycopy(bytes, at + width, bytes, at, width);
        System.arraycopy(first, 0, bytes, at + width, width);
    }

    private static int word(byte[] bytes, int at) {
        return at + 2 > bytes.length ? 0 : (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }
}
