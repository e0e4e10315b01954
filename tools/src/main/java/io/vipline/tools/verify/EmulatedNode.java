package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.route.Router;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Ethernet;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.TableRef;
import io.vipline.tools.verify.Verification.Fault;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Vipline's node: a pipeline fed packet by packet. Used by one thread. */
final class EmulatedNode implements AutoCloseable {
    private static final int LONGEST_PACKET = 1 << 17;
    /** Of those that could be made wrong on purpose, one in so many is. */
    private static final int PACKETS_A_FAULT = 100;

    private static final byte[] NO_TAGS = {};

    private final NodeLayout layout;
    private final Fault fault;
    private final Arena arena = Arena.ofShared();
    private final NativeMemory memory =
            new NativeMemory(arena.allocate(LONGEST_PACKET, 64).address(), LONGEST_PACKET);
    private final FrameBatch batch = new FrameBatch();
    private final MemorySink area = new MemorySink();
    private final Counters counters;
    private final long[] droppedBefore = new long[DropReason.values().length];
    private final Pipeline pipeline;
    private final List<Departure> departures = new ArrayList<>();
    private final List<Boolean> generated = new ArrayList<>();
    private final List<Departure> late = new ArrayList<>();
    private byte[] tags = NO_TAGS;
    private long mangleable;

    EmulatedNode(Table table, NodeLayout layout, PipelineConfig config, Fault fault) {
        this.layout = layout;
        this.fault = fault;
        counters = new Counters(table);
        pipeline = new Pipeline(new TableRef(table), config, new Recorder(), counters, new TwoLinks());
    }

    /** What a pipeline does beside the rules: judges checksums, as the kernel does. */
    static PipelineConfig config(NodeLayout layout, Sysctls sysctls, long seed) {
        NodeAddresses addresses = new NodeAddresses(layout.nodeIp(IpFamily.IPV4), layout.nodeIp(IpFamily.IPV6));
        return PipelineConfig.of(CapturePoint.NODE, ChecksumMode.VERIFY, sysctls, addresses, seed);
    }

    /** {@link #pass(Arrival, byte[], long)} in a frame without tags. */
    List<Departure> pass(Arrival arrival, long nowNs) {
        return pass(arrival, NO_TAGS, nowNs);
    }

    /**
     * Takes a packet through.
     *
     * @param vlanTags what its frame is tagged with, and what leaves must be too
     * @return what left because of it, the tags taken off; {@link #isGenerated} tells more about each
     */
    List<Departure> pass(Arrival arrival, byte[] vlanTags, long nowNs) {
        tags = vlanTags;
        departures.clear();
        generated.clear();
        System.arraycopy(counters.dropped, 0, droppedBefore, 0, droppedBefore.length);
        int length = Ethernet.HEADER_BYTES + tags.length + arrival.packet().length;
        int type = arrival.isV4() ? Ethernet.TYPE_IPV4 : Ethernet.TYPE_IPV6;
        memory.putBytes(Ethernet.TYPE, tags);
        memory.putShort(Ethernet.TYPE + tags.length, (short) type, BIG_ENDIAN);
        memory.putBytes(Ethernet.HEADER_BYTES + tags.length, arrival.packet());
        batch.count = 0;
        batch.memory.wrap(memory.address(), length);
        batch.add(0, length, length, nowNs, arrival.side().ordinal(), LinkType.ETHERNET);
        pipeline.process(batch);
        return List.copyOf(departures);
    }

    /** Answers to fragments whose rest did not come: they leave when another fragment comes. */
    List<Departure> late() {
        return late;
    }

    /** The connections at a time, as conntrack(8) lists them. */
    List<String> connections(long nowNs) {
        return pipeline.connections(nowNs);
    }

    /** Whether the packet that left as number {@code index} was made by the node. */
    boolean isGenerated(int index) {
        return generated.get(index);
    }

    @Override
    public void close() {
        pipeline.close();
        area.close();
        arena.close();
    }

    /** Keeps a copy of each record that is committed. */
    private final class Recorder implements FrameSink {
        @Override
        public int claim(int frameBytes) {
            return area.claim(frameBytes);
        }

        @Override
        public NativeMemory memory() {
            return area.memory();
        }

