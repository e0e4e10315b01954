package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/**
 * Checksums that a sender's kernel left to the network card ({@code CHECKSUM_PARTIAL}): the field holds the sum of the
 * pseudo-header. Captured on the sending machine they look wrong although nothing is.
 */
final class UnfinishedChecksum {
    private UnfinishedChecksum() {}

    /** Marks a packet whose source did not say so but whose field holds just the pseudo-header's sum. */
    static void detect(NativeMemory memory, Packet packet) {
        int field = field(packet);
        if (field < 0 || packet.hasPartialChecksum() || packet.fragment || packet.transportCaptured < field + 2) {
            return;
        }
        int found = memory.getShort(packet.frameOffset + packet.transport + field, BIG_ENDIAN) & 0xffff;
        int pseudo = Checksum.fold(Checksum.pseudoHeader(packet, packet.protocol, packet.transportBytes));
        if (found == pseudo) {
            packet.checksumStart = packet.transport;
            packet.checksumOffset = field;
            packet.ordinary = false;
        }
    }

    /** Finishes a checksum that is open; one of a frame that the snap length cut stays open. */
    static void finish(NativeMemory out, int frame, Packet packet) {
        if (!packet.hasPartialChecksum() || packet.transportCaptured < packet.transportBytes) {
            return;
        }
        int start = packet.checksumStart;
        int length = packet.transport + packet.transportBytes - start;
        int checksum = ~Checksum.fold(Checksum.sum(out, frame + start, length)) & 0xffff;
        if (checksum == 0 && packet.protocol == Transport.UDP) {
            checksum = 0xffff;
        }
        out.putShort(frame + start + packet.checksumOffset, (short) checksum, BIG_ENDIAN);
        packet.checksumStart = -1;
    }

    private static int field(Packet packet) {
        return switch (packet.protocol) {
            case Transport.TCP -> Transport.TCP_CHECKSUM;
            case Transport.UDP -> Transport.UDP_CHECKSUM;
            default -> -1;
        };
    }
}
