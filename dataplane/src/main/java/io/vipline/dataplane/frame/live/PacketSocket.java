package io.vipline.dataplane.frame.live;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A raw packet socket on one interface ({@code packet(7)}): receives what arrives there, not what the machine itself
 * sends, and sends batches. {@code PACKET_VNET_HDR} brings along whether a checksum is unfinished and how a super-frame
 * is to be cut. VLAN tags, which the kernel takes out of arriving frames, are put back.
 *
 * <p>The machine's own IP stack sees the same arriving frames: the interface must have no address of its own there for
 * what we answer, or both answer.
 */
public final class PacketSocket implements LiveDevice {
    private static final int LARGEST_FRAME_BYTES = 65_536 + 64;
    /** Room before each frame for a VLAN tag to be put back. */
    private static final int HEADROOM_BYTES = 16;
    /** No power of two: frames of a batch fall into different cache sets. */
    private static final int SLOT_BYTES = HEADROOM_BYTES + LARGEST_FRAME_BYTES;

    private static final int SLAB_BYTES = SLOT_BYTES * FrameBatch.CAPACITY;
    private static final int VLAN_TAG_BYTES = 4;
    private static final int MAC_PAIR_BYTES = 12;
    private static final int SOCKET_BUFFER_BYTES = 8 << 20;
    private static final int SOCKADDR_LL_BYTES = 20;
    private static final int PACKET_MREQ_BYTES = 16;

    private final String name;
    private final int kernelIndex;
    private final long hardwareAddress;
    private final int mtuBytes;
    private final int descriptor;
    private final Arena arena = Arena.ofShared();
    private final SystemCalls receiveCalls = new SystemCalls(arena);
    private final SystemCalls transmitCalls = new SystemCalls(arena);
    private final MemorySegment slab = arena.allocate(SLAB_BYTES, 4096);
    private final MessageVector received = new MessageVector(arena, true);
    private final MessageVector leaving = new MessageVector(arena, false);
    private final MemorySegment statistics = arena.allocate(16, 8);
    private final MemorySegment boundTo = arena.allocate(SOCKADDR_LL_BYTES, 8);
    private final MemorySegment addressLength = arena.allocate(4, 4);
    private final DeviceCounters counters = new DeviceCounters();
    /** Whether the kernel has said ENETDOWN since the last frame came. */
    private boolean down;

    private PacketSocket(String name, boolean promiscuous) {
        this.name = name;
        int type = Linux.SOCK_RAW | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC;
        // protocol 0: nothing is received before the socket is set up and bound
        this.descriptor = SystemCalls.check("socket AF_PACKET", receiveCalls.socket(Linux.AF_PACKET, type, 0));
        try (InterfaceControl control = new InterfaceControl(name)) {
            this.kernelIndex = SystemCalls.check("if_nametoindex " + name, receiveCalls.interfaceIndex(name));
            this.hardwareAddress = control.hardwareAddress();
            this.mtuBytes = control.mtuBytes();
            if (!control.isUp()) {
                throw new SystemCallException("bind " + name, Linux.ENETDOWN);
            }
            configure(promiscuous);
            bind();
        } catch (RuntimeException failure) {
            receiveCalls.close(descriptor);
            arena.close();
            throw failure;
        }
        for (int i = 0; i < FrameBatch.CAPACITY; i++) {
            received.frame(i, slab.address() + (long) i * SLOT_BYTES + HEADROOM_BYTES, LARGEST_FRAME_BYTES);
        }
    }

    /**
     * Opens a socket on an interface of the calling thread's network namespace.
     *
     * @param promiscuous whether frames to other stations are wanted, too
     * @throws SystemCallException without CAP_NET_RAW, or if there is no such interface or it is down
     * @throws IllegalArgumentException if no interface can have such a name
     */
    public static PacketSocket open(String name, boolean promiscuous) {
        InterfaceControl.requireName(name);
        return new PacketSocket(name, promiscuous);
    }

