package io.vipline.dataplane.fragment;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;

/** Makes the header of a first fragment that of the whole datagram. */
final class Defragmented {
    private Defragmented() {}

    /**
     * IPv4: length, no fragment bits, checksum. IPv6: length, and a fragment header that says the packet is whole (RFC
     * 6946), which keeps everything behind it in place.
     *
     * @param network where the IP header begins
     * @param fragmentHeader where the IPv6 fragment header begins; 0 for IPv4
     * @param end where the datagram ends
     */
    static void mend(NativeMemory memory, int network, int fragmentHeader, int end) {
        int bytes = end - network;
        if (fragmentHeader != 0) {
            memory.putShort(network + Ipv6.PAYLOAD_LENGTH, (short) (bytes - Ipv6.HEADER_BYTES), BIG_ENDIAN);
            memory.putShort(fragmentHeader + 2, (short) 0);
            return;
        }
        int headerBytes = (memory.getByte(network) & 15) * 4;
        int fragment = memory.getShort(network + Ipv4.FRAGMENT, BIG_ENDIAN) & Ipv4.DONT_FRAGMENT;
        memory.putShort(network + Ipv4.TOTAL_LENGTH, (short) bytes, BIG_ENDIAN);
        memory.putShort(network + Ipv4.FRAGMENT, (short) fragment, BIG_ENDIAN);
        memory.putShort(network + Ipv4.CHECKSUM, (short) 0);
        int checksum = ~Checksum.fold(Checksum.sum(memory, network, headerBytes));
        memory.putShort(network + Ipv4.CHECKSUM, (short) checksum, BIG_ENDIAN);
    }
}
