package io.vipline.dataplane;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.conntrack.ConnectionTables;
import io.vipline.dataplane.conntrack.Tracker;
import io.vipline.dataplane.conntrack.Tracker.Outcome;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.icmp.QuotedPacket;
import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;

/**
 * What happens to one packet between PREROUTING and POSTROUTING: conntrack ({@code nf_conntrack_in}), the rules where they
 * are asked, and the way out. Owned by the pipeline's thread.
 */
final class Hooks {
    private static final DropReason[] DROP_REASONS = DropReason.values();

    private final PipelineConfig config;
    private final Counters counters;
    private final boolean clientView;
    /** Whether a wrong transport checksum makes a packet INVALID. */
    private final boolean judgesTransport;

    private final ConnectionTables tables;
    private final Tracker tracker;
    private final FlowOpener opener;
    private final FastPath fastPath;
    private final Egress egress;
    private final ForwardChecks checks;
    private final Onward onward = new Onward();
    private final ChecksumVerifier verifier = new ChecksumVerifier();
    private final QuotedPacket quoted = new QuotedPacket();
    private final Connection connection = new Connection();
    private final Packet request = new Packet();

    private Table table;
    /** {@link Table#acceptsEstablished} of it. */
    private boolean acceptsEstablished;
    /** What the packet at hand lies in, */
    private FrameBatch batch;
    /** and when it arrived. */
    private long nowNs;

    Hooks(Table table, PipelineConfig config, ConnectionTables tables, Egress egress, Counters counters) {
        this.config = config;
        this.counters = counters;
        this.tables = tables;
        this.egress = egress;
        checks = egress.checks();
        clientView = config.capturePoint() == CapturePoint.CLIENT;
        judgesTransport =
                config.checksumMode() == ChecksumMode.VERIFY && config.sysctls().isOn(Sysctl.CHECKSUM);
        tracker = new Tracker(config.sysctls(), !clientView);
        opener = new FlowOpener(table, config, tracker);
        fastPath = new FastPath(config, tables.v4(), tracker, egress, counters);
        take(table);
    }

    /** The way of packets whose connections are known, while {@link #acceptsEstablished}. */
    FastPath fastPath() {
        return fastPath;
    }

    /** Whether the rules let through what belongs to a connection. */
    boolean acceptsEstablished() {
        return acceptsEstablished;
    }

    /** Another table decides from now on. */
    void take(Table latest) {
        table = latest;
        acceptsEstablished = table.acceptsEstablished();
        opener.take(latest);
        egress.take(latest);
    }

    /** Takes a packet to its fate. @param atNs the clock */
    void pass(FrameBatch frames, Packet packet, long atNs) {
        batch = frames;
        nowNs = atNs;
        if (packet.problem != null) {
            egress.drop(packet, packet.problem);
            return;
        }
        if (config.checksumMode() == ChecksumMode.FILL) {
            UnfinishedChecksum.detect(batch.memory, packet);
        }
        boolean isVerified = config.checksumMode() == ChecksumMode.VERIFY;
        if (packet.family == Packet.NOT_IP) {
            egress.forwardUntouched(batch, packet);
        } else if (packet.untracked) {
            filter(packet, PacketKey.UNTRACKED);
        } else if (isVerified && !ChecksumVerifier.isIpRight(batch.memory, packet)) {
            egress.drop(packet, DropReason.IP_CHECKSUM);
        } else if (packet.malformedTransport || judgesTransport && !verifier.isTransportRight(batch.memory, packet)) {
            filter(packet, PacketKey.INVALID);
        } else if (packet.icmpError) {
            icmpError(packet);
        } else {
            tracked(packet);
        }
    }

