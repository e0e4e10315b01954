package io.vipline.dataplane;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.conntrack.ConnectionTables;
import io.vipline.dataplane.fragment.AtomicFragment;
import io.vipline.dataplane.fragment.Datagram;
import io.vipline.dataplane.fragment.Reassembly;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.icmp.IcmpLimits;
import io.vipline.dataplane.icmp.QuotedPacket;
import io.vipline.dataplane.nat.Shards;
import io.vipline.dataplane.route.HopByHopOptions;
import io.vipline.dataplane.route.Router;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Ipv6;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.TableRef;
import java.util.List;

/**
 * The way of a packet through the node. {@link #process} is the table of contents: look for the connections of a batch
 * together, decoding what is not ordinary, then forward each packet whose connection is known, or ask the rules and open
 * one, and forward it rewritten.
 *
 * <p>Owned by one thread. Several pipelines over the same input, each with its share of the virtual shards, together do
 * what one does.
 */
public final class Pipeline implements AutoCloseable {
    /** Entries are looked at for their end at this rate: seldom enough to cost nothing, */
    private static final int FRAMES_A_SWEEP = 16;
    /** and often enough that dead ones do not pile up however fast new ones come. */
    private static final int SWEEPS_A_FLOW = 2;

    private final TableRef tables;
    private TableRef.Generation generation;
    private final PipelineConfig config;
    private final Counters counters;
    private final boolean clientView;
    private final int shares;
    /** Whether ordinary packets go straight to their connections: nobody routes them, no checksum or length is looked at. */
    private final boolean straight;

    private final Shards shards;
    private final ConnectionTables connections;
    private final Router router;
    private final ForwardChecks checks;
    private final Egress egress;
    private final Hooks hooks;
    private final Reassembly reassembly;
    private final AtomicFragment atomicFragment = new AtomicFragment();
    private final QuotedPacket quoted = new QuotedPacket();
    private final FastPath fastPath;
    /** Packets of a batch that the fast path does not take; */
    private final Packet[] packets = new Packet[FrameBatch.CAPACITY];
    /** one that it took, and gave back. */
    private final Packet ordinary = new Packet();

    private FrameBatch batch;
    private long nextNumber;
    private long flowsSwept;
    /** The clock as the packet at hand sees it: the latest time stamp so far. */
    private long nowNs;
    /** Depends on all memory that was touched, so that the loads are not optimised away. */
    private int touched;

    /** A pipeline over captures: frames keep their link headers and leave where they came from. */
    public Pipeline(Table table, PipelineConfig config, FrameSink sink, Counters counters) {
        this(table, config, sink, counters, IcmpLimits.of(config));
    }

    /** @param limit of the errors that the node sends, which pipelines with shares of its traffic have in common */
    public Pipeline(Table table, PipelineConfig config, FrameSink sink, Counters counters, ErrorLimit limit) {
        this(new TableRef(table), config, sink, counters, Router.TRANSPARENT, limit);
    }

    /**
     * @param tables looked at once a batch; a new table decides from the next batch on, connections stay as they are
     * @param router shares the sink and the counters
     */
    public Pipeline(TableRef tables, PipelineConfig config, FrameSink sink, Counters counters, Router router) {
        this(tables, config, sink, counters, router, IcmpLimits.of(config));
    }

    private Pipeline(
            TableRef tables,
            PipelineConfig config,
            FrameSink sink,
            Counters counters,
            Router router,
            ErrorLimit limit) {
        this.router = router;
        this.tables = tables;
        generation = tables.latest();
        Table table = generation.table();
        this.config = config;
        this.counters = counters;
        clientView = config.capturePoint() == CapturePoint.CLIENT;
        shares = config.shares();
        straight = router == Router.TRANSPARENT
                && config.checksumMode() == ChecksumMode.TRUST
                && config.mtuBytes() == PipelineConfig.ANY_MTU;
        reassembly = new Reassembly(config.sysctls(), new FragmentLosses());
        shards = new Shards(table);
        // who sees the packets at a client cannot tell what the node sees between them
        connections = new ConnectionTables(clientView, !clientView);
        Emitter emitter = new Emitter(sink, router, config.tellsOrigin());
        ErrorSender errors = new ErrorSender(emitter, config.nodeAddresses(), limit, counters);
        checks = new ForwardChecks(router, config, errors, counters);
        egress = new Egress(config, emitter, errors, checks, counters);
        hooks = new Hooks(table, config, connections, egress, counters);
        fastPath = hooks.fastPath();
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
        // 1. Look for the connections of ordinary packets, 2. decode the others and look for theirs: misses overlap
        boolean isFast = straight && hooks.acceptsEstablished();
        touched += isFast ? fastPath.search(frames, shards) : 0;
        decode(frames, isFast);
        int next = 0;
        for (int i = 0; i < frames.count; i++) {
            nowNs = Math.max(nowNs, frames.timeNs(i));
            // 3. Forward what is known, 4. or find the connection, or ask the rules, and forward
            if (isFast && fastPath.takes(i)) {
                ordinary(i);
            } else {
                Packet packet = packets[next++];
                packet.nowNs = nowNs;
                arrive(packet);
            }
        }
        nextNumber += frames.count;
        int opened = (int) (counters.flows - flowsSwept);
        flowsSwept = counters.flows;
        connections.sweep(nowNs, frames.count / FRAMES_A_SWEEP + SWEEPS_A_FLOW * opened);
    }

