package io.vipline.dataplane;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.conntrack.StaleFlows;
import io.vipline.dataplane.conntrack.Tracker;
import io.vipline.dataplane.fragment.AtomicFragment;
import io.vipline.dataplane.fragment.Datagram;
import io.vipline.dataplane.fragment.Reassembly;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.icmp.QuotedPacket;
import io.vipline.dataplane.nat.ForeignFlows;
import io.vipline.dataplane.nat.Shards;
import io.vipline.dataplane.route.HopByHopOptions;
import io.vipline.dataplane.route.Ipv4Options;
import io.vipline.dataplane.route.Router;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.TableRef;
import io.vipline.rules.table.Verdict;

/**
 * The way of a packet through the node. {@link #process} is the table of contents: decode, search the connections together,
 * then for each packet find its connection, or ask the rules and open one, and forward it rewritten.
 *
 * <p>Owned by one thread. Several pipelines over the same input, each with its share of the virtual shards, together do
 * what one does.
 */
public final class Pipeline implements AutoCloseable {
    private static final DropReason[] DROP_REASONS = DropReason.values();
    /** Entries are looked at for their end at this rate: seldom enough to cost nothing, */
    private static final int FRAMES_A_SWEEP = 16;
    /** and often enough that dead ones do not pile up however fast new ones come. */
    private static final int SWEEPS_A_FLOW = 2;
    /** Entries looked at a batch after a change of endpoints: some 100 µs. */
    private static final int STALE_LOOKS = 2048;

    private final TableRef tables;
    private TableRef.Generation generation;
    private final PipelineConfig config;
    private final Counters counters;
    private final boolean clientView;
    private final int shares;
    private final ForeignFlows foreign;
    /** Whether ordinary packets go straight to their connections: nobody routes them, no checksum is looked at. */
    private final boolean straight;

    private final Shards shards;
    private final ConnectionTable v4;
    private final ConnectionTable v6;
    private final StaleFlows staleFlows;
    private final Tracker tracker;
    private final Router router;
    private final FlowOpener opener;
    private final Egress egress;
    private final Reassembly reassembly = new Reassembly(new FragmentLosses());
    private final AtomicFragment atomicFragment = new AtomicFragment();
    private final ChecksumVerifier verifier = new ChecksumVerifier();
    private final QuotedPacket quoted = new QuotedPacket();
    private final Connection connection = new Connection();
    private final Packet request = new Packet();
    private final Packet[] packets = new Packet[FrameBatch.CAPACITY];

    /** The one that the batch at hand meets. */
    private Table table;

    private FrameBatch batch;
    private long nextNumber;
    private long flowsSwept;
    /** The clock as the packet at hand sees it, */
    private long nowNs;
    /** and as the last one decoded will. */
    private long latestNs;
    /** Depends on every slot and entry that was touched, so that the loads are not optimised away. */
    private int touched;

    private long v4Removals;
    private long v6Removals;

    /** A pipeline over captures: frames keep their link headers and leave where they came from. */
    public Pipeline(Table table, PipelineConfig config, FrameSink sink, Counters counters) {
        this(new TableRef(table), config, sink, counters, Router.TRANSPARENT);
    }

