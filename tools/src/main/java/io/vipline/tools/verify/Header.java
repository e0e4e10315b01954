package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An IP header, apart from who sends to whom.
 *
 * @param tos type of service, or traffic class
 * @param id IPv4 identification, and that of IPv6 fragments
 * @param options IPv4 options, a multiple of four bytes; for IPv6 a chain of extension headers whose last "next header"
 *     byte stands at {@code nextAt}
 * @param firstNext IPv6: number of the first extension header; unused without
 * @param nextAt offset in {@code options}
 */
record Header(int ttl, int tos, int id, boolean dontFragment, byte[] options, int firstNext, int nextAt) {
    private static final int V4_BYTES = 20;
    private static final int V6_BYTES = 40;
    private static final int FRAGMENT_BYTES = 8;
    private static final int FRAGMENT_HEADER = 44;
    private static final int MORE = 0x2000;
    private static final int UNUSED_PORT = 9;
    private static final int DONT_FRAGMENT = 0x4000;

    static Header plain(int ttl, int id) {
        return new Header(ttl, 0, id, true, new byte[0], 0, 0);
    }

    Header withTtl(int newTtl) {
        return new Header(newTtl, tos, id, dontFragment, options, firstNext, nextAt);
    }

    Header withTos(int newTos) {
        return new Header(ttl, newTos, id, dontFragment, options, firstNext, nextAt);
    }

    Header fragmentable() {
        return new Header(ttl, tos, id, false, options, firstNext, nextAt);
    }

    Header withOptions(byte[] newOptions, int newFirstNext, int newNextAt) {
        return new Header(ttl, tos, id, dontFragment, newOptions, newFirstNext, newNextAt);
    }

    /** A piece of a datagram whose rest nobody will send, between hosts that have nothing to do with it. */
    static Arrival anyFragment() {
        IpPort from = new IpPort(IpAddress.of("198.18.255.253"), UNUSED_PORT);
        IpPort to = new IpPort(IpAddress.of("198.18.255.254"), UNUSED_PORT);
        Segment segment = new Segment.Udp(new byte[FRAGMENT_BYTES], true);
        return new Arrival(
                Side.OUTSIDE,
                true,
                plain(2, UNUSED_PORT)
                        .pieces(from, to, segment, List.of(FRAGMENT_BYTES))
                        .getFirst());
    }

    /** A packet, with right checksums. */
    byte[] packet(IpPort source, IpPort destination, Segment segment) {
        boolean isV4 = source.address().isV4();
        byte[] payload = segment.bytes(source, destination);
        int flags = dontFragment ? DONT_FRAGMENT : 0;
        return isV4
                ? v4(source, destination, segment.protocol(true), flags, payload)
                : v6(source, destination, segment.protocol(false), -1, payload);
    }

    /**
     * The same in pieces.
     *
     * @param cuts where to cut the IP payload: ascending multiples of 8
     */
    List<byte[]> pieces(IpPort source, IpPort destination, Segment segment, List<Integer> cuts) {
        boolean isV4 = source.address().isV4();
        byte[] payload = segment.bytes(source, destination);
        List<byte[]> pieces = new ArrayList<>();
        List<Integer> ends = new ArrayList<>(
                cuts.stream().filter(cut -> cut < payload.length).toList());
        ends.add(payload.length);
        int from = 0;
        for (int end : ends) {
            boolean more = end < payload.length;
            byte[] share = Arrays.copyOfRange(payload, from, end);
            pieces.add(
                    isV4
                            ? v4(
                                    source,
                                    destination,
                                    segment.protocol(true),
                                    from / 8 | (more ? MORE : 0) | (dontFragment ? DONT_FRAGMENT : 0),
                                    share)
                            : v6(source, destination, segment.protocol(false), from | (more ? 1 : 0), share));
            from = end;
        }
        return pieces;
    }

    private byte[] v4(IpPort source, IpPort destination, int protocol, int fragment, byte[] payload) {
        int headerBytes = V4_BYTES + options.length;
        byte[] bytes = ByteBuffer.allocate(headerBytes + payload.length)
                .put((byte) (0x40 | headerBytes / 4))
                .put((byte) tos)
                .putShort((short) (headerBytes + payload.length))
                .putShort((short) id)
                .putShort((short) fragment)
                .put((byte) ttl)
                .put((byte) protocol)
                .putShort((short) 0)
                .putInt(source.address().v4())
                .putInt(destination.address().v4())
                .put(options)
                .put(payload)
                .array();
        NativeMemory view = NativeMemory.copyOf(bytes);
        view.putShort(10, (short) ~Checksum.fold(Checksum.sum(view, 0, headerBytes)), BIG_ENDIAN);
        view.getBytes(0, bytes);
        return bytes;
    }

    /** @param fragment offset and more-fragments bit; -1: no fragment header */
    private byte[] v6(IpPort source, IpPort destination, int protocol, int fragment, byte[] payload) {
        int extensions = options.length + (fragment < 0 ? 0 : FRAGMENT_BYTES);
        int afterOptions = fragment < 0 ? protocol : FRAGMENT_HEADER;
        ByteBuffer packet = ByteBuffer.allocate(V6_BYTES + extensions + payload.length)
                .putInt(6 << 28 | tos << 20)
                .putShort((short) (extensions + payload.length))
                .put((byte) (options.length > 0 ? firstNext : afterOptions))
                .put((byte) ttl)
                .putLong(source.address().high())
                .putLong(source.address().low())
                .putLong(destination.address().high())
                .putLong(destination.address().low())
                .put(options);
        if (options.length > 0) {
            packet.put(V6_BYTES + nextAt, (byte) afterOptions);
        }
        if (fragment >= 0) {
            packet.put((byte) protocol).put((byte) 0).putShort((short) fragment).putInt(id);
        }
        return packet.put(payload).array();
    }
}
