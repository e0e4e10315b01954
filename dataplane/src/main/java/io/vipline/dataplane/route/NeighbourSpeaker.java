package io.vipline.dataplane.route;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.InterfaceTable.InterfaceAddress;
import io.vipline.dataplane.route.NeighbourMessages.Ends;
import io.vipline.dataplane.route.NeighbourTable.Station;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Ethernet;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import java.nio.ByteOrder;

/**
 * Speaks ARP and neighbour discovery: answers for the node's own addresses, learns from what it hears ({@code
 * arp_process}, {@code ndisc_recv_ns}, {@code ndisc_recv_na}), asks what the table wants asked.
 */
final class NeighbourSpeaker implements NeighbourEvents {
    private final InterfaceTable interfaces;
    private final NeighbourTable neighbours;
    private final FrameSink sink;
    private final Counters counters;
    private long nowNs;

    NeighbourSpeaker(InterfaceTable interfaces, NeighbourTable neighbours, FrameSink sink, Counters counters) {
        this.interfaces = interfaces;
        this.neighbours = neighbours;
        this.sink = sink;
        this.counters = counters;
    }

    // ---- what is heard

    /** Handles an ARP frame; a malformed one is passed over. */
    void arp(NativeMemory memory, Packet packet, int index, long atNs) {
        nowNs = atNs;
        int arp = packet.frameOffset + Ethernet.HEADER_BYTES;
        if (packet.captured < NeighbourMessages.ARP_FRAME_BYTES
                || memory.getLong(arp, BIG_ENDIAN) >>> 16 != NeighbourMessages.ARP_ETHERNET_IPV4) {
            return;
        }
        int operation = memory.getShort(arp + NeighbourMessages.ARP_OPERATION, BIG_ENDIAN);
        long hardware = Ethernet.address(memory, arp + NeighbourMessages.ARP_SENDER_HARDWARE);
        IpAddress sender = IpAddress.v4(memory.getInt(arp + NeighbourMessages.ARP_SENDER, BIG_ENDIAN));
        IpAddress target = IpAddress.v4(memory.getInt(arp + NeighbourMessages.ARP_TARGET, BIG_ENDIAN));
        boolean isForUs = interfaces.isOwn(index, target.high(), target.low());
        if (sender.v4() != 0 && !Ethernet.isGroup(hardware) && !interfaces.isOwn(sender.high(), sender.low())) {
            neighbours.confirm(station(index, sender), hardware, isForUs, nowNs, this);
        }
        if (operation == NeighbourMessages.ARP_REQUEST && isForUs) {
            Ends ends = new Ends(interfaces.get(index).hardwareAddress(), target, hardware, sender);
            emit(
                    index,
                    NeighbourMessages.ARP_FRAME_BYTES,
                    (out, at) -> NeighbourMessages.arp(out, at, NeighbourMessages.ARP_REPLY, ends, false));
        }
    }

    /** Whether an ICMPv6 packet is of neighbour discovery: types 133 to 137. */
    boolean isDiscovery(NativeMemory memory, Packet packet) {
        int type = memory.getByte(packet.frameOffset + packet.transport) & 0xff;
        return packet.protocol == Transport.ICMPV6 && type >= 133 && type <= 137;
    }

    /** Handles a neighbour discovery packet; those that RFC 4861 7.1 calls invalid are passed over. */
    void discovery(NativeMemory memory, Packet packet, int index, long atNs) {
        nowNs = atNs;
        int message = packet.frameOffset + packet.transport;
        int type = memory.getByte(message) & 0xff;
        boolean isComplete = packet.transportCaptured >= packet.transportBytes
                && packet.transportBytes >= NeighbourMessages.ND_OPTIONS;
        if (!isComplete || packet.ttl != 255 || !isChecksumRight(memory, packet)) {
            return;
        }
        long high = memory.getLong(message + NeighbourMessages.ND_TARGET, BIG_ENDIAN);
        long low = memory.getLong(message + NeighbourMessages.ND_TARGET + 8, BIG_ENDIAN);
        if (type == NeighbourMessages.ND_SOLICITATION && interfaces.isOwn(index, high, low)) {
            solicited(memory, packet, index, new IpAddress(high, low));
        } else if (type == NeighbourMessages.ND_ADVERTISEMENT && !interfaces.isOwn(high, low)) {
            long hardware = option(memory, packet, NeighbourMessages.OPTION_TARGET);
            if (hardware == NeighbourTable.UNRESOLVED) {
                hardware = Ethernet.address(memory, packet.frameOffset + Ethernet.SOURCE);
            }
            neighbours.confirm(new Station(index, high, low), hardware, false, nowNs, this);
        }
    }

    private static boolean isChecksumRight(NativeMemory memory, Packet packet) {
        if (packet.hasPartialChecksum()) {
            return true;
        }
        long sum = Checksum.pseudoHeader(packet, Transport.ICMPV6, packet.transportBytes)
                + Checksum.sum(memory, packet.frameOffset + packet.transport, packet.transportBytes);
        return Checksum.fold(sum) == 0xffff;
    }

