package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Crc32c;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.nio.ByteBuffer;

/** What an IP packet carries, apart from who sends it to whom. */
sealed interface Segment {
    int TCP_BYTES = 20;
    int UDP_BYTES = 8;
    int ICMP_BYTES = 8;
    int SCTP_BYTES = 12;

    /** IANA number. @param isV4 which ICMP is meant */
    int protocol(boolean isV4);

    /** Header and payload, checksum included. An ICMP query's identifier is the port of either end. */
    byte[] bytes(IpPort source, IpPort destination);

    /** @param options a multiple of four bytes */
    record Tcp(int sequence, int acknowledged, int flags, int window, byte[] options, byte[] payload)
            implements Segment {
        @Override
        public int protocol(boolean isV4) {
            return Transport.TCP;
        }

        @Override
        public byte[] bytes(IpPort source, IpPort destination) {
            int header = TCP_BYTES + options.length;
            byte[] bytes = ByteBuffer.allocate(header + payload.length)
                    .putShort((short) source.port())
                    .putShort((short) destination.port())
                    .putInt(sequence)
                    .putInt(acknowledged)
                    .put((byte) (header / 4 << 4))
                    .put((byte) flags)
                    .putShort((short) window)
                    .putInt(0)
                    .put(options)
                    .put(payload)
                    .array();
            return summed(bytes, 16, pseudo(source, destination, Transport.TCP, bytes.length));
        }
    }

    /** @param isSummed false: the checksum is 0, which says that there is none */
    record Udp(byte[] payload, boolean isSummed) implements Segment {
        @Override
        public int protocol(boolean isV4) {
            return Transport.UDP;
        }

        @Override
        public byte[] bytes(IpPort source, IpPort destination) {
            byte[] bytes = ByteBuffer.allocate(UDP_BYTES + payload.length)
                    .putShort((short) source.port())
                    .putShort((short) destination.port())
                    .putShort((short) (UDP_BYTES + payload.length))
                    .putShort((short) 0)
                    .put(payload)
                    .array();
            if (isSummed) {
                summed(bytes, 6, pseudo(source, destination, Transport.UDP, bytes.length));
                if (bytes[6] == 0 && bytes[7] == 0) {
                    bytes[6] = bytes[7] = -1;
                }
            }
            return bytes;
        }
    }

    /** @param chunks from the first chunk's header to the end */
    record Sctp(int verificationTag, byte[] chunks) implements Segment {
        @Override
        public int protocol(boolean isV4) {
            return Transport.SCTP;
        }

        @Override
        public byte[] bytes(IpPort source, IpPort destination) {
            byte[] bytes = ByteBuffer.allocate(SCTP_BYTES + chunks.length)
                    .putShort((short) source.port())
                    .putShort((short) destination.port())
                    .putInt(verificationTag)
                    .putInt(0)
                    .put(chunks)
                    .array();
            int crc = new Crc32c().of(NativeMemory.copyOf(bytes), 0, bytes.length);
            ByteBuffer.wrap(bytes).putInt(8, Integer.reverseBytes(crc));
            return bytes;
        }
    }

    /** An ICMP or ICMPv6 message. @param rest the second word; a query's identifier is put into its first half */
    record Icmp(int type, int code, int rest, boolean isQuery, byte[] payload) implements Segment {
        @Override
        public int protocol(boolean isV4) {
            return isV4 ? Transport.ICMP : Transport.ICMPV6;
        }

        @Override
        public byte[] bytes(IpPort source, IpPort destination) {
            int word = isQuery ? source.port() << 16 | rest & 0xffff : rest;
            byte[] bytes = ByteBuffer.allocate(ICMP_BYTES + payload.length)
                    .put((byte) type)
                    .put((byte) code)
                    .putShort((short) 0)
                    .putInt(word)
                    .put(payload)
                    .array();
            boolean isV4 = source.address().isV4();
            return summed(bytes, 2, isV4 ? 0 : pseudo(source, destination, Transport.ICMPV6, bytes.length));
        }
    }

    /**
     * Any other protocol: no ports, no checksum that anybody knows of.
     *
     * @param isSummed whether it comes out right all the same, for who takes every protocol to have one
     */
    record Other(int number, byte[] payload, boolean isSummed) implements Segment {
        private static final int FILLER = 6;

        @Override
        public int protocol(boolean isV4) {
            return number;
        }

        @Override
        public byte[] bytes(IpPort source, IpPort destination) {
            byte[] bytes = payload.clone();
            if (isSummed) {
                bytes[FILLER] = bytes[FILLER + 1] = 0;
                summed(bytes, FILLER, source.address().isV4() ? 0 : pseudo(source, destination, number, bytes.length));
            }
            return bytes;
        }
    }

    private static byte[] summed(byte[] bytes, int field, long start) {
        NativeMemory view = NativeMemory.copyOf(bytes);
        int sum = ~Checksum.fold(start + Checksum.sum(view, 0, bytes.length));
        view.putShort(field, (short) sum, BIG_ENDIAN);
        view.getBytes(0, bytes);
        return bytes;
    }

    private static long pseudo(IpPort source, IpPort destination, int protocol, int length) {
        return words(source.address()) + words(destination.address()) + protocol + length;
    }

    private static long words(IpAddress address) {
        if (address.isV4()) {
            return address.v4() & 0xffff_ffffL;
        }
        return (address.high() >>> 32)
                + (address.high() & 0xffff_ffffL)
                + (address.low() >>> 32)
                + (address.low() & 0xffff_ffffL);
    }
}