    private void take(TableRef.Generation latest) {
        generation = latest;
        shards.take(latest.table());
        hooks.take(latest.table());
        counters.cover(latest.table());
        connections.lookForStale(latest.served());
    }

    private void decode(FrameBatch frames, boolean isFast) {
        int count = 0;
        for (int i = 0; i < frames.count; i++) {
            frames.number(i, nextNumber + i);
            if (!isFast || !fastPath.takes(i)) {
                decode(i, packets[count++]);
            }
        }
        if (count > 0) {
            connections.search(packets, count);
        }
    }

    private void decode(int slot, Packet packet) {
        Decoder.decode(batch, slot, packet);
        packet.number = nextNumber + slot;
    }

    /** A packet that may go the fast way; if it must not, that has found its connection at most. */
    private void ordinary(int slot) {
        long found = fastPath.forward(batch, slot, nowNs);
        if (found == FastPath.GONE) {
            return;
        }
        Packet packet = ordinary;
        decode(slot, packet);
        packet.nowNs = nowNs;
        packet.found = found;
        if (found >= 0) {
            count(packet);
            hooks.passKnown(batch, packet, nowNs);
        } else if (shares == 1 || isMine(packet)) {
            count(packet);
            hooks.pass(batch, packet, nowNs);
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
            hooks.pass(batch, packet, nowNs);
        }
    }

    /** Ends a run: what still waits for its rest is given up. */
    public void finish() {
        reassembly.finish();
    }

    /** The connections at a time, as conntrack(8) lists them, in no order. */
    public List<String> connections(long atNs) {
        return connections.list(atNs);
    }

    /** The clock: the latest time stamp seen. */
    public long nowNs() {
        return nowNs;
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

    /** Hop-by-hop options come before all else. */
    private boolean isStoppedByOptions(Packet packet) {
        boolean hasOptions = packet.family == Packet.IPV6
                && packet.problem == null
                && packet.transport - packet.network > Ipv6.HEADER_BYTES
                && HopByHopOptions.has(batch.memory, packet)
                && !clientView;
        if (!hasOptions || shares > 1 && !isMine(packet) || !checks.stopByHopByHopOptions(batch, packet)) {
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
            whole.nowNs = nowNs;
            if (shares == 1 || isMine(whole)) {
                count(packet);
                hooks.pass(batch, whole, nowNs);
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
        datagram.whole().nowNs = nowNs;
        try (datagram) {
            if (shares == 1 || isMine(datagram.whole())) {
                for (int i = 0; i < datagram.pieces(); i++) {
                    count(datagram.piece(i));
                }
                hooks.pass(batch, datagram.whole(), nowNs);
            }
        } finally {
            batch = arriving;
        }
    }

    /** Fragments that come to nothing are counted by the first pipeline. */
    private final class FragmentLosses implements Reassembly.Losses {
        private final Packet expired = new Packet();

        @Override
        public void lost(DropReason reason, int frames) {
            if (config.share() == 0) {
                counters.frames += frames;
                counters.drop(reason, frames);
            }
        }

        @Override
        public void expired(Datagram datagram, long number) {
            lost(DropReason.FRAGMENT_INCOMPLETE, datagram.frames());
            if (config.share() == 0 && !clientView) {
                try (datagram) {
                    datagram.first(expired, number, nowNs).ifPresent(frames -> egress.outOfTime(frames, expired));
                }
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
        connections.close();
    }
}