    private void configure(boolean promiscuous) {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment on = scratch.allocateFrom(JAVA_INT, 1);
            option("PACKET_VNET_HDR", Linux.PACKET_VNET_HDR, on);
            option("PACKET_AUXDATA", Linux.PACKET_AUXDATA, on);
            option("PACKET_IGNORE_OUTGOING", Linux.PACKET_IGNORE_OUTGOING, on);
            MemorySegment bytes = scratch.allocateFrom(JAVA_INT, SOCKET_BUFFER_BYTES);
            enlarge(Linux.SO_RCVBUFFORCE, Linux.SO_RCVBUF, bytes);
            enlarge(Linux.SO_SNDBUFFORCE, Linux.SO_SNDBUF, bytes);
            if (promiscuous) {
                MemorySegment membership = scratch.allocate(PACKET_MREQ_BYTES, 8);
                membership.set(JAVA_INT, 0, kernelIndex);
                membership.set(JAVA_SHORT, 4, (short) Linux.PACKET_MR_PROMISC);
                option("PACKET_ADD_MEMBERSHIP", Linux.PACKET_ADD_MEMBERSHIP, membership);
            }
        }
    }

    private void option(String call, int number, MemorySegment value) {
        SystemCalls.check(
                "setsockopt " + call + " " + name, receiveCalls.setOption(descriptor, Linux.SOL_PACKET, number, value));
    }

    /** Past the system's limit if we may (CAP_NET_ADMIN), else up to it. */
    private void enlarge(int forced, int asked, MemorySegment bytes) {
        if (receiveCalls.setOption(descriptor, Linux.SOL_SOCKET, forced, bytes) < 0) {
            receiveCalls.setOption(descriptor, Linux.SOL_SOCKET, asked, bytes);
        }
    }

    private void bind() {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment address = scratch.allocate(SOCKADDR_LL_BYTES, 8);
            address.set(JAVA_SHORT, 0, (short) Linux.AF_PACKET);
            address.set(JAVA_SHORT.withOrder(BIG_ENDIAN), 2, (short) Linux.ETH_P_ALL);
            address.set(JAVA_INT, 4, kernelIndex);
            SystemCalls.check("bind " + name, receiveCalls.bind(descriptor, address.address(), SOCKADDR_LL_BYTES));
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long hardwareAddress() {
        return hardwareAddress;
    }

    @Override
    public int mtuBytes() {
        return mtuBytes;
    }

    @Override
    public int descriptor() {
        return descriptor;
    }

    @Override
    public DeviceCounters counters() {
        return counters;
    }

    @Override
    public int receive(FrameBatch batch, int limit, int interfaceIndex, long nowNs) {
        batch.count = 0;
        batch.memory.wrap(slab.address(), SLAB_BYTES);
        received.prepareToReceive(limit);
        int messages = receiveCalls.receive(descriptor, received.address(0), limit);
        if (messages < 0) {
            receiveFailed(-messages);
            return 0;
        }
        long bytes = 0;
        for (int i = 0; i < messages; i++) {
            int frameBytes = received.length(i) - VirtioNetHeader.BYTES;
            if (frameBytes > LARGEST_FRAME_BYTES) {
                counters.add(DeviceCounter.RECEIVE_TRUNCATED, 1);
            } else {
                bytes += add(batch, i, frameBytes, interfaceIndex, nowNs);
            }
        }
        counters.add(DeviceCounter.RECEIVED, batch.count);
        counters.add(DeviceCounter.RECEIVED_BYTES, bytes);
        return batch.count;
    }

    /** @return bytes of the frame with its tag put back */
    private int add(FrameBatch batch, int message, int receivedBytes, int interfaceIndex, long nowNs) {
        int frameAt = message * SLOT_BYTES + HEADROOM_BYTES;
        int tagBytes = 0;
        int tag = received.vlanTag(message);
        if (tag != 0) {
            tagBytes = VLAN_TAG_BYTES;
            frameAt -= VLAN_TAG_BYTES;
            batch.memory.putBytes(frameAt, batch.memory, frameAt + VLAN_TAG_BYTES, MAC_PAIR_BYTES);
            batch.memory.putInt(frameAt + MAC_PAIR_BYTES, tag, BIG_ENDIAN);
        }
        int slot = batch.count;
        int frameBytes = receivedBytes + tagBytes;
        batch.add(frameAt, frameBytes, frameBytes, nowNs, interfaceIndex, LinkType.ETHERNET);
        VirtioNetHeader.read(received.headers, received.headerAt(message), batch, slot, tagBytes);
        return frameBytes;
    }

    private void receiveFailed(int errno) {
        switch (errno) {
            case Linux.EAGAIN, Linux.EINTR -> throwIfGone();
            case Linux.EINVAL -> counters.add(DeviceCounter.RECEIVE_OFFLOAD_UNKNOWN, 1);
            case Linux.ENETDOWN -> {
                counters.add(DeviceCounter.RECEIVE_INTERFACE_DOWN, 1);
                down = true;
            }
            default -> throw new SystemCallException("recvmmsg " + name, errno);
        }
    }

    /**
     * Once up again the socket goes on by itself; one whose interface is no more never does. The kernel says ENETDOWN for
     * either, once, and takes the binding away only when the interface goes, a little later.
     */
    private void throwIfGone() {
        if (!down) {
            return;
        }
        addressLength.set(JAVA_INT, 0, SOCKADDR_LL_BYTES);
        int result = receiveCalls.socketName(descriptor, boundTo.address(), addressLength.address());
        if (result < 0 || boundTo.get(JAVA_INT, 4) != kernelIndex) {
            throw new SystemCallException("recvmmsg " + name, Linux.ENODEV);
        }
    }

    @Override
    public void transmit(NativeMemory memory, int[] records, int from, int to) {
        int count = to - from;
        for (int i = 0; i < count; i++) {
            int record = records[from + i];
            long address = memory.address() + record + FinishedFrame.HEADER_BYTES;
            leaving.frame(i, address, FinishedFrame.length(memory, record));
            VirtioNetHeader.write(leaving.headers, leaving.headerAt(i), memory, record);
        }
        long bytes = 0;
        int sent = 0;
        int at = 0;
        while (at < count) {
            int result = transmitCalls.send(descriptor, leaving.address(at), count - at);
            if (result > 0) {
                for (int i = at; i < at + result; i++) {
                    bytes += FinishedFrame.length(memory, records[from + i]);
                }
                sent += result;
                at += result;
            } else if (-result == Linux.ENXIO || -result == Linux.ENODEV) {
                throw new SystemCallException("sendmmsg " + name, -result);
            } else if (-result != Linux.EINTR) {
                counters.addSendFailure(-result);
                at++;
            }
        }
        counters.add(DeviceCounter.SENT, sent);
        counters.add(DeviceCounter.SENT_BYTES, bytes);
    }

    @Override
    public void collectDrops() {
        MemorySegment length = statistics.asSlice(8, 4);
        length.set(JAVA_INT, 0, 8);
        int result = receiveCalls.getOption(
                descriptor, Linux.SOL_PACKET, Linux.PACKET_STATISTICS, statistics.address(), length.address());
        if (result == 0) {
            counters.add(DeviceCounter.RECEIVE_OVERFLOW, statistics.get(JAVA_INT, 4) & 0xffff_ffffL);
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            receiveCalls.close(descriptor);
            arena.close();
        }
    }
}
