package io.vipline.dataplane;

import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.conntrack.Tracker;
import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.icmp.IcmpAnswers;
import io.vipline.dataplane.icmp.QuotedPacket;
import io.vipline.dataplane.nat.Rewrite;
import io.vipline.dataplane.nat.Shards;
import io.vipline.dataplane.route.Router;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;

/**
 * The way of a packet through the node. {@link #process} is the table of contents: decode, touch what will be looked up,
 * then for each packet find its connection, or ask the rules and open one, and forward it rewritten.
 *
 * <p>Owned by one thread. Several pipelines over the same input, each with its share of the virtual shards, together do
 * what one does.
 */
public final class Pipeline implements AutoCloseable {
    private static final DropReason[] DROP_REASONS = DropReason.values();

    private final Table table;
    private final PipelineConfig config;
    private final Counters counters;
    private final boolean clientView;
    private final Shards shards;
    private final ConnectionTable v4 = new ConnectionTable(Packet.IPV4);
    private final ConnectionTable v6 = new ConnectionTable(Packet.IPV6);
    private final Tracker tracker;
    private final Router router;
    private final FlowOpener opener;
    private final Emitter emitter;
    private final Rewrite rewrite = new Rewrite();
    private final QuotedPacket quoted = new QuotedPacket();
    private final ChecksumVerifier verifier = new ChecksumVerifier();
    private final Connection connection = new Connection();
    private final Packet request = new Packet();
    private final Packet[] packets = new Packet[FrameBatch.CAPACITY];
    private final IcmpErrorPassage icmpErrors;

    private FrameBatch batch;
    private long nextNumber;
    private long nowNs;
    /** Depends on every slot and entry that was touched, so that the loads are not optimised away. */
    private int touched;

    /** A pipeline over captures: frames keep their link headers and leave where they came from. */
    public Pipeline(Table table, PipelineConfig config, FrameSink sink, Counters counters) {
        this(table, config, sink, counters, Router.TRANSPARENT);
    }

