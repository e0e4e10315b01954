package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.conntrack.Tracker;
import io.vipline.dataplane.nat.RecentLists;
import io.vipline.dataplane.nat.SourcePorts;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;
import java.util.Optional;

/**
 * Asks the rules about packets, and turns a favourable verdict into a connection: destination, then source translation,
 * as {@code nf_nat_setup_info} is called at PREROUTING and POSTROUTING. Holds what verdicts depend on beside the packet:
 * the seed and who was seen recently. Owned by one thread.
 */
final class FlowOpener implements FlowState {
    private final PipelineConfig config;
    private final Tracker tracker;
    private final RecentLists recent;
    private final SourcePorts sourcePorts = new SourcePorts();
    private final PacketKey key = new PacketKey();
    private final Connection connection = new Connection();
    private Table table;
    private long nowNs;

    FlowOpener(Table table, PipelineConfig config, Tracker tracker) {
        this.table = table;
        this.config = config;
        this.tracker = tracker;
        this.recent = new RecentLists(table.recentLists());
    }

    /** From here on this is the table in force. */
    void take(Table latest) {
        table = latest;
        recent.cover(latest.recentLists());
    }

    /**
     * The rules' verdict on a packet.
     *
     * @param state one of {@link PacketKey}'s
     */
    Verdict verdict(Packet packet, int state, long atNs) {
        nowNs = atNs;
        key.sourceHigh = packet.sourceHigh;
        key.sourceLow = packet.sourceLow;
        key.destinationHigh = packet.destinationHigh;
        key.destinationLow = packet.destinationLow;
        key.protocol = packet.protocol;
        key.sourcePort = packet.hasPorts ? packet.sourcePort : -1;
        key.destinationPort = packet.hasPorts ? packet.destinationPort : -1;
        key.tcpFlags = packet.tcpFlags;
        key.icmpTypeCode = packet.icmpTypeCode;
        header(packet);
        key.state = state;
        key.mark = 0;
        key.inInterface = packet.inInterface;
        return table.lookup(key, this);
    }

    /** What the IP header says; of a packet that nobody sent it is not known. */
    private void header(Packet packet) {
        boolean sent = packet.memory != null;
        int at = packet.frameOffset + packet.network;
        key.ttl = sent ? packet.ttl : -1;
        key.lengthBytes = sent ? packet.ipBytes : -1;
        key.tos = !sent
                ? -1
                : packet.family == Packet.IPV4
                        ? packet.memory.getByte(at + Ipv4.TYPE_OF_SERVICE) & 0xff
                        : packet.memory.getShort(at, BIG_ENDIAN) >> 4 & 0xff;
    }

    /**
     * The verdict on a packet of a known connection: as the filter table sees it, destination translated already, source
     * not yet.
     */
    Verdict filterVerdict(Packet packet, Connection known, boolean reply, long atNs) {
        nowNs = atNs;
        key.sourceHigh = packet.sourceHigh;
        key.sourceLow = packet.sourceLow;
        key.sourcePort = packet.hasPorts ? packet.sourcePort : -1;
        key.destinationHigh = reply ? known.originalSourceHigh() : known.replySourceHigh();
        key.destinationLow = reply ? known.originalSourceLow() : known.replySourceLow();
        int port = reply ? known.originalSourcePort() : known.replySourcePort();
        key.destinationPort = packet.hasPorts ? port : -1;
        key.protocol = packet.protocol;
        key.tcpFlags = packet.tcpFlags;
        key.icmpTypeCode = packet.icmpTypeCode;
        header(packet);
        key.state = PacketKey.ESTABLISHED;
        key.mark = 0;
        key.inInterface = packet.inInterface;
        return table.lookup(key, this);
    }

    /**
     * Opens an untranslated connection.
     *
     * @return the entry, or a negative {@link DropReason}: {@code -1 - ordinal}
     */
    int open(ConnectionTable connections, Packet packet, Verdict.Pass pass) {
        int entry = begin(connections, packet);
        return finish(connections, packet, entry, pass.source());
    }