        @Override
        public void commit() {
            int record = area.last();
            byte[] frame = new byte[FinishedFrame.length(area.memory(), record)];
            area.memory().getBytes(record + FinishedFrame.HEADER_BYTES, frame);
            Side side = Side.values()[area.memory().getInt(record + FinishedFrame.INTERFACE)];
            boolean isGenerated =
                    area.memory().getInt(record + FinishedFrame.DISPOSITION) == Disposition.GENERATED.ordinal();
            byte[] behindTags = Arrays.copyOfRange(frame, CaptureFrames.behindTags(frame), frame.length);
            if (isGenerated && new PacketView(behindTags).isReassemblyTimeExceeded()) {
                late.add(new Departure(side, behindTags));
            } else {
                byte[] packet = untagged(frame);
                mangle(packet);
                departures.add(new Departure(side, packet));
                generated.add(isGenerated);
            }
            area.commit();
        }

        @Override
        public void abort() {
            area.abort();
        }
    }

    /** The packet; a frame that has lost its tags, or has others, comes as it is, and as no packet that the kernel sends. */
    private byte[] untagged(byte[] frame) {
        int network = Ethernet.HEADER_BYTES + tags.length;
        boolean isTagged = frame.length >= network
                && Arrays.equals(frame, Ethernet.TYPE, Ethernet.TYPE + tags.length, tags, 0, tags.length);
        return isTagged ? Arrays.copyOfRange(frame, network, frame.length) : frame;
    }

    /** Does wrong on purpose, one time in so many. */
    private void mangle(byte[] packet) {
        PacketView view = new PacketView(packet);
        boolean isTurn = fault != Fault.NONE && view.hasPorts() && ++mangleable % PACKETS_A_FAULT == 0;
        if (isTurn && fault == Fault.CHECKSUM && view.checksumAt() >= 0) {
            packet[view.checksumAt()] ^= 1;
        } else if (isTurn && fault == Fault.PORT) {
            packet[view.transport() + 3] ^= 1;
        }
    }

    /** Knows by which link a packet arrives and leaves, and which ones end here. */
    private final class TwoLinks implements Router {
        @Override
        public boolean arrive(FrameBatch frames, Packet packet) {
            packet.inInterface = layout.interfaceOf(Side.values()[frames.interfaceIndex(packet.slot)]);
            return true;
        }

        @Override
        public boolean seesOwn() {
            return false;
        }

        @Override
        public int linkTo(long high, long low) {
            return layout.sideOf(new IpAddress(high, low)).ordinal();
        }

        @Override
        public int mtuBytes(long high, long low) {
            return layout.mtuBytes();
        }

        @Override
        public int leastMtuBytes() {
            return layout.mtuBytes();
        }

        /** To a group or to all, which is not routed. */
        private static boolean isToGroup(IpAddress destination) {
            return destination.isV4()
                    ? destination.v4() >>> 28 == 0xe || destination.v4() == -1
                    : destination.high() >>> 56 == 0xff;
        }

        @Override
        public Way leave(NativeMemory out, int record, Packet packet) {
            IpAddress destination =
                    destination(out, record + FinishedFrame.HEADER_BYTES + packet.network, packet.family);
            boolean isOwn = out.getInt(record + FinishedFrame.DISPOSITION) == Disposition.GENERATED.ordinal();
            if (layout.isLocal(destination)) {
                if (!isOwn) {
                    counters.consume(ConsumedReason.LOCAL);
                }
                return Way.ENDED;
            }
            if (isToGroup(destination)) {
                counters.drop(DropReason.MULTICAST);
                return Way.ENDED;
            }
            out.putInt(
                    record + FinishedFrame.INTERFACE, layout.sideOf(destination).ordinal());
            return Way.SEND;
        }

        private static IpAddress destination(NativeMemory out, int at, int family) {
            if (family == Packet.IPV6) {
                return new IpAddress(
                        out.getLong(at + Ipv6.DESTINATION, BIG_ENDIAN),
                        out.getLong(at + Ipv6.DESTINATION + 8, BIG_ENDIAN));
            }
            return IpAddress.v4(out.getInt(at + Ipv4.DESTINATION, BIG_ENDIAN));
        }
    }

    /** What the counters say of the packet that went through last, where it was dropped or refused. */
    String saidOfLast() {
        StringBuilder said = new StringBuilder();
        for (DropReason reason : DropReason.values()) {
            if (counters.dropped[reason.ordinal()] > droppedBefore[reason.ordinal()]) {
                said.append(reason).append(' ');
            }
        }
        return said.toString().strip();
    }
}
