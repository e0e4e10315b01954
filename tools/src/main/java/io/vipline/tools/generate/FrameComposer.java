package io.vipline.tools.generate;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import io.vipline.tools.generate.Conversation.Step;

/**
 * Writes the frames of conversations as a capture at the client has them: Ethernet II between the client and its
 * gateway, IPv4 or IPv6, TCP or UDP, every checksum right. What a client sends has TTL 64; what it receives has come
 * through the node and has 63. Checksums are summed from the values that are written, and from the payload's sum, which
 * was taken once: no byte is read back.
 */
final class FrameComposer {
    private static final int ETHERNET_BYTES = 14;
    private static final int MIN_FRAME_BYTES = 60;
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int TCP_BYTES = 20;
    private static final int UDP_BYTES = 8;
    /** Of a SYN: MSS, SACK permitted, window scale. */
    private static final int SYN_OPTION_BYTES = 12;

    private static final int CLIENT_TTL = 64;
    private static final int REPLY_TTL = 63;
    private static final int WINDOW = 64_240;
    private static final int SYN = 2;
    private static final int ACK = 16;
    private static final int PSH = 8;
    private static final int FIN = 1;

    private final PayloadSizes sizes;
    private final NativeMemory payload = NativeMemory.allocate(PayloadSizes.MAX_BYTES);
    /** Sum of the first {@code n} bytes of the payload as 16-bit words. */
    private final int[] payloadSum = new int[PayloadSizes.MAX_BYTES + 1];

    FrameComposer(PayloadSizes sizes) {
        this.sizes = sizes;
        for (int i = 0; i < PayloadSizes.MAX_BYTES; i++) {
            int letter = 'a' + i % 26;
            payload.putByte(i, (byte) letter);
            payloadSum[i + 1] = payloadSum[i] + (i % 2 == 0 ? letter << 8 : letter);
        }
    }

    /** Bytes of payload that the frame will have. */
    int payloadBytes(Conversation conversation, Step step) {
        if (step != Step.REQUEST && step != Step.REPLY) {
            return 0;
        }
        int headers = ETHERNET_BYTES
                + (conversation.client.isV4() ? IPV4_BYTES : IPV6_BYTES)
                + (conversation.destination.protocol() == Protocol.TCP ? TCP_BYTES : UDP_BYTES);
        return sizes.draw(headers, Mix.of(conversation.hash + conversation.said));
    }

    /** Bytes of the frame, padding included. */
    int frameBytes(Conversation conversation, Step step, int payloadBytes) {
        return Math.max(
                MIN_FRAME_BYTES,
                ETHERNET_BYTES
                        + (conversation.client.isV4() ? IPV4_BYTES : IPV6_BYTES)
                        + transportBytes(conversation, step)
                        + payloadBytes);
    }

    private static int transportBytes(Conversation conversation, Step step) {
        if (conversation.destination.protocol() == Protocol.UDP) {
            return UDP_BYTES;
        }
        return step == Step.SYN || step == Step.SYN_ACK ? TCP_BYTES + SYN_OPTION_BYTES : TCP_BYTES;
    }

    /** Writes the frame at {@code at}, which has {@link #frameBytes} of room. */
    void compose(Conversation conversation, Step step, int payloadBytes, NativeMemory out, int at) {
        IpAddress service = conversation.destination.address().address();
        boolean fromClient = step.fromClient();
        IpAddress source = fromClient ? conversation.client : service;
        IpAddress destination = fromClient ? service : conversation.client;
        ethernet(conversation, fromClient, out, at);
        int network = at + ETHERNET_BYTES;
        int transportBytes = transportBytes(conversation, step) + payloadBytes;
        int transport;
        if (source.isV4()) {
            ipv4(conversation, step, transportBytes, out, network);
            out.putInt(network + 12, source.v4(), BIG_ENDIAN);
            out.putInt(network + 16, destination.v4(), BIG_ENDIAN);
            transport = network + IPV4_BYTES;
        } else {
            ipv6(conversation, step, transportBytes, out, network);
            putAddress(source, out, network + 8);
            putAddress(destination, out, network + 24);
            transport = network + IPV6_BYTES;
        }
        long sum = words(source)
                + words(destination)
                + conversation.destination.protocol().number()
                + transportBytes
                + payloadSum[payloadBytes];
        int sourcePort = fromClient
                ? conversation.clientPort
                : conversation.destination.address().port();
        int destinationPort = fromClient ? conversation.destination.address().port() : conversation.clientPort;
        int ports = sourcePort << 16 | destinationPort;
        out.putInt(transport, ports, BIG_ENDIAN);
        sum += ports & 0xffff_ffffL;
        if (conversation.destination.protocol() == Protocol.TCP) {
            tcp(conversation, step, sum, out, transport);
        } else {
            udp(transportBytes, sum, out, transport);
        }
        int end = transport + transportBytes;
        out.putBytes(end - payloadBytes, payload, 0, payloadBytes);
        int padding = at + MIN_FRAME_BYTES - end;
        if (padding > 0) {
            out.setMemory(end, padding, (byte) 0);
        }
    }

