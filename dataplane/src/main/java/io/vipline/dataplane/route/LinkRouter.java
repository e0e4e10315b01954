package io.vipline.dataplane.route;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.InterfaceTable.Interface;
import io.vipline.dataplane.route.NeighbourTable.Station;
import io.vipline.dataplane.wire.Ethernet;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import java.util.Optional;

/**
 * The node as a router on real Ethernet links: takes the frames that are sent to it, finds the next hop of each finished
 * one by longest prefix and its link-layer address by ARP and neighbour discovery, and answers those itself for the
 * node's own addresses; for virtual IPs never. Owned by the forwarder's thread.
 *
 * <p>Frames that wait for a neighbour count as forwarded; if they wait in vain they are dropped after all.
 */
public final class LinkRouter implements Router {
    private final InterfaceTable interfaces;
    private final RouteTable routes;
    private final NeighbourTable neighbours = new NeighbourTable();
    private final NeighbourSpeaker speaker;
    private final Counters counters;
    private long nowNs;

    /** @param sink where the router's own messages go, and frames that have waited */
    public LinkRouter(InterfaceTable interfaces, RouteTable routes, FrameSink sink, Counters counters) {
        this.interfaces = interfaces;
        this.routes = routes;
        this.counters = counters;
        speaker = new NeighbourSpeaker(interfaces, neighbours, sink, counters);
    }

    /** Tells the stations on all links who has our addresses now (gratuitous ARP, unsolicited advertisements). */
    public void announce() {
        speaker.announce();
    }

    /** Sends what is due; to be called between batches. */
    public void poll(long atNs) {
        nowNs = atNs;
        neighbours.poll(nowNs, speaker);
    }

    /** Drops what still waits. */
    public void close() {
        neighbours.giveUp(speaker);
    }

    @Override
    public boolean arrive(FrameBatch batch, Packet packet) {
        nowNs = Math.max(nowNs, batch.timeNs(packet.slot));
        int frame = packet.frameOffset;
        int index = batch.interfaceIndex(packet.slot);
        long destination = Ethernet.address(batch.memory, frame + Ethernet.DESTINATION);
        packet.inInterface = interfaces.get(index).name();
        if (packet.problem != null) {
            return true;
        }
        if (destination != interfaces.get(index).hardwareAddress() && !Ethernet.isGroup(destination)) {
            return dropped(DropReason.FOREIGN_LINK_ADDRESS);
        }
        if (packet.family == Packet.NOT_IP) {
            return notIp(batch, packet, index);
        }
        if (packet.network != Ethernet.HEADER_BYTES) {
            return dropped(DropReason.VLAN_TAGGED);
        }
        if (packet.untracked && !packet.fragment && speaker.isDiscovery(batch.memory, packet)) {
            speaker.discovery(batch.memory, packet, index, nowNs);
            return consumed(ConsumedReason.NEIGHBOUR_DISCOVERY);
        }
        if (Ethernet.isGroup(destination) || isGroup(packet)) {
            return dropped(DropReason.MULTICAST);
        }
        return true;
    }

    private boolean notIp(FrameBatch batch, Packet packet, int index) {
        if (Ethernet.type(batch.memory, packet.frameOffset) != Ethernet.TYPE_ARP) {
            return dropped(DropReason.LINK_PROTOCOL);
        }
        speaker.arp(batch.memory, packet, index, nowNs);
        return consumed(ConsumedReason.ARP);
    }

    private static boolean isGroup(Packet packet) {
        if (packet.family == Packet.IPV6) {
            return packet.destinationHigh >>> 56 == 0xff;
        }
        int destination = (int) packet.destinationLow;
        return destination >>> 28 == 0xe || destination == -1;
    }

    private boolean dropped(DropReason reason) {
        counters.drop(reason);
        return false;
    }

    private boolean consumed(ConsumedReason reason) {
        counters.consume(reason);
        return false;
    }