    /**
     * {@link #pass} for a packet that {@link FastPath} knows the connection of: nothing is asked but whether it belongs
     * there.
     */
    void passKnown(FrameBatch frames, Packet packet, long atNs) {
        batch = frames;
        nowNs = atNs;
        int kind = (int) packet.found & 3;
        connection.wrap(tables.of(packet), (int) (packet.found >>> 2));
        Outcome outcome = tracker.track(connection, packet, kind != ConnectionTable.ORIGINAL, atNs);
        if (outcome == Outcome.VALID) {
            egress.forwardOrdinary(frames, packet, connection, kind);
        } else {
            carryOn(outcome, packet, kind);
        }
    }

    private void tracked(Packet packet) {
        ConnectionTable connections = tables.of(packet);
        long found = tables.found(packet, nowNs);
        if (found != ConnectionTable.MISS) {
            known(packet, connections, (int) (found >>> 2), (int) found & 3);
        } else if (clientView && isAnswerToUnseenRequest(packet)) {
            openForAnswer(packet, connections);
        } else {
            unknown(packet, connections);
        }
    }

    /** A packet of a known connection. */
    private void known(Packet packet, ConnectionTable connections, int entry, int kind) {
        connection.wrap(connections, entry);
        boolean isReply = kind != ConnectionTable.ORIGINAL;
        carryOn(tracker.track(connection, packet, isReply, nowNs), packet, kind);
    }

    /** With a packet of {@link #connection}, whose state it has moved. */
    private void carryOn(Outcome outcome, Packet packet, int kind) {
        switch (outcome) {
            case VALID -> forwardKnown(packet, kind);
            case INVALID -> filter(packet, PacketKey.INVALID);
            case REOPENS -> {
                ConnectionTable connections = tables.of(packet);
                connections.remove(connection.entry());
                unknown(packet, connections);
            }
            case ENDS -> {
                forwardKnown(packet, kind);
                tables.of(packet).remove(connection.entry());
            }
        }
    }

    private void forwardKnown(Packet packet, int kind) {
        boolean isReply = kind != ConnectionTable.ORIGINAL;
        if (acceptsEstablished || !refused(packet, opener.filterVerdict(packet, connection, isReply, nowNs))) {
            egress.forward(batch, packet, connection, kind);
        }
    }

    /** A packet of no connection. */
    private void unknown(Packet packet, ConnectionTable connections) {
        if (!tracker.canOpen(packet)) {
            filter(packet, PacketKey.INVALID);
            return;
        }
        if (!hasRoom(packet)) {
            egress.drop(packet, DropReason.CONNTRACK_FULL);
            return;
        }
        Verdict verdict = opener.verdict(packet, PacketKey.NEW, nowNs);
        if (!isDroppedOnArrival(verdict) && stops(packet, onward.by(verdict, packet, table))) {
            return;
        }
        if (!refused(packet, verdict)) {
            int entry = open(packet, connections, verdict);
            if (entry >= 0) {
                connection.wrap(connections, entry);
                egress.forward(batch, packet, connection, ConnectionTable.ORIGINAL);
            }
        }
    }

    private boolean stops(Packet packet, Onward to) {
        return checks.stopMartian(batch, packet, to, table) || checks.mayStop(packet) && checks.stop(batch, packet, to);
    }

    /** Before routing: {@code ip_rcv_options} and {@code ip_forward} never see it. */
    private static boolean isDroppedOnArrival(Verdict verdict) {
        return verdict instanceof Verdict.Drop drop && drop.onArrival();
    }

    /** Whether there is room for one connection more, made if need be; the kernel asks before any rule is looked at. */
    private boolean hasRoom(Packet packet) {
        if (config.conntrackMax() == 0 || tables.size() < config.conntrackMax()) {
            return true;
        }
        if (tables.of(packet).evict(packet.hash, nowNs)) {
            counters.evicted++;
            return true;
        }
        return false;
    }