    /** The client's address is in its MAC; its gateway has one for everybody. Both are locally administered. */
    private static void ethernet(Conversation conversation, boolean fromClient, NativeMemory out, int at) {
        int clientAt = fromClient ? at + 6 : at;
        int gatewayAt = fromClient ? at : at + 6;
        IpAddress client = conversation.client;
        out.putShort(clientAt, (short) 0x0242, BIG_ENDIAN);
        out.putInt(clientAt + 2, client.isV4() ? client.v4() : (int) client.low(), BIG_ENDIAN);
        out.putShort(gatewayAt, (short) 0x0200, BIG_ENDIAN);
        out.putInt(gatewayAt + 2, 1, BIG_ENDIAN);
        out.putShort(at + 12, (short) (client.isV4() ? 0x0800 : 0x86dd), BIG_ENDIAN);
    }

    private static void ipv4(Conversation conversation, Step step, int transportBytes, NativeMemory out, int at) {
        boolean fromClient = step.fromClient();
        int versionAndLength = 0x4500_0000 | IPV4_BYTES + transportBytes;
        int idAndFragment = (fromClient ? conversation.clientIpId : conversation.serverIpId) << 16 | 0x4000;
        int ttlAndProtocol = (fromClient ? CLIENT_TTL : REPLY_TTL) << 8
                | conversation.destination.protocol().number();
        long sum = (versionAndLength & 0xffff_ffffL)
                + (idAndFragment & 0xffff_ffffL)
                + ttlAndProtocol
                + words(conversation.client)
                + words(conversation.destination.address().address());
        out.putInt(at, versionAndLength, BIG_ENDIAN);
        out.putInt(at + 4, idAndFragment, BIG_ENDIAN);
        out.putShort(at + 8, (short) ttlAndProtocol, BIG_ENDIAN);
        out.putShort(at + 10, (short) ~fold(sum), BIG_ENDIAN);
    }

    /** RFC 8200 section 3; the flow label is the flow's, as RFC 6437 has it. */
    private static void ipv6(Conversation conversation, Step step, int transportBytes, NativeMemory out, int at) {
        int flowLabel = (int) (step.fromClient() ? conversation.hash : conversation.hash >>> 20) & 0xf_ffff;
        out.putInt(at, 0x6000_0000 | flowLabel, BIG_ENDIAN);
        out.putShort(at + 4, (short) transportBytes, BIG_ENDIAN);
        out.putByte(at + 6, (byte) conversation.destination.protocol().number());
        out.putByte(at + 7, (byte) (step.fromClient() ? CLIENT_TTL : REPLY_TTL));
    }

    private static void tcp(Conversation conversation, Step step, long sum, NativeMemory out, int at) {
        int sequence = step.fromClient() ? conversation.clientSequence : conversation.serverSequence;
        int acknowledged =
                step == Step.SYN ? 0 : step.fromClient() ? conversation.serverSequence : conversation.clientSequence;
        boolean options = step == Step.SYN || step == Step.SYN_ACK;
        int flags = switch (step) {
            case SYN -> SYN;
            case SYN_ACK -> SYN | ACK;
            case ACK -> ACK;
            case REQUEST, REPLY -> PSH | ACK;
            case FIN, FIN_REPLY -> FIN | ACK;
        };
        int headerWords = (TCP_BYTES + (options ? SYN_OPTION_BYTES : 0)) / 4;
        int offsetFlagsWindow = headerWords << 28 | flags << 16 | WINDOW;
        sum += (sequence & 0xffff_ffffL) + (acknowledged & 0xffff_ffffL) + (offsetFlagsWindow & 0xffff_ffffL);
        out.putInt(at + 4, sequence, BIG_ENDIAN);
        out.putInt(at + 8, acknowledged, BIG_ENDIAN);
        out.putInt(at + 12, offsetFlagsWindow, BIG_ENDIAN);
        if (options) {
            int mss = 0x0204_0000 | (conversation.client.isV4() ? 1460 : 1440);
            sum += mss + 0x0402_0101L + 0x0103_0307L;
            out.putInt(at + 20, mss, BIG_ENDIAN);
            out.putInt(at + 24, 0x0402_0101, BIG_ENDIAN);
            out.putInt(at + 28, 0x0103_0307, BIG_ENDIAN);
        }
        out.putInt(at + 16, ~fold(sum) << 16, BIG_ENDIAN);
    }

    private static void udp(int transportBytes, long sum, NativeMemory out, int at) {
        int checksum = ~fold(sum + transportBytes) & 0xffff;
        // RFC 768: a sum of zero goes out as ones, for zero says that there is none
        out.putInt(at + 4, transportBytes << 16 | (checksum == 0 ? 0xffff : checksum), BIG_ENDIAN);
    }

    private static void putAddress(IpAddress address, NativeMemory out, int at) {
        out.putLong(at, address.high(), BIG_ENDIAN);
        out.putLong(at + 8, address.low(), BIG_ENDIAN);
    }

    /** The address as a sum of 32-bit words. */
    private static long words(IpAddress address) {
        long low = (address.low() >>> 32) + (address.low() & 0xffff_ffffL);
        return address.isV4()
                ? address.v4() & 0xffff_ffffL
                : low + (address.high() >>> 32) + (address.high() & 0xffff_ffffL);
    }

    private static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xffff_ffffL);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        return (int) ((folded >>> 16) + (folded & 0xffff));
    }
}