    /**
     * @param tables looked at once a batch; a new table decides from the next batch on, connections stay as they are
     * @param router shares the sink and the counters
     */
    public Pipeline(TableRef tables, PipelineConfig config, FrameSink sink, Counters counters, Router router) {
        this.router = router;
        this.tables = tables;
        generation = tables.latest();
        table = generation.table();
        this.config = config;
        this.counters = counters;
        clientView = config.capturePoint() == CapturePoint.CLIENT;
        shares = config.shares();
        straight = router == Router.TRANSPARENT && config.checksumMode() == ChecksumMode.TRUST;
        foreign = new ForeignFlows();
        shards = new Shards(table);
        // who sees the packets at a client cannot tell what the node sees between them
        boolean tracksWindows = !clientView;
        v4 = new ConnectionTable(Packet.IPV4, tracksWindows);
        v6 = new ConnectionTable(Packet.IPV6, tracksWindows);
        staleFlows = new StaleFlows(v4, v6);
        tracker = new Tracker(config.timeouts(), tracksWindows);
        opener = new FlowOpener(table, config, tracker);
        egress = new Egress(table, config, new Emitter(sink, router, config.tellsOrigin()), counters);
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new Packet();
        }
    }

    /** Takes a batch of frames to their fates. */
    public void process(FrameBatch frames) {
        TableRef.Generation latest = tables.latest();
        if (latest != generation) {
            take(latest);
        }
        batch = frames;
        // 1. Decode
        int count = decode(frames);
        // 2. Search: the misses of a batch overlap
        search(count);
        for (int i = 0; i < count; i++) {
            Packet packet = packets[i];
            nowNs = packet.nowNs;
            // 3. Find the connection, 4. or ask the rules, 5. and forward
            if (packet.ordinary && straight) {
                ordinary(packet);
            } else {
                arrive(packet);
            }
        }
        nowNs = latestNs;
        if (staleFlows.isLooking()) {
            staleFlows.step(STALE_LOOKS);
        }
        int opened = (int) (counters.flows - flowsSwept);
        flowsSwept = counters.flows;
        v4.sweep(nowNs, count / FRAMES_A_SWEEP + SWEEPS_A_FLOW * opened);
        v6.sweep(nowNs, count / FRAMES_A_SWEEP + SWEEPS_A_FLOW * opened);
    }

    private void take(TableRef.Generation latest) {
        generation = latest;
        table = latest.table();
        shards.take(table);
        opener.take(table);
        egress.take(table);
        counters.cover(table);
        staleFlows.look(latest.served());
        // a new table may share flows out anew
        foreign.clear();
    }

    /** @return number of packets: frames known to be other threads' are passed over */
    private int decode(FrameBatch frames) {
        int count = 0;
        for (int i = 0; i < frames.count; i++) {
            latestNs = Math.max(latestNs, frames.timeNs(i));
            if (shares == 1 || !straight || !foreign.has(frames, i)) {
                Packet packet = packets[count++];
                Decoder.decode(frames, i, packet);
                packet.number = nextNumber;
                packet.nowNs = latestNs;
            }
            nextNumber++;
        }
        return count;
    }

    /** A packet that nothing keeps from its connection, if that is ours. */
    private void ordinary(Packet packet) {
        if (shares == 1 || packet.found >= 0 || isMine(packet)) {
            count(packet);
            tracked(packet);
        } else {
            foreign.add(batch, packet);
        }
    }

    /** What {@link #process} spares most packets, and most runs: everything that may keep a packet from its connection. */
    private void arrive(Packet packet) {
        if (!router.arrive(batch, packet)) {
            count(packet);
        } else if (isStoppedByOptions(packet)) {
            return;
        } else if (packet.fragment && packet.problem == null && !isCutInTransport(packet)) {
            fragment(packet);
        } else if (packet.fragmentHeader != 0 && packet.problem == null && !packet.fragment && !clientView) {
            atomic(packet);
        } else if (shares == 1 || isMine(packet)) {
            count(packet);
            handle(packet);
        }
    }

    /** Ends a run: what still waits for its rest is given up. */
    public void finish() {
        reassembly.finish();
    }

    /** The clock: the latest time stamp seen. */
    public long nowNs() {
        return nowNs;
    }

    private void search(int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            Packet packet = packets[i];
            sum += packet.family == Packet.NOT_IP ? 0 : connections(packet).touchSlot(packet.hash);
        }
        touched += sum;
        v4Removals = v4.removals();
        v6Removals = v6.removals();
        for (int i = 0; i < count; i++) {
            Packet packet = packets[i];
            if (packet.family != Packet.NOT_IP && packet.problem == null) {
                packet.found = connections(packet).search(packet, clientView);
            }
        }
    }

    private ConnectionTable connections(Packet packet) {
        return packet.family == Packet.IPV6 ? v6 : v4;
    }

    private long removals(Packet packet) {
        return packet.family == Packet.IPV6 ? v6Removals : v4Removals;
    }

    private boolean isMine(Packet packet) {
        if (packet.family == Packet.NOT_IP || packet.problem != null) {
            return packet.number % shares == config.share();
        }
        Packet key = packet;
        if (packet.icmpError && quoted.decode(batch.memory, packet)) {
            key = quoted.packet;
        }
        return shards.of(key) % shares == config.share();
    }

    private void count(Packet packet) {
        counters.frames++;
        counters.bytes += packet.original;
    }

    private void handle(Packet packet) {
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
        } else if (packet.malformedTransport || isVerified && !verifier.isTransportRight(batch.memory, packet)) {
            filter(packet, PacketKey.INVALID);
        } else if (packet.icmpError) {
            icmpError(packet);
        } else {
            tracked(packet);
        }
    }

    private void tracked(Packet packet) {
        ConnectionTable connections = connections(packet);
        long found = packet.found;
        if (found < 0 || removals(packet) != connections.removals() || connections.isOver((int) (found >>> 2), nowNs)) {
            found = connections.find(packet, clientView, nowNs);
        }
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
        switch (tracker.track(connection, packet, isReply, nowNs)) {
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
        boolean isReply = kind != ConnectionTable.ORIGINAL;
        if (table.acceptsEstablished() || !refused(packet, opener.filterVerdict(packet, connection, isReply, nowNs))) {
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
        boolean mayEnd = packet.ttl <= 1 && !endsHere(packet, verdict) || Ipv4Options.has(packet);
        if (mayEnd && egress.endsHere(batch, packet, verdict instanceof Verdict.Dnat)) {
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

    /** Whether the packet ends at the node, which looks at no TTL ({@code ip_forward} does, before FORWARD). */
    private boolean endsHere(Packet packet, Verdict verdict) {
        return switch (verdict) {
            case Verdict.Pass pass -> pass.local();
            case Verdict.Dnat dnat -> dnat.local();
            default -> table.isLocal(packet.destinationHigh, packet.destinationLow);
        };
    }

    /** Whether there is room for one connection more, made if need be; the kernel asks before any rule is looked at. */
    private boolean hasRoom(Packet packet) {
        if (config.conntrackMax() == 0 || v4.size() + v6.size() < config.conntrackMax()) {
            return true;
        }
        if (connections(packet).evict(packet.hash, nowNs)) {
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
            case Verdict.Reject reject -> egress.reject(batch, packet);
            case Verdict.Undecided undecided -> egress.drop(packet, DropReason.UNDECIDED);
        }
        return true;
    }

    /** An INVALID or UNTRACKED packet: no NAT, only the filter table. */
    private void filter(Packet packet, int state) {
        // ip_forward() looks at options and time to live before FORWARD does at anything
        boolean isForwarded = !clientView && !table.isLocal(packet.destinationHigh, packet.destinationLow);
        if (isForwarded && egress.endsHere(batch, packet, false)) {
            return;
        }
        if (!refused(packet, opener.verdict(packet, state, nowNs))) {
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
        ConnectionTable connections = connections(packet);
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
        if (table.acceptsEstablished() || !refused(packet, opener.verdict(packet, PacketKey.RELATED, nowNs))) {
            egress.forwardError(batch, packet, quoted.packet, connection, (int) found & 3);
        }
    }

    /** Hop-by-hop options come before all else. */
    private boolean isStoppedByOptions(Packet packet) {
        boolean hasOptions = packet.family == Packet.IPV6
                && packet.problem == null
                && packet.transport - packet.network > Ipv6.HEADER_BYTES
                && HopByHopOptions.has(batch.memory, packet)
                && !clientView;
        if (!hasOptions || shares > 1 && !isMine(packet) || !egress.hasWrongOptions(batch, packet)) {
            return false;
        }
        count(packet);
        return true;
    }

    /** {@code ipv6frag_thdr_truncated}: a first fragment without the whole transport header is not put together (RFC 8200 4.5). */
    private static boolean isCutInTransport(Packet packet) {
        return packet.malformedTransport && packet.family == Packet.IPV6 && packet.fragmentOffset == 0;
    }

    /** A packet that is whole but has a fragment header leaves without it: as one that was put together from one piece. */
    private void atomic(Packet packet) {
        FrameBatch arriving = batch;
        batch = atomicFragment.strip(arriving, packet);
        try {
            Packet whole = atomicFragment.packet();
            if (shares == 1 || isMine(whole)) {
                count(packet);
                handle(whole);
            }
        } finally {
            batch = arriving;
        }
    }

    /** Every pipeline brings all fragments together; whose share the whole is shows only then. */
    private void fragment(Packet packet) {
        Datagram datagram = reassembly.add(batch, packet, nowNs);
        if (datagram == null) {
            return;
        }
        FrameBatch arriving = batch;
        batch = datagram.batch();
        try (datagram) {
            if (shares == 1 || isMine(datagram.whole())) {
                for (int i = 0; i < datagram.pieces(); i++) {
                    count(datagram.piece(i));
                }
                handle(datagram.whole());
            }
        } finally {
            batch = arriving;
        }
    }

    /** Fragments that come to nothing are counted by the first pipeline. */
    private final class FragmentLosses implements Reassembly.Losses {
        @Override
        public void lost(DropReason reason, int frames) {
            if (config.share() == 0) {
                counters.frames += frames;
                counters.drop(reason, frames);
            }
        }

        @Override
        public void duplicate() {
            if (config.share() == 0) {
                counters.frames++;
                counters.consume(Counters.ConsumedReason.DUPLICATE_FRAGMENT);
            }
        }
    }

    @Override
    public void close() {
        v4.close();
        v6.close();
    }
}
