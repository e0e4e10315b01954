package io.vipline.dataplane.frame.live;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The arrays that {@code recvmmsg} and {@code sendmmsg} work on, wired together once: for each of {@link
 * FrameBatch#CAPACITY} messages an mmsghdr, two iovecs (virtio header, frame), the virtio header itself and, for
 * receiving, room for the control message that carries {@code struct tpacket_auxdata}.
 *
 * <pre>
 *  mmsghdr: name 0 | namelen 8 | iov 16 | iovlen 24 | control 32 | controllen 40 | flags 48 | len 56     64 bytes
 *  cmsghdr: len 0 | level 8 | type 12 | tpacket_auxdata at 16                                            40 bytes
 *  tpacket_auxdata: status 0 | len 4 | snaplen 8 | mac 12 | net 14 | vlan_tci 16 | vlan_tpid 18
 * </pre>
 */
final class MessageVector {
    private static final int MESSAGE_BYTES = 64;
    private static final int MESSAGE_IOV = 16;
    private static final int MESSAGE_IOV_COUNT = 24;
    private static final int MESSAGE_CONTROL = 32;
    private static final int MESSAGE_CONTROL_LENGTH = 40;
    private static final int MESSAGE_LENGTH = 56;
    private static final int IOVEC_BYTES = 16;
    private static final int HEADER_STRIDE = 16;
    private static final int CONTROL_BYTES = 40;
    private static final int CONTROL_LEVEL = 8;
    private static final int CONTROL_TYPE = 12;
    private static final int AUXDATA_STATUS = 16;
    private static final int AUXDATA_VLAN_TCI = 32;
    private static final int AUXDATA_VLAN_TPID = 34;

    private final MemorySegment messages;
    private final MemorySegment vectors;
    private final MemorySegment controls;
    /** Header {@code i} begins at {@link #headerAt}. */
    final NativeMemory headers;

    MessageVector(Arena arena, boolean withControl) {
        int count = FrameBatch.CAPACITY;
        messages = arena.allocate((long) count * MESSAGE_BYTES, 64);
        vectors = arena.allocate((long) count * 2 * IOVEC_BYTES, 64);
        controls = arena.allocate((long) count * CONTROL_BYTES, 64);
        MemorySegment headerSegment = arena.allocate((long) count * HEADER_STRIDE, 64);
        headers = new NativeMemory(headerSegment.address(), count * HEADER_STRIDE);
        for (int i = 0; i < count; i++) {
            long message = (long) i * MESSAGE_BYTES;
            long vector = (long) i * 2 * IOVEC_BYTES;
            messages.set(JAVA_LONG, message + MESSAGE_IOV, vectors.address() + vector);
            messages.set(JAVA_LONG, message + MESSAGE_IOV_COUNT, 2);
            if (withControl) {
                messages.set(JAVA_LONG, message + MESSAGE_CONTROL, controls.address() + (long) i * CONTROL_BYTES);
            }
            vectors.set(JAVA_LONG, vector, headerSegment.address() + (long) i * HEADER_STRIDE);
            vectors.set(JAVA_LONG, vector + 8, VirtioNetHeader.BYTES);
        }
    }

    /** Address of message {@code i}, to pass to the kernel. */
    long address(int i) {
        return messages.address() + (long) i * MESSAGE_BYTES;
    }

    int headerAt(int i) {
        return i * HEADER_STRIDE;
    }

    void frame(int i, long address, int bytes) {
        long vector = (2L * i + 1) * IOVEC_BYTES;
        vectors.set(JAVA_LONG, vector, address);
        vectors.set(JAVA_LONG, vector + 8, bytes);
    }

    /** Makes the first {@code count} messages ready to receive: the kernel shortens the control length as it answers. */
    void prepareToReceive(int count) {
        for (int i = 0; i < count; i++) {
            messages.set(JAVA_LONG, (long) i * MESSAGE_BYTES + MESSAGE_CONTROL_LENGTH, CONTROL_BYTES);
        }
    }

    /** Bytes of message {@code i}, virtio header included; more than was room for if it was cut. */
    int length(int i) {
        return messages.get(JAVA_INT, (long) i * MESSAGE_BYTES + MESSAGE_LENGTH);
    }

    private boolean hasAuxdata(int i) {
        long control = (long) i * CONTROL_BYTES;
        return messages.get(JAVA_LONG, (long) i * MESSAGE_BYTES + MESSAGE_CONTROL_LENGTH) > 0
                && controls.get(JAVA_INT, control + CONTROL_LEVEL) == Linux.SOL_PACKET
                && controls.get(JAVA_INT, control + CONTROL_TYPE) == Linux.PACKET_AUXDATA;
    }

    /** The VLAN tag that the kernel took out of the frame, as it stood there: TPID, then TCI; 0 if there was none. */
    int vlanTag(int i) {
        long control = (long) i * CONTROL_BYTES;
        if (!hasAuxdata(i)) {
            return 0;
        }
        int status = controls.get(JAVA_INT, control + AUXDATA_STATUS);
        if ((status & Linux.TP_STATUS_VLAN_VALID) == 0) {
            return 0;
        }
        int tagProtocol = (status & Linux.TP_STATUS_VLAN_TPID_VALID) == 0
                ? Linux.ETH_P_8021Q
                : controls.get(JAVA_SHORT, control + AUXDATA_VLAN_TPID) & 0xffff;
        return tagProtocol << 16 | controls.get(JAVA_SHORT, control + AUXDATA_VLAN_TCI) & 0xffff;
    }
}
