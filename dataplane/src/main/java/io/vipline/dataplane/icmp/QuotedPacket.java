package io.vipline.dataplane.icmp;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;

/**
 * Reads the packet that an ICMP error quotes. Its length fields describe a packet of which only the beginning is there,
 * so they are not judged. Owned by one thread.
 */
public final class QuotedPacket {
    /** The quoted packet as it stands in the error: places relative to the frame's start. */
    public final Packet packet = new Packet();
    /** A packet with the tuple reversed: one that its connection would have going the error's way. */
    public final Packet reversed = new Packet();

    /**
     * @param error a decoded ICMP error
     * @return whether enough is quoted to tell the connection
     */
    public boolean decode(NativeMemory memory, Packet error) {
        packet.frameOffset = error.frameOffset;
        packet.captured = error.captured;
        packet.family = error.family;
        packet.network = error.transport + Transport.ICMP_BYTES;
        packet.checksumStart = -1;
        packet.fragment = false;
        int available = Math.min(error.captured, error.network + error.ipBytes) - packet.network;
        boolean enough = error.family == Packet.IPV4 ? ipv4(memory, available) : ipv6(memory, available);
        if (enough) {
            reversed.reverseOf(packet);
        }
        return enough;
    }

    /** Whether enough is quoted for NAT, which writes to the first 8 bytes of what has ports. */
    public boolean isTranslatable() {
        return switch (packet.protocol) {
            case Transport.TCP, Transport.UDP, Transport.SCTP -> packet.transportCaptured >= Transport.UDP_BYTES;
            default -> true;
        };
    }

    private boolean ipv4(NativeMemory memory, int available) {
        int at = packet.frameOffset + packet.network;
        if (available < Ipv4.MIN_HEADER_BYTES) {
            return false;
        }
        int headerBytes = (memory.getByte(at) & 15) * 4;
        if (headerBytes < Ipv4.MIN_HEADER_BYTES || memory.getByte(at) >>> 4 != 4) {
            return false;
        }
        packet.protocol = memory.getByte(at + Ipv4.PROTOCOL) & 0xff;
        packet.sourceHigh = 0;
        packet.sourceLow = IpAddress.V4_PREFIX | memory.getInt(at + Ipv4.SOURCE, BIG_ENDIAN) & 0xffff_ffffL;
        packet.destinationHigh = 0;
        packet.destinationLow = IpAddress.V4_PREFIX | memory.getInt(at + Ipv4.DESTINATION, BIG_ENDIAN) & 0xffff_ffffL;
        int fragment = memory.getShort(at + Ipv4.FRAGMENT, BIG_ENDIAN);
        if ((fragment & Ipv4.FRAGMENT_OFFSET_MASK) != 0) {
            return false;
        }
        return transport(memory, headerBytes, available);
    }

    private boolean ipv6(NativeMemory memory, int available) {
        int at = packet.frameOffset + packet.network;
        if (available < Ipv6.HEADER_BYTES || (memory.getByte(at) >>> 4 & 15) != 6) {
            return false;
        }
        packet.protocol = memory.getByte(at + Ipv6.NEXT_HEADER) & 0xff;
        packet.sourceHigh = memory.getLong(at + Ipv6.SOURCE, BIG_ENDIAN);
        packet.sourceLow = memory.getLong(at + Ipv6.SOURCE + 8, BIG_ENDIAN);
        packet.destinationHigh = memory.getLong(at + Ipv6.DESTINATION, BIG_ENDIAN);
        packet.destinationLow = memory.getLong(at + Ipv6.DESTINATION + 8, BIG_ENDIAN);
        int offset = Ipv6.HEADER_BYTES;
        while (packet.protocol == Ipv6.HOP_BY_HOP
                || packet.protocol == Ipv6.ROUTING
                || packet.protocol == Ipv6.DESTINATION_OPTIONS
                || packet.protocol == Ipv6.FRAGMENT_HEADER) {
            if (offset + 8 > available) {
                return false;
            }
            boolean fragment = packet.protocol == Ipv6.FRAGMENT_HEADER;
            if (fragment && (memory.getShort(at + offset + 2, BIG_ENDIAN) & 0xfff8) != 0) {
                return false;
            }
            packet.protocol = memory.getByte(at + offset) & 0xff;
            offset += fragment ? 8 : ((memory.getByte(at + offset + 1) & 0xff) + 1) * 8;
        }
        return transport(memory, offset, available);
    }

    private boolean transport(NativeMemory memory, int headerBytes, int available) {
        packet.transport = packet.network + headerBytes;
        packet.transportCaptured = available - headerBytes;
        packet.transportBytes = packet.transportCaptured;
        packet.sourcePort = 0;
        packet.destinationPort = 0;
        int at = packet.frameOffset + packet.transport;
        switch (packet.protocol) {
            case Transport.TCP, Transport.UDP, Transport.SCTP -> {
                // nf_ct_get_tuple() reads no more than the ports
                if (packet.transportCaptured < 4) {
                    return false;
                }
                packet.sourcePort = memory.getShort(at, BIG_ENDIAN) & 0xffff;
                packet.destinationPort = memory.getShort(at + 2, BIG_ENDIAN) & 0xffff;
            }
            case Transport.ICMP, Transport.ICMPV6 -> {
                if (packet.transportCaptured < 8) {
                    return false;
                }
                packet.sourcePort = memory.getShort(at + 4, BIG_ENDIAN) & 0xffff;
                packet.destinationPort = packet.sourcePort;
            }
            default -> {}
        }
        return packet.transportCaptured >= 0;
    }
}
