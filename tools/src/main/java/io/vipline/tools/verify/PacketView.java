package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.Optional;

/**
 * An IP packet, or what an ICMP error quotes of one, read from the RFCs and with nothing of the pipeline's decoder: the
 * judge's own eyes. Nothing is read beyond the bytes that are there.
 */
final class PacketView {
    private static final int ICMP_BYTES = 8;

    private final NativeMemory memory;
    private final int network;
    private final int end;
    private final boolean isV4;
    private int transport;
    private int protocol = -1;
    private int fragmentHeader = -1;

    PacketView(byte[] packet) {
        this(NativeMemory.copyOf(packet), 0, packet.length);
    }

    /** @param end behind the last byte that is there */
    PacketView(NativeMemory memory, int network, int end) {
        this.memory = memory;
        this.network = network;
        this.end = end;
        isV4 = end > network && (memory.getByte(network) >> 4 & 15) == 4;
        transport = end;
        if (isV4 && end - network >= 20) {
            transport = Math.min(end, network + headerLength());
            protocol = memory.getByte(network + 9) & 0xff;
        } else if (!isV4 && end - network >= 40) {
            extensions();
        }
    }

    private int headerLength() {
        return (memory.getByte(network) & 15) * 4;
    }

    private void extensions() {
        int next = memory.getByte(network + 6) & 0xff;
        int at = network + 40;
        while ((next == 0 || next == 43 || next == 44 || next == 60) && at + 8 <= end) {
            if (next == 44) {
                fragmentHeader = at;
            }
            int length = next == 44 ? 8 : 8 + 8 * (memory.getByte(at + 1) & 0xff);
            next = memory.getByte(at) & 0xff;
            at += length;
        }
        protocol = next;
        transport = Math.min(at, end);
    }

    boolean isIp() {
        return protocol >= 0;
    }

    boolean isV4() {
        return isV4;
    }

    int network() {
        return network;
    }

    int transport() {
        return transport;
    }

    int end() {
        return end;
    }

    NativeMemory memory() {
        return memory;
    }

    /** IANA number; -1 if this is no IP packet. */
    int protocol() {
        return protocol;
    }

    /** Offset within the datagram that this is a fragment of, bytes; 0 for one that is whole. */
    int fragmentOffset() {
        if (isV4) {
            return (word(network + 6) & 0x1fff) * 8;
        }
        return fragmentHeader < 0 ? 0 : word(fragmentHeader + 2) & 0xfff8;
    }

    /** Where the IPv6 fragment header stands; -1 if there is none. */
    int fragmentHeader() {
        return fragmentHeader;
    }

    boolean hasMoreFragments() {
        return isV4 ? (word(network + 6) & 0x2000) != 0 : fragmentHeader >= 0 && (word(fragmentHeader + 2) & 1) != 0;
    }

    boolean isFragment() {
        return isIp() && (fragmentOffset() > 0 || hasMoreFragments());
    }

    /** What the pieces of a datagram have in common. */
    int fragmentId() {
        return isV4 ? word(network + 4) : fragmentHeader < 0 ? 0 : memory.getInt(fragmentHeader + 4, BIG_ENDIAN);
    }

    /** 16 bits at a place that is there. */
    int word(int at) {
        return memory.getShort(at, BIG_ENDIAN) & 0xffff;
    }

    /** Where the ports are, or an ICMP query's identifier: there, and not in another fragment. */
    boolean hasPorts() {
        if (!isIp() || fragmentOffset() > 0) {
            return false;
        }
        return switch (protocol) {
            case Transport.TCP, Transport.UDP, Transport.SCTP -> end - transport >= 4;
            case Transport.ICMP, Transport.ICMPV6 -> end - transport >= ICMP_BYTES && isIcmpQuery();
            default -> false;
        };
    }

    private boolean isIcmp() {
        return protocol == Transport.ICMP || protocol == Transport.ICMPV6;
    }

    int icmpType() {
        return memory.getByte(transport) & 0xff;
    }

    /** Echo and time stamp: queries and their answers. */
    boolean isIcmpQuery() {
        int type = icmpType();
        return isIcmp() && (isV4 ? type == 0 || type == 8 || type >= 13 && type <= 18 : type == 128 || type == 129);
    }

    boolean isIcmpError() {
        if (!isIcmp() || fragmentOffset() > 0 || end - transport < ICMP_BYTES) {
            return false;
        }
        int type = icmpType();
        return isV4 ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12 : type < 128;
    }

    /** Fragment reassembly time exceeded. */
    boolean isReassemblyTimeExceeded() {
        return isIcmpError() && icmpType() == (isV4 ? 11 : 3) && memory.getByte(transport + 1) == 1;
    }

    /** What an ICMP error quotes, if it is an IP packet's beginning. */
    Optional<PacketView> quoted() {
        if (!isIcmpError()) {
            return Optional.empty();
        }
        PacketView inner = new PacketView(memory, transport + ICMP_BYTES, end);
        return inner.isIp() && inner.isV4 == isV4 ? Optional.of(inner) : Optional.empty();
    }

    /** Address and port; an unspecified address if this is no IP packet. */
    IpPort source() {
        int port = !hasPorts() ? 0 : isIcmp() ? word(transport + 4) : word(transport);
        return new IpPort(address(sourceAt()), port);
    }

    IpPort destination() {
        int port = !hasPorts() ? 0 : isIcmp() ? word(transport + 4) : word(transport + 2);
        return new IpPort(address(destinationAt()), port);
    }

    int sourceAt() {
        return network + (isV4 ? 12 : 8);
    }

    int destinationAt() {
        return network + (isV4 ? 16 : 24);
    }

    private IpAddress address(int at) {
        if (!isIp()) {
            return IpAddress.v6(0, 0);
        }
        return isV4
                ? IpAddress.v4(memory.getInt(at, BIG_ENDIAN))
                : IpAddress.v6(memory.getLong(at, BIG_ENDIAN), memory.getLong(at + 8, BIG_ENDIAN));
    }

    /** Where the transport checksum stands; -1 if there is none, or it is not there. */
    int checksumAt() {
        if (!isIp() || fragmentOffset() > 0) {
            return -1;
        }
        int field = switch (protocol) {
            case Transport.TCP -> 16;
            case Transport.UDP -> 6;
            case Transport.ICMP, Transport.ICMPV6 -> 2;
            default -> -1;
        };
        return field >= 0 && transport + field + 2 <= end ? transport + field : -1;
    }

    int ttl() {
        return memory.getByte(network + (isV4 ? 8 : 7)) & 0xff;
    }
}
