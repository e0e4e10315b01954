package io.vipline.dataplane.frame.live;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The userspace end of a TAP device ({@code Documentation/networking/tuntap.rst}): what the kernel sends to the interface
 * is received here. The kernel leaves checksums and segmentation to us ({@code TUNSETOFFLOAD}) and says so with each
 * frame; on the way out both may be left to the kernel again.
 */
public final class TapDevice implements LiveDevice {
    private static final String CLONE_DEVICE = "/dev/net/tun";
    /** A super-frame of 64 KiB with link header and tags. */
    private static final int LARGEST_FRAME_BYTES = 65_536 + 64;

    /** Frames follow each other at multiples of this, the virtio header just before. */
    private static final int FRAME_ALIGNMENT = 16;

    private static final int SLAB_BYTES = 1 << 20;
    private static final int IOVEC_BYTES = 16;
    private static final int VALUE_AT = 16;

    private final String name;
    private final long hardwareAddress;
    private final int mtuBytes;
    private final boolean created;
    private final int descriptor;
    private final Arena arena = Arena.ofShared();
    private final SystemCalls receiveCalls = new SystemCalls(arena);
    private final SystemCalls transmitCalls = new SystemCalls(arena);
    private final MemorySegment slab = arena.allocate(SLAB_BYTES, 4096);
    private final MemorySegment vectors = arena.allocate(2 * IOVEC_BYTES, 8);
    private final MemorySegment header = arena.allocate(VirtioNetHeader.BYTES, 8);
    private final NativeMemory headerBuffer = new NativeMemory(header.address(), VirtioNetHeader.BYTES);
    private final DeviceCounters counters = new DeviceCounters();

    private TapDevice(String name) {
        this.name = name;
        this.created = receiveCalls.interfaceIndex(name) < 0;
        int flags = Linux.O_RDWR | Linux.O_NONBLOCK | Linux.O_CLOEXEC;
        this.descriptor = SystemCalls.check("open " + CLONE_DEVICE, receiveCalls.open(CLONE_DEVICE, flags));
        try {
            attach();
            try (InterfaceControl control = new InterfaceControl(name)) {
                if (created) {
                    control.bringUp();
                }
                // the kernel's end has that address; ours is another station on the same link
                this.hardwareAddress = control.hardwareAddress() ^ 1;
                this.mtuBytes = control.mtuBytes();
            }
        } catch (RuntimeException failure) {
            receiveCalls.close(descriptor);
            arena.close();
            throw failure;
        }
        vectors.set(JAVA_LONG, 0, header.address());
        vectors.set(JAVA_LONG, 8, VirtioNetHeader.BYTES);
    }

    /**
     * Attaches to the TAP of that name in the calling thread's network namespace; one that is not there is made, brought
     * up, and goes with this process.
     *
     * @throws SystemCallException without CAP_NET_ADMIN, or if another process is attached
     * @throws IllegalArgumentException if no interface can have such a name
     */
    public static TapDevice open(String name) {
        InterfaceControl.requireName(name);
        return new TapDevice(name);
    }

    private void attach() {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment request = InterfaceControl.request(scratch, name);
            request.set(JAVA_SHORT, VALUE_AT, (short) (Linux.IFF_TAP | Linux.IFF_NO_PI | Linux.IFF_VNET_HDR));
            control("TUNSETIFF", Linux.TUNSETIFF, request.address());
            MemorySegment headerBytes = scratch.allocateFrom(JAVA_INT, VirtioNetHeader.BYTES);
            control("TUNSETVNETHDRSZ", Linux.TUNSETVNETHDRSZ, headerBytes.address());
        }
        int tcp = Linux.TUN_F_CSUM | Linux.TUN_F_TSO4 | Linux.TUN_F_TSO6 | Linux.TUN_F_TSO_ECN;
        int udp = Linux.TUN_F_USO4 | Linux.TUN_F_USO6;
        // kernels before 6.2 know no UDP segmentation here
        if (receiveCalls.ioctl(descriptor, Linux.TUNSETOFFLOAD, tcp | udp) < 0) {
            control("TUNSETOFFLOAD", Linux.TUNSETOFFLOAD, tcp);
        }
    }

    private void control(String call, long number, long argument) {
        SystemCalls.check("ioctl " + call + " " + name, receiveCalls.ioctl(descriptor, number, argument));
    }

    /** Whether the TAP was made by {@link #open} and not found. */
    public boolean isCreated() {
        return created;
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
        int frameAt = FRAME_ALIGNMENT;
        long bytes = 0;
        while (batch.count < limit && frameAt + LARGEST_FRAME_BYTES <= SLAB_BYTES) {
            int headerAt = frameAt - VirtioNetHeader.BYTES;
            int read = receiveCalls.read(
                    descriptor, slab.address() + headerAt, VirtioNetHeader.BYTES + LARGEST_FRAME_BYTES);
            if (read < 0) {
                if (-read != Linux.EAGAIN && -read != Linux.EINTR && batch.count == 0) {
                    throw new SystemCallException("read " + name, -read);
                }
                break;
            }
            int frameBytes = read - VirtioNetHeader.BYTES;
            int slot = batch.count;
            batch.add(frameAt, frameBytes, frameBytes, nowNs, interfaceIndex, LinkType.ETHERNET);
            VirtioNetHeader.read(batch.memory, headerAt, batch, slot, 0);
            bytes += frameBytes;
            frameAt = (frameAt + frameBytes + VirtioNetHeader.BYTES + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
        }
        counters.add(DeviceCounter.RECEIVED, batch.count);
        counters.add(DeviceCounter.RECEIVED_BYTES, bytes);
        return batch.count;
    }

    @Override
    public void transmit(NativeMemory memory, int[] records, int from, int to) {
        int sent = 0;
        long bytes = 0;
        for (int i = from; i < to; i++) {
            int record = records[i];
            int length = FinishedFrame.length(memory, record);
            VirtioNetHeader.write(headerBuffer, 0, memory, record);
            vectors.set(JAVA_LONG, IOVEC_BYTES, memory.address() + record + FinishedFrame.HEADER_BYTES);
            vectors.set(JAVA_LONG, IOVEC_BYTES + 8, length);
            int result = transmitCalls.writev(descriptor, vectors.address(), 2);
            if (result >= 0) {
                sent++;
                bytes += length;
            } else if (-result == Linux.EBADFD) {
                throw new SystemCallException("write " + name, -result);
            } else {
                counters.addSendFailure(-result);
            }
        }
        counters.add(DeviceCounter.SENT, sent);
        counters.add(DeviceCounter.SENT_BYTES, bytes);
    }

    /** Lets go of the TAP; one that {@link #open} made is gone with that. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            receiveCalls.close(descriptor);
            arena.close();
        }
    }
}
