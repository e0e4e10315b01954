package io.vipline.dataplane;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * An Ethernet frame by its parts, so that what NAT should make of it is the same draft with other ends. Checksums are
 * computed here byte by byte, not by the code under test.
 *
 * @param tags VLAN tags, four bytes each
 * @param options IPv4 options, or IPv6 extension headers whose last "next header" byte stands at {@code nextAt}
 * @param body what stands behind the ports, with a checksum of zero
 * @param sumFault added to the transport checksum, in one's complement; 0: it is right
 * @param summed false: UDP over IPv4 without a checksum
 * @param trailer bytes behind the IP packet
 */
record FrameDraft(
        byte[] tags,
        int tos,
        int id,
        int ttl,
        byte[] options,
        int nextAt,
        int protocol,
        IpPort source,
        IpPort destination,
        byte[] body,
        int sumFault,
        boolean summed,
        byte[] trailer) {
    static final int TCP = 6;
    static final int UDP = 17;
    static final int SCTP = 132;
    private static final byte[] MACS = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    private static final int HOP_BY_HOP = 0;
    private static final int DESTINATION_OPTIONS = 60;

    /** Any packet from one end to another that begins a conversation, or goes on with one under way. */
    static FrameDraft random(SplittableRandom random, int protocol, IpPort source, IpPort destination) {
        boolean isV4 = source.address().isV4();
        byte[] options = random.nextInt(3) > 0 ? new byte[0] : isV4 ? v4Options(random) : v6Options(random);
        byte[] tags = new byte[random.nextInt(4) > 0 ? 0 : 4 * (1 + random.nextInt(2))];
        for (int at = 0; at < tags.length; at += 4) {
            tags[at] = (byte) (at == 0 && tags.length > 4 ? 0x88 : 0x81);
            tags[at + 1] = (byte) (at == 0 && tags.length > 4 ? 0xa8 : 0);
            tags[at + 3] = (byte) random.nextInt(1, 200);
        }
        return new FrameDraft(
                tags,
                random.nextInt(256),
                random.nextInt(1 << 16),
                random.nextInt(3, 256),
                options,
                options.length > 8 ? 8 : 0,
                protocol,
                source,
                destination,
                body(random, protocol),
                random.nextInt(4) > 0 || protocol == SCTP ? 0 : random.nextInt(1, 0xffff),
                protocol != UDP || !isV4 || random.nextInt(5) > 0,
                bytes(random, random.nextInt(3) > 0 ? 0 : random.nextInt(1, 20)));
    }

    private static byte[] v4Options(SplittableRandom random) {
        byte[] options = new byte[4 * random.nextInt(1, 4)];
        Arrays.fill(options, (byte) 1);
        options[options.length - 1] = 0;
        return options;
    }

    /** Padding only, in a hop-by-hop header, one of destination options, or both. */
    private static byte[] v6Options(SplittableRandom random) {
        byte[] header = {0, 0, 1, 4, 0, 0, 0, 0};
        byte[] both = Arrays.copyOf(header, random.nextBoolean() ? 8 : 16);
        if (both.length > 8) {
            System.arraycopy(header, 0, both, 8, 8);
            both[0] = DESTINATION_OPTIONS;
        }
        return both;
    }

    private static byte[] body(SplittableRandom random, int protocol) {
        byte[] payload = bytes(random, random.nextInt(200));
        return switch (protocol) {
            case TCP -> {
                byte[] options = new byte[4 * random.nextInt(5)];
                Arrays.fill(options, (byte) 1);
                int[] flags = {2, 16, 24};
                yield ByteBuffer.allocate(16 + options.length + payload.length)
                        .putInt(random.nextInt())
                        .putInt(random.nextInt())
                        .put((byte) ((5 + options.length / 4) << 4))
                        .put((byte) (flags[random.nextInt(3)] | random.nextInt(4) << 6))
                        .putShort((short) random.nextInt())
                        .putInt(0)
                        .put(options)
                        .put(payload)
                        .array();
            }
            case UDP ->
                ByteBuffer.allocate(4 + payload.length)
                        .putShort((short) (8 + payload.length))
                        .putShort((short) 0)
                        .put(payload)
                        .array();
            default ->
                ByteBuffer.allocate(28)
                        .putInt(0)
                        .putInt(0)
                        .putInt(0x0100_0014)
                        .putInt(random.nextInt() | 1)
                        .putInt(0x1000)
                        .putInt(0x0001_0001)
                        .putInt(random.nextInt())
                        .array();
        };
    }

    private static byte[] bytes(SplittableRandom random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    boolean isV4() {
        return source.address().isV4();
    }

    FrameDraft with(IpPort newSource, IpPort newDestination, int newTtl) {
        return new FrameDraft(
                tags,
                tos,
                id,
                newTtl,
                options,
                nextAt,
                protocol,
                newSource,
                newDestination,
                body,
                sumFault,
                summed,
                trailer);
    }

    FrameDraft withoutFault() {
        return new FrameDraft(
                tags, tos, id, ttl, options, nextAt, protocol, source, destination, body, 0, summed, trailer);
    }

    /** The same said by the other end: no sum changes by that. */
    FrameDraft reversed() {
        return with(destination, source, ttl);
    }

    int network() {
        return 14 + tags.length;
    }

    int transport() {
        return network() + (isV4() ? 20 : 40) + options.length;
    }

    int transportBytes() {
        return 4 + body.length;
    }

    /** Where the transport checksum stands in the frame; -1 for SCTP, which has another kind. */
    int checksumAt() {
        return switch (protocol) {
            case TCP -> transport() + 16;
            case UDP -> transport() + 6;
            default -> -1;
        };
    }

    byte[] frame() {
        byte[] segment = ByteBuffer.allocate(transportBytes())
                .putShort((short) source.port())
                .putShort((short) destination.port())
                .put(body)
                .array();
        sum(segment);
        ByteBuffer frame = ByteBuffer.allocate(transport() + segment.length + trailer.length);
        frame.put(MACS).put(tags).putShort((short) (isV4() ? 0x0800 : 0x86dd));
        if (isV4()) {
            v4(frame, segment.length);
        } else {
            v6(frame, segment.length);
        }
        return frame.put(segment).put(trailer).array();
    }

    private void v4(ByteBuffer frame, int segmentBytes) {
        int headerBytes = 20 + options.length;
        byte[] header = ByteBuffer.allocate(headerBytes)
                .put((byte) (0x40 | headerBytes / 4))
                .put((byte) tos)
                .putShort((short) (headerBytes + segmentBytes))
                .putShort((short) id)
                .putShort((short) 0x4000)
                .put((byte) ttl)
                .put((byte) protocol)
                .putShort((short) 0)
                .putInt(source.address().v4())
                .putInt(destination.address().v4())
                .put(options)
                .array();
        ByteBuffer.wrap(header).putShort(10, (short) ~FrameText.onesSum(header, 0, headerBytes, 0));
        frame.put(header);
    }

    private void v6(ByteBuffer frame, int segmentBytes) {
        byte[] chain = options.clone();
        int first = protocol;
        if (chain.length > 0) {
            first = HOP_BY_HOP;
            chain[nextAt] = (byte) protocol;
        }
        frame.putInt(6 << 28 | tos << 20 | id & 0xffff)
                .putShort((short) (chain.length + segmentBytes))
                .put((byte) first)
                .put((byte) ttl);
        address(frame, source.address());
        address(frame, destination.address());
        frame.put(chain);
    }

    private static void address(ByteBuffer to, IpAddress address) {
        to.putLong(address.high()).putLong(address.low());
    }

    private void sum(byte[] segment) {
        ByteBuffer view = ByteBuffer.wrap(segment);
        if (protocol == SCTP) {
            CRC32C crc = new CRC32C();
            crc.update(segment);
            view.putInt(8, Integer.reverseBytes((int) crc.getValue()));
            return;
        }
        if (!summed) {
            return;
        }
        ByteBuffer ends = ByteBuffer.allocate(32);
        address(ends, source.address());
        address(ends, destination.address());
        int[] mapped = {8, 24};
        for (int at : mapped) {
            if (isV4()) {
                ends.putInt(at, 0);
                ends.putLong(at - 8, 0);
            }
        }
        long pseudo = FrameText.onesSum(ends.array(), 0, 32, (long) protocol + segment.length);
        int sum = (int) ~FrameText.onesSum(segment, 0, segment.length, pseudo) & 0xffff;
        sum = (int) FrameText.onesSum(new byte[0], 0, 0, (long) sum + sumFault);
        view.putShort(checksumAt() - transport(), (short) (protocol == UDP && sum == 0 ? 0xffff : sum));
    }
}
