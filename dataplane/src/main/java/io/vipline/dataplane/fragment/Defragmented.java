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
     * IPv4: length; {@link #dontFragment} writes the rest. IPv6: length, and the header chain closed over the fragment header, which
     * has been left out.
     *
     * @param network where the IP header begins
     * @param fragmentHeader where the IPv6 fragment header stood; 0 for IPv4
     * @param end where the datagram ends
     * @param protocol what the IPv6 fragment header announced
     */
    static void mend(NativeMemory memory, int network, int fragmentHeader, int end, int protocol) {
        int bytes = end - network;
        if (fragmentHeader != 0) {
            memory.putShort(network + Ipv6.PAYLOAD_LENGTH, (short) (bytes - Ipv6.HEADER_BYTES), BIG_ENDIAN);
            memory.putByte(nextHeaderAt(memory, network, fragmentHeader), (byte) protocol);
            return;
        }
        memory.putShort(network + Ipv4.TOTAL_LENGTH, (short) bytes, BIG_ENDIAN);
    }

    /** Writes the flags of a whole IPv4 datagram, and the checksum of its header. */
    static void dontFragment(NativeMemory memory, int network, boolean isSet) {
        int headerBytes = (memory.getByte(network) & 15) * 4;
        memory.putShort(network + Ipv4.FRAGMENT, (short) (isSet ? Ipv4.DONT_FRAGMENT : 0), BIG_ENDIAN);
        memory.putShort(network + Ipv4.CHECKSUM, (short) 0);
        int checksum = ~Checksum.fold(Checksum.sum(memory, network, headerBytes));
        memory.putShort(network + Ipv4.CHECKSUM, (short) checksum, BIG_ENDIAN);
    }

    /** Gives an IPv4 packet another length. @param frame that it stands in, cut already */
    static void shorten(byte[] frame, int network, int ipBytes) {
        NativeMemory memory = NativeMemory.copyOf(frame);
        int checksum = memory.getShort(network + Ipv4.CHECKSUM, BIG_ENDIAN) & 0xffff;
        int before = memory.getShort(network + Ipv4.TOTAL_LENGTH, BIG_ENDIAN) & 0xffff;
        memory.putShort(network + Ipv4.TOTAL_LENGTH, (short) ipBytes, BIG_ENDIAN);
        int after = Checksum.update(checksum, Checksum.difference16(before, ipBytes));
        memory.putShort(network + Ipv4.CHECKSUM, (short) after, BIG_ENDIAN);
        memory.getBytes(0, frame);
    }

    /** The byte that says that the header at {@code header} follows: in IPv6's own or in the extension before it. */
    static int nextHeaderAt(NativeMemory memory, int network, int header) {
        int at = network + Ipv6.NEXT_HEADER;
        int extension = network + Ipv6.HEADER_BYTES;
        while (extension < header) {
            at = extension;
            extension += ((memory.getByte(extension + 1) & 0xff) + 1) * 8;
        }
        return at;
    }
}
