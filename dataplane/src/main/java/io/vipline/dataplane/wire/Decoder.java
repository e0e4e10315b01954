package io.vipline.dataplane.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;

/**
 * Finds the headers of a frame: link layer, network layer, transport. Never reads past the captured bytes. Lengths are
 * checked here once; after {@link Packet#problem} is null, everything that {@link Packet} points to is there.
 *
 * <p>What is dropped here is what {@code ip_rcv_core} and {@code ip6_rcv_core} drop; what conntrack would call INVALID is
 * only marked, for the rules decide on that.
 */
public final class Decoder {
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int UNKNOWN = -1;
    private static final int TRUNCATED = -2;

    private Decoder() {}

    /** Decodes frame {@code slot} of the batch. */
    public static void decode(FrameBatch batch, int slot, Packet packet) {
        packet.slot = slot;
        if (packet.memory != batch.memory) {
            packet.memory = batch.memory;
        }
        packet.frameOffset = batch.offset(slot);
        packet.captured = batch.captured(slot);
        packet.original = Math.max(batch.original(slot), packet.captured);
        packet.ethernet = batch.linkType(slot) == LinkType.ETHERNET;
        packet.checksumStart = batch.checksumStart(slot);
        packet.checksumOffset = batch.checksumOffset(slot);
        if (!packet.ordinary) {
            packet.forget();
        }
        packet.ordinary = packet.ethernet && packet.checksumStart == -1 && OrdinaryPacket.decode(batch.memory, packet);
        if (packet.ordinary) {
            return;
        }
        packet.family = Packet.NOT_IP;
        int etherType = link(batch.memory, batch.linkType(slot), packet);
        if (etherType == ETHERTYPE_IPV4) {
            Ipv4.decode(batch.memory, packet);
        } else if (etherType == ETHERTYPE_IPV6) {
            Ipv6.decode(batch.memory, packet);
        } else {
            packet.problem = etherType == TRUNCATED ? DropReason.LINK_HEADER_TRUNCATED : null;
            packet.protocol = -1;
        }
        if (packet.family != Packet.NOT_IP && packet.problem == null) {
            if (packet.checksumStart == FrameBatch.CHECKSUM_AT_TRANSPORT) {
                packet.checksumStart = packet.transport;
            }
            Transport.decode(batch.memory, packet);
            packet.hash = FlowHash.of(packet);
        }
    }

    /** @return the network layer's EtherType, {@link #UNKNOWN} or {@link #TRUNCATED}; sets {@link Packet#network} */
    private static int link(NativeMemory memory, LinkType type, Packet packet) {
        return switch (type) {
            case ETHERNET -> ethernet(memory, packet, 14);
            case LINUX_SLL -> cooked(memory, packet, 16, 14);
            case LINUX_SLL2 -> cooked(memory, packet, 20, 0);
            case RAW_IP, RAW_IPV4, RAW_IPV6 -> raw(memory, packet, 0);
            case BSD_LOOPBACK, OPENBSD_LOOPBACK -> raw(memory, packet, 4);
            case OTHER -> UNKNOWN;
        };
    }

    private static int ethernet(NativeMemory memory, Packet packet, int headerBytes) {
        if (packet.captured < headerBytes) {
            return TRUNCATED;
        }
        int etherType = memory.getShort(packet.frameOffset + headerBytes - 2, BIG_ENDIAN) & 0xffff;
        return behindTags(memory, packet, headerBytes, etherType);
    }

    /** IEEE 802.1Q and 802.1ad tags stand between the addresses and the EtherType, four bytes each. */
    private static int behindTags(NativeMemory memory, Packet packet, int offset, int etherType) {
        int at = offset;
        int type = etherType;
        while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
            at += 4;
            if (packet.captured < at) {
                return TRUNCATED;
            }
            type = memory.getShort(packet.frameOffset + at - 2, BIG_ENDIAN) & 0xffff;
        }
        packet.network = at;
        return type;
    }

    private static int cooked(NativeMemory memory, Packet packet, int headerBytes, int typeAt) {
        if (packet.captured < headerBytes) {
            return TRUNCATED;
        }
        int type = memory.getShort(packet.frameOffset + typeAt, BIG_ENDIAN) & 0xffff;
        return behindTags(memory, packet, headerBytes, type);
    }

    /** The version nibble tells: a loopback header's family numbers differ from system to system. */
    private static int raw(NativeMemory memory, Packet packet, int headerBytes) {
        if (packet.captured <= headerBytes) {
            return TRUNCATED;
        }
        packet.network = headerBytes;
        int version = memory.getByte(packet.frameOffset + headerBytes) >>> 4 & 15;
        return version == 4 ? ETHERTYPE_IPV4 : version == 6 ? ETHERTYPE_IPV6 : UNKNOWN;
    }
}