    /** @return the new connection's entry; negative if there is none, and the packet is counted as dropped */
    private int open(Packet packet, ConnectionTable connections, Verdict verdict) {
        int entry = verdict instanceof Verdict.Dnat dnat
                ? opener.open(connections, packet, dnat)
                : opener.open(connections, packet, (Verdict.Pass) verdict);
        if (entry < 0) {
            egress.drop(packet, DROP_REASONS[-1 - entry]);
            return -1;
        }
        counters.flows++;
        if (verdict instanceof Verdict.Dnat dnat) {
            counters.endpointFlows[dnat.endpointId()]++;
        }
        return entry;
    }

    /** Carries out a verdict that lets nothing through. @return whether the verdict was such */
    private boolean refused(Packet packet, Verdict verdict) {
        switch (verdict) {
            case Verdict.Pass pass -> {
                return false;
            }
            case Verdict.Dnat dnat -> {
                return false;
            }
            case Verdict.Drop drop -> egress.drop(packet, DropReason.of(drop.cause()));
            case Verdict.Reject reject -> egress.reject(batch, packet, reject);
            case Verdict.Undecided undecided -> egress.drop(packet, DropReason.UNDECIDED);
        }
        return true;
    }

    /** An INVALID or UNTRACKED packet: no NAT, only the filter table. */
    private void filter(Packet packet, int state) {
        Verdict verdict = opener.verdict(packet, state, nowNs);
        if (!clientView && !isDroppedOnArrival(verdict) && stops(packet, onward.untranslated(packet, table))) {
            return;
        }
        if (!refused(packet, verdict)) {
            egress.forwardUntranslated(batch, packet);
        }
    }

    /** An answer that a client saw before, or without, its request. */
    private boolean isAnswerToUnseenRequest(Packet packet) {
        boolean isRequest = packet.protocol == Transport.TCP
                && (packet.tcpFlags & (Transport.SYN | Transport.ACK)) == Transport.SYN;
        return !isRequest
                && packet.hasPorts
                && table.isServiceAddress(packet.sourceHigh, packet.sourceLow, packet.protocol, packet.sourcePort);
    }

    private void openForAnswer(Packet packet, ConnectionTable connections) {
        request.reverseOf(packet);
        request.number = packet.number;
        request.datagram = packet.datagram;
        request.tcpFlags = (packet.tcpFlags & Transport.SYN) != 0 ? Transport.SYN : Transport.ACK;
        Verdict verdict = opener.verdict(request, PacketKey.NEW, nowNs);
        if (!(verdict instanceof Verdict.Dnat)) {
            unknown(packet, connections);
            return;
        }
        if (!hasRoom(request)) {
            egress.drop(packet, DropReason.CONNTRACK_FULL);
            return;
        }
        int entry = open(request, connections, verdict);
        if (entry >= 0) {
            tracker.openForReply(connection.wrap(connections, entry), packet, nowNs);
            known(packet, connections, entry, ConnectionTable.CLIENT_REPLY);
        }
    }

    /** An ICMP error belongs to the connection of the packet that it quotes. */
    private void icmpError(Packet packet) {
        if (!quoted.decode(batch.memory, packet)) {
            filter(packet, PacketKey.INVALID);
            return;
        }
        if (packet.datagram != null) {
            egress.drop(packet, DropReason.ICMP_ERROR_MALFORMED);
            return;
        }
        ConnectionTable connections = tables.of(packet);
        long found = connections.find(quoted.reversed, clientView, nowNs);
        if (found == ConnectionTable.MISS) {
            filter(packet, PacketKey.INVALID);
            return;
        }
        connection.wrap(connections, (int) (found >>> 2));
        if (connection.has(Connection.TRANSLATED) && !quoted.isTranslatable()) {
            egress.drop(packet, DropReason.ICMP_ERROR_MALFORMED);
            return;
        }
        if (acceptsEstablished || !refused(packet, opener.verdict(packet, PacketKey.RELATED, nowNs))) {
            egress.forwardError(batch, packet, quoted.packet, connection, (int) found & 3);
        }
    }
}