    /** Opens a connection to an endpoint; returns as {@link #open(ConnectionTable, Packet, Verdict.Pass)}. */
    int open(ConnectionTable connections, Packet packet, Verdict.Dnat dnat) {
        int entry = begin(connections, packet);
        int port = dnat.port() == 0 ? packet.destinationPort : dnat.port();
        connection.replySource(dnat.high(), dnat.low(), port);
        connection.endpointId(dnat.endpointId());
        for (int list : dnat.recentSet()) {
            recent.set(list, packet.sourceHigh, packet.sourceLow, nowNs);
        }
        return finish(connections, packet, entry, dnat.source());
    }

    private int begin(ConnectionTable connections, Packet packet) {
        int entry = connections.allocate();
        connection.wrap(connections, entry).open(packet, nowNs);
        return entry;
    }

    private int finish(ConnectionTable connections, Packet packet, int entry, SourceTranslation source) {
        DropReason problem = translateSource(connections, packet, source);
        if (problem != null) {
            connections.release(entry);
            return -1 - problem.ordinal();
        }
        markTranslated(packet);
        connection.sumUp();
        tracker.open(connection, packet, nowNs);
        connections.insert(entry);
        return entry;
    }

    private DropReason translateSource(ConnectionTable connections, Packet packet, SourceTranslation source) {
        switch (source) {
            case SourceTranslation.None none -> {}
            case SourceTranslation.Masquerade masquerade -> {
                Optional<IpAddress> address = config.nodeAddresses().of(packet.family == Packet.IPV4);
                if (address.isEmpty()) {
                    return DropReason.MASQUERADE_NO_ADDRESS;
                }
                replyTo(address.get(), packet.sourcePort);
            }
            case SourceTranslation.To to -> replyTo(to.address(), packet.sourcePort);
        }
        int port = sourcePorts.choose(connections, connection, source, draw(key, -1), nowNs);
        if (port < 0) {
            return DropReason.MASQUERADE_PORTS_EXHAUSTED;
        }
        if (port != connection.replyDestinationPort()) {
            replyDestinationPort(port);
        }
        return null;
    }

    private void replyTo(IpAddress address, int port) {
        connection.replyDestination(address.high(), address.low(), port);
    }

    private void replyDestinationPort(int port) {
        connection.replyDestination(connection.replyDestinationHigh(), connection.replyDestinationLow(), port);
        if (connection.protocol() == 1 || connection.protocol() == 58) {
            connection.replySource(connection.replySourceHigh(), connection.replySourceLow(), port);
        }
    }

    private void markTranslated(Packet packet) {
        if (connection.replyDestinationLow() != packet.sourceLow
                || connection.replyDestinationHigh() != packet.sourceHigh
                || connection.replyDestinationPort() != packet.sourcePort) {
            connection.set(Connection.SOURCE_TRANSLATED);
        }
        if (connection.replySourceLow() != packet.destinationLow
                || connection.replySourceHigh() != packet.destinationHigh
                || connection.replySourcePort() != packet.destinationPort) {
            connection.set(Connection.DESTINATION_TRANSLATED);
        }
    }

    /** A function of seed, tuple and salt (the finalizer of SplitMix64), so the order of arrival does not matter. */
    @Override
    public int draw(PacketKey packet, int salt) {
        long mixed = config.seed() + 0x9E37_79B9_7F4A_7C15L * (salt + 1);
        mixed = mix(mixed ^ packet.sourceLow);
        mixed = mix(mixed ^ packet.sourceHigh);
        mixed = mix(mixed ^ packet.destinationLow);
        mixed = mix(mixed ^ packet.destinationHigh);
        mixed = mix(mixed ^ ((long) packet.protocol << 32 | (long) packet.sourcePort << 16 | packet.destinationPort));
        return (int) (mixed >>> 32);
    }

    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ mixed >>> 31;
    }

    @Override
    public boolean isRecent(PacketKey packet, int list, int seconds, boolean reap) {
        return recent.isRecent(list, packet.sourceHigh, packet.sourceLow, seconds, reap, nowNs);
    }
}
