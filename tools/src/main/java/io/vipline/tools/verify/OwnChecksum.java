package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;

/** Puts a header's checksum right after the header was made wrong otherwise. */
final class OwnChecksum {
    private OwnChecksum() {}

    /** @return the packet itself; untouched if its header is not there as a whole, or is IPv6's */
    static byte[] mendV4Header(byte[] packet) {
        int headerBytes = packet.length == 0 ? 0 : (packet[0] & 15) * 4;
        if (packet.length >= headerBytes && headerBytes >= 20 && packet[0] >> 4 == 4) {
            NativeMemory view = NativeMemory.copyOf(packet);
            view.putShort(10, (short) 0);
            view.putShort(10, (short) ~Checksum.fold(Checksum.sum(view, 0, headerBytes)), BIG_ENDIAN);
            view.getBytes(0, packet);
        }
        return packet;
    }
}