    @Override
    public Way leave(NativeMemory memory, int record, Packet packet) {
        int ip = record + FinishedFrame.HEADER_BYTES + packet.network;
        long high;
        long low;
        if (packet.family == Packet.IPV6) {
            high = memory.getLong(ip + Ipv6.DESTINATION, BIG_ENDIAN);
            low = memory.getLong(ip + Ipv6.DESTINATION + 8, BIG_ENDIAN);
        } else {
            high = 0;
            low = IpAddress.V4_PREFIX | memory.getInt(ip + Ipv4.DESTINATION, BIG_ENDIAN) & 0xffff_ffffL;
        }
        boolean generated = memory.getInt(record + FinishedFrame.DISPOSITION) == Disposition.GENERATED.ordinal();
        if (interfaces.isOwn(high, low)) {
            return generated ? Way.ENDED : local(memory, record, packet);
        }
        int found = routes.find(high, low);
        if (found == RouteTable.NONE) {
            return generated ? Way.ENDED : dropped(DropReason.NO_ROUTE, Way.ENDED);
        }
        return send(memory, record, routes.get(found), high, low);
    }

    @Override
    public boolean seesOwn() {
        return false;
    }

    @Override
    public int linkTo(long high, long low) {
        int found = routes.find(high, low);
        return found == RouteTable.NONE ? UNKNOWN_LINK : routes.get(found).interfaceIndex();
    }

    @Override
    public int mtuBytes(long high, long low) {
        int link = linkTo(high, low);
        return link == UNKNOWN_LINK ? Integer.MAX_VALUE : interfaces.get(link).mtuBytes();
    }

    @Override
    public int leastMtuBytes() {
        return interfaces.all().stream().mapToInt(Interface::mtuBytes).min().orElse(Integer.MAX_VALUE);
    }

    private Way dropped(DropReason reason, Way way) {
        counters.drop(reason);
        return way;
    }

    /** A frame for the node itself: it is consumed, and an echo request answered. */
    private Way local(NativeMemory memory, int record, Packet packet) {
        counters.consume(ConsumedReason.LOCAL);
        if (!EchoAnswer.isRequest(memory, record, packet)) {
            return Way.ENDED;
        }
        EchoAnswer.write(memory, record, packet);
        memory.putInt(record + FinishedFrame.DISPOSITION, Disposition.GENERATED.ordinal());
        int back = routes.find(packet.sourceHigh, packet.sourceLow);
        if (back == RouteTable.NONE) {
            return Way.ENDED;
        }
        counters.generate(GeneratedKind.ICMP_ECHO_REPLY);
        Way way = send(memory, record, routes.get(back), packet.sourceHigh, packet.sourceLow);
        return way == Way.SEND ? Way.ANSWER : Way.ENDED;
    }

    private Way send(NativeMemory memory, int record, Route route, long high, long low) {
        int index = route.interfaceIndex();
        Optional<IpAddress> gateway = route.gateway();
        long hopHigh = gateway.isPresent() ? gateway.get().high() : high;
        long hopLow = gateway.isPresent() ? gateway.get().low() : low;
        memory.putInt(record + FinishedFrame.INTERFACE, index);
        int frame = record + FinishedFrame.HEADER_BYTES;
        Ethernet.putAddress(
                memory, frame + Ethernet.SOURCE, interfaces.get(index).hardwareAddress());
        long hop = neighbours.find(index, hopHigh, hopLow, nowNs);
        if (hop == NeighbourTable.UNRESOLVED) {
            byte[] copy = new byte[FinishedFrame.HEADER_BYTES + FinishedFrame.length(memory, record)];
            memory.getBytes(record, copy);
            neighbours.hold(new Station(index, hopHigh, hopLow), copy, nowNs, speaker);
            return Way.HELD;
        }
        Ethernet.putAddress(memory, frame + Ethernet.DESTINATION, hop);
        return Way.SEND;
    }
}