    /** @param router shares the sink and the counters */
    public Pipeline(Table table, PipelineConfig config, FrameSink sink, Counters counters, Router router) {
        this.router = router;
        this.table = table;
        this.config = config;
        this.counters = counters;
        clientView = config.capturePoint() == CapturePoint.CLIENT;
        shards = new Shards(table);
        tracker = new Tracker(config.timeouts());
        opener = new FlowOpener(table, config, tracker);
        emitter = new Emitter(sink, router);
        icmpErrors = new IcmpErrorPassage(emitter, counters);
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new Packet();
        }
    }

    /** Takes a batch of frames to their fates. */
    public void process(FrameBatch frames) {
        batch = frames;
        int count = frames.count;
        // 1. Decode
        for (int i = 0; i < count; i++) {
            Decoder.decode(frames, i, packets[i]);
            packets[i].number = nextNumber++;
        }
        // 2. Touch: the misses of a batch overlap
        touch(count);
        for (int i = 0; i < count; i++) {
            Packet packet = packets[i];
            nowNs = Math.max(nowNs, frames.timeNs[i]);
            if (config.shares() > 1 && !isMine(packet)) {
                continue;
            }
            counters.frames++;
            counters.bytes += packet.original;
            // 3. Find the connection, 4. or ask the rules, 5. and forward
            handle(packet);
        }
        v4.sweep(nowNs, count);
        v6.sweep(nowNs, count);
    }

    /** The clock: the latest time stamp seen. */
    public long nowNs() {
        return nowNs;
    }

    private void touch(int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            Packet packet = packets[i];
            packet.firstSlot =
                    packet.family == Packet.NOT_IP ? 0 : connections(packet).touchSlot(packet.hash);
        }
        for (int i = 0; i < count; i++) {
            sum += packets[i].firstSlot == 0 ? 0 : connections(packets[i]).touchEntry(packets[i].firstSlot);
        }
        touched += sum;
    }

    private ConnectionTable connections(Packet packet) {
        return packet.family == Packet.IPV6 ? v6 : v4;
    }

    private boolean isMine(Packet packet) {
        if (packet.family == Packet.NOT_IP || packet.problem != null) {
            return packet.number % config.shares() == config.share();
        }
        Packet key = packet;
        if (packet.icmpError && quoted.decode(batch.memory, packet)) {
            key = quoted.packet;
        }
        return shards.of(key) % config.shares() == config.share();
    }

    private void handle(Packet packet) {
        if (packet.problem != null) {
            counters.drop(packet.problem);
            return;
        }
        if (!router.arrive(batch, packet)) {
            return;
        }
        if (config.checksumMode() == ChecksumMode.FILL) {
            UnfinishedChecksum.detect(batch.memory, packet);
        }
        if (packet.family == Packet.NOT_IP) {
            forwardUntouched(packet);
        } else if (packet.untracked) {
            filter(packet, PacketKey.UNTRACKED);
        } else if (config.checksumMode() == ChecksumMode.VERIFY && !ChecksumVerifier.isIpRight(batch.memory, packet)) {
            counters.drop(DropReason.IP_CHECKSUM);
        } else if (packet.malformedTransport
                || config.checksumMode() == ChecksumMode.VERIFY && !verifier.isTransportRight(batch.memory, packet)) {
            filter(packet, PacketKey.INVALID);
        } else if (packet.icmpError) {
            icmpError(packet);
        } else {
            tracked(packet);
        }
    }

    private void tracked(Packet packet) {
        ConnectionTable connections = connections(packet);
        long found = connections.find(packet, clientView, nowNs);
        if (found != ConnectionTable.MISS) {
            known(packet, connections, (int) (found >>> 2), (int) found & 3);
        } else if (clientView && isAnswerToUnseenRequest(packet)) {
            openForAnswer(packet, connections);
        } else {
            unknown(packet, connections);
        }
    }

    // ---- a packet of a known connection

    private void known(Packet packet, ConnectionTable connections, int entry, int kind) {
        connection.wrap(connections, entry);
        boolean reply = kind != ConnectionTable.ORIGINAL;
        switch (tracker.track(connection, packet, reply, nowNs)) {
            case VALID -> forwardKnown(packet, kind);
            case INVALID -> filter(packet, PacketKey.INVALID);
            case REOPENS -> {
                connections.remove(entry);
                unknown(packet, connections);
            }
            case ENDS -> {
                forwardKnown(packet, kind);
                connections.remove(entry);
            }
        }
    }

    private void forwardKnown(Packet packet, int kind) {
        if (!table.acceptsEstablished()) {
            boolean reply = kind != ConnectionTable.ORIGINAL;
            if (refused(packet, opener.filterVerdict(packet, connection, reply, nowNs))) {
                return;
            }
        }
        forward(packet, kind);
    }

    /** Forwards a packet of {@link #connection}. */
    private void forward(Packet packet, int kind) {
        if (packet.ttl <= 1 && kind != ConnectionTable.CLIENT_REPLY) {
            expire(packet);
            return;
        }
        int frame = emitter.copy(batch, packet);
        if (frame == FrameSink.FULL) {
            counters.drop(DropReason.OUTPUT_FULL);
            return;
        }
        int flags = connection.flags();
        boolean isTranslated = (flags & Connection.TRANSLATED) != 0;
        if (kind == ConnectionTable.CLIENT_REPLY) {
            ClientReply.pass(emitter.memory(), frame, packet, counters);
        } else {
            if (isTranslated) {
                Rewrite to = kind == ConnectionTable.ORIGINAL
                        ? rewrite.toEndpoint(connection)
                        : rewrite.toClient(connection);
                to.apply(emitter.memory(), frame, packet);
            }
            Emitter.decrementTtl(emitter.memory(), frame, packet);
        }
        if (config.checksumMode() == ChecksumMode.FILL) {
            UnfinishedChecksum.finish(emitter.memory(), frame, packet);
        }
        int frameFlags = (kind == ConnectionTable.ORIGINAL ? 0 : FinishedFrame.REPLY)
                | ((flags & Connection.SOURCE_TRANSLATED) == 0 ? 0 : FinishedFrame.MASQUERADED);
        Disposition disposition = isTranslated ? Disposition.TRANSLATED : Disposition.PASSED;
        if (!emitter.commit(batch, packet, disposition, connection, frameFlags)) {
            return;
        }
        counters.forwarded++;
        if (isTranslated) {
            counters.translated++;
            if (connection.endpointId() >= 0) {
                counters.endpointPackets[connection.endpointId()]++;
            }
        }
    }

    // ---- a packet of no connection

    private void unknown(Packet packet, ConnectionTable connections) {
        if (!tracker.canOpen(packet)) {
            filter(packet, PacketKey.INVALID);
            return;
        }
        Verdict verdict = opener.verdict(packet, PacketKey.NEW, nowNs);
        if (packet.ttl <= 1 && !endsHere(packet, verdict)) {
            expire(packet);
        } else if (!refused(packet, verdict)) {
            int entry = open(packet, connections, verdict);
            if (entry >= 0) {
                connection.wrap(connections, entry);
                forward(packet, ConnectionTable.ORIGINAL);
            }
        }
    }

    /** Whether the packet ends at the node, which looks at no TTL. */
    private boolean endsHere(Packet packet, Verdict verdict) {
        return switch (verdict) {
            case Verdict.Pass pass -> pass.local();
            case Verdict.Dnat dnat -> dnat.local();
            default -> table.isLocal(packet.destinationHigh, packet.destinationLow);
        };
    }

    /** @return the new connection's entry; negative if there is none, and the packet is counted as dropped */
    private int open(Packet packet, ConnectionTable connections, Verdict verdict) {
        if (config.conntrackMax() > 0 && v4.size() + v6.size() >= config.conntrackMax()) {
            counters.drop(DropReason.CONNTRACK_FULL);
            return -1;
        }
        int entry = verdict instanceof Verdict.Dnat dnat
                ? opener.open(connections, packet, dnat)
                : opener.open(connections, packet, (Verdict.Pass) verdict);
        if (entry < 0) {
            counters.drop(DROP_REASONS[-1 - entry]);
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
            case Verdict.Drop drop -> counters.drop(DropReason.of(drop.cause()));
            case Verdict.Reject reject -> {
                counters.rejected++;
                boolean isV4 = packet.family == Packet.IPV4;
                int typeCode = isV4 ? IcmpAnswers.V4_PORT_UNREACHABLE : IcmpAnswers.V6_PORT_UNREACHABLE;
                answer(packet, typeCode, GeneratedKind.ICMP_UNREACHABLE);
            }
            case Verdict.Undecided undecided -> counters.drop(DropReason.UNDECIDED);
        }
        return true;
    }

    /** An INVALID or UNTRACKED packet: no NAT, only the filter table. */
    private void filter(Packet packet, int state) {
        if (refused(packet, opener.verdict(packet, state, nowNs))) {
            return;
        }
        if (packet.ttl <= 1) {
            expire(packet);
            return;
        }
        int frame = emitter.copy(batch, packet);
        if (frame == FrameSink.FULL) {
            counters.drop(DropReason.OUTPUT_FULL);
            return;
        }
        Emitter.decrementTtl(emitter.memory(), frame, packet);
        if (emitter.commit(batch, packet, Disposition.PASSED, null, 0)) {
            counters.forwarded++;
        }
    }

    private void forwardUntouched(Packet packet) {
        if (emitter.copy(batch, packet) == FrameSink.FULL) {
            counters.drop(DropReason.OUTPUT_FULL);
            return;
        }
        if (emitter.commit(batch, packet, Disposition.PASSED, null, 0)) {
            counters.forwarded++;
        }
    }

    private void expire(Packet packet) {
        counters.drop(DropReason.TTL_EXPIRED);
        boolean isV4 = packet.family == Packet.IPV4;
        int typeCode = isV4 ? IcmpAnswers.V4_TIME_EXCEEDED : IcmpAnswers.V6_TIME_EXCEEDED;
        answer(packet, typeCode, GeneratedKind.ICMP_TIME_EXCEEDED);
    }

    private void answer(Packet packet, int typeCode, GeneratedKind kind) {
        if (!IcmpAnswers.mayAnswer(packet)) {
            return;
        }
        IpAddress own = new IpAddress(packet.destinationHigh, packet.destinationLow);
        if (!table.isLocal(packet.destinationHigh, packet.destinationLow)) {
            own = config.nodeAddresses().of(packet.family == Packet.IPV4).orElse(own);
        }
        int bytes = IcmpAnswers.frameBytes(packet);
        int frame = emitter.claim(bytes);
        if (frame != FrameSink.FULL) {
            IcmpAnswers.write(batch.memory, packet, emitter.memory(), frame, typeCode, own);
            if (emitter.commitGenerated(batch, packet, bytes)) {
                counters.generate(kind);
            }
        }
    }

    // ---- an answer that a client saw before, or without, its request

    private boolean isAnswerToUnseenRequest(Packet packet) {
        boolean request = packet.protocol == Transport.TCP
                && (packet.tcpFlags & (Transport.SYN | Transport.ACK)) == Transport.SYN;
        return !request
                && packet.hasPorts
                && table.isServiceAddress(packet.sourceHigh, packet.sourceLow, packet.protocol, packet.sourcePort);
    }

    private void openForAnswer(Packet packet, ConnectionTable connections) {
        request.reverseOf(packet);
        Verdict verdict = opener.verdict(request, PacketKey.NEW, nowNs);
        if (!(verdict instanceof Verdict.Dnat)) {
            unknown(packet, connections);
            return;
        }
        int entry = open(request, connections, verdict);
        if (entry >= 0) {
            tracker.openForReply(connection.wrap(connections, entry), packet, nowNs);
            known(packet, connections, entry, ConnectionTable.CLIENT_REPLY);
        }
    }

    // ---- an ICMP error

    private void icmpError(Packet packet) {
        if (!quoted.decode(batch.memory, packet)) {
            counters.drop(DropReason.ICMP_ERROR_MALFORMED);
            return;
        }
        ConnectionTable connections = connections(packet);
        long found = connections.find(quoted.reversed, clientView, nowNs);
        if (found == ConnectionTable.MISS) {
            filter(packet, PacketKey.INVALID);
            return;
        }
        connection.wrap(connections, (int) (found >>> 2));
        if (!table.acceptsEstablished() && refused(packet, opener.verdict(packet, PacketKey.RELATED, nowNs))) {
            return;
        }
        int kind = (int) found & 3;
        if (packet.ttl <= 1 && kind != ConnectionTable.CLIENT_REPLY) {
            counters.drop(DropReason.TTL_EXPIRED);
            return;
        }
        int frame = emitter.copy(batch, packet);
        if (frame == FrameSink.FULL) {
            counters.drop(DropReason.OUTPUT_FULL);
            return;
        }
        icmpErrors.pass(frame, packet, quoted.packet, connection, kind);
        boolean isTranslated = connection.has(Connection.TRANSLATED);
        Disposition disposition = isTranslated ? Disposition.TRANSLATED : Disposition.PASSED;
        int flags = kind == ConnectionTable.ORIGINAL ? 0 : FinishedFrame.REPLY;
        if (!emitter.commit(batch, packet, disposition, connection, flags)) {
            return;
        }
        counters.forwarded++;
        counters.translated += isTranslated ? 1 : 0;
    }

    @Override
    public void close() {
        v4.close();
        v6.close();
    }
}