    private void solicited(NativeMemory memory, Packet packet, int index, IpAddress target) {
        IpAddress asker = new IpAddress(packet.sourceHigh, packet.sourceLow);
        boolean isUnspecified = packet.sourceHigh == 0 && packet.sourceLow == 0;
        long hardware = option(memory, packet, NeighbourMessages.OPTION_SOURCE);
        if (hardware == NeighbourTable.UNRESOLVED) {
            hardware = Ethernet.address(memory, packet.frameOffset + Ethernet.SOURCE);
        }
        if (!isUnspecified) {
            neighbours.confirm(station(index, asker), hardware, true, nowNs, this);
        }
        Ends ends = new Ends(interfaces.get(index).hardwareAddress(), target, hardware, asker);
        emit(
                index,
                NeighbourMessages.ND_FRAME_BYTES,
                (out, at) -> NeighbourMessages.advertisement(out, at, ends, isUnspecified));
    }

    /** The link-layer address in an option; {@link NeighbourTable#UNRESOLVED} if there is none such. */
    private static long option(NativeMemory memory, Packet packet, int wanted) {
        int at = packet.frameOffset + packet.transport + NeighbourMessages.ND_OPTIONS;
        int end = packet.frameOffset + packet.transport + packet.transportBytes;
        while (at + 8 <= end) {
            int length = (memory.getByte(at + 1) & 0xff) * 8;
            if (length == 0) {
                break;
            }
            if (memory.getByte(at) == wanted && at + length <= end) {
                return Ethernet.address(memory, at + 2);
            }
            at += length;
        }
        return NeighbourTable.UNRESOLVED;
    }

    private static Station station(int index, IpAddress address) {
        return new Station(index, address.high(), address.low());
    }

    // ---- what is said

    void announce() {
        for (int i = 0; i < interfaces.size(); i++) {
            long own = interfaces.get(i).hardwareAddress();
            for (InterfaceAddress address : interfaces.get(i).addresses()) {
                Ends ends = new Ends(own, address.address(), Ethernet.BROADCAST, address.address());
                if (address.address().isV4()) {
                    emit(
                            i,
                            NeighbourMessages.ARP_FRAME_BYTES,
                            (out, at) -> NeighbourMessages.arp(out, at, NeighbourMessages.ARP_REQUEST, ends, true));
                } else {
                    emit(
                            i,
                            NeighbourMessages.ND_FRAME_BYTES,
                            (out, at) -> NeighbourMessages.advertisement(out, at, ends, true));
                }
            }
        }
    }

    @Override
    public void solicit(int interfaceIndex, long high, long low, long hardwareAddress) {
        IpAddress target = new IpAddress(high, low);
        IpAddress own = interfaces.sourceFor(interfaceIndex, target).orElse(null);
        if (own == null) {
            return;
        }
        boolean toAll = hardwareAddress == NeighbourTable.UNRESOLVED;
        Ends ends = new Ends(interfaces.get(interfaceIndex).hardwareAddress(), own, hardwareAddress, target);
        if (target.isV4()) {
            emit(
                    interfaceIndex,
                    NeighbourMessages.ARP_FRAME_BYTES,
                    (out, at) -> NeighbourMessages.arp(out, at, NeighbourMessages.ARP_REQUEST, ends, toAll));
        } else {
            emit(
                    interfaceIndex,
                    NeighbourMessages.ND_FRAME_BYTES,
                    (out, at) -> NeighbourMessages.solicitation(out, at, ends, toAll));
        }
    }

    private interface Message {
        void write(NativeMemory out, int at);
    }

    private void emit(int index, int frameBytes, Message message) {
        int record = sink.claim(frameBytes);
        if (record == FrameSink.FULL) {
            return;
        }
        NativeMemory out = sink.memory();
        out.setMemory(record, FinishedFrame.HEADER_BYTES, (byte) 0);
        out.putLong(record + FinishedFrame.NUMBER, -1);
        out.putLong(record + FinishedFrame.TIME_NS, nowNs);
        out.putInt(record + FinishedFrame.LENGTH, frameBytes);
        out.putInt(record + FinishedFrame.ORIGINAL_LENGTH, frameBytes);
        out.putInt(record + FinishedFrame.INTERFACE, index);
        out.putInt(record + FinishedFrame.LINK_TYPE, LinkType.ETHERNET.ordinal());
        out.putInt(record + FinishedFrame.CHECKSUM_START, -1);
        out.putInt(record + FinishedFrame.DISPOSITION, Disposition.GENERATED.ordinal());
        out.putInt(record + FinishedFrame.ENDPOINT_ID, -1);
        out.putInt(record + FinishedFrame.FLOW, -1);
        message.write(out, record + FinishedFrame.HEADER_BYTES);
        sink.commit();
        counters.generate(GeneratedKind.NEIGHBOUR);
    }

    @Override
    public void release(byte[] finishedFrame, long hardwareAddress) {
        int record = sink.claim(finishedFrame.length - FinishedFrame.HEADER_BYTES);
        if (record == FrameSink.FULL) {
            takeBack(finishedFrame, DropReason.OUTPUT_FULL);
            return;
        }
        sink.memory().putBytes(record, finishedFrame);
        Ethernet.putAddress(sink.memory(), record + FinishedFrame.HEADER_BYTES + Ethernet.DESTINATION, hardwareAddress);
        sink.commit();
    }

    @Override
    public void unresolved(byte[] finishedFrame) {
        takeBack(finishedFrame, DropReason.NEIGHBOUR_UNRESOLVED);
    }

    /** A frame that was counted as forwarded is dropped after all; one that we made was never counted. */
    private void takeBack(byte[] finishedFrame, DropReason reason) {
        int disposition = NativeMemory.copyOf(finishedFrame).getInt(FinishedFrame.DISPOSITION, ByteOrder.nativeOrder());
        if (disposition != Disposition.GENERATED.ordinal()) {
            counters.forwarded--;
            counters.drop(reason);
        }
    }
}
