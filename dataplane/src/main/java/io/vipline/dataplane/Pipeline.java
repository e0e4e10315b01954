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
import io.vipline.dataplane.nat.ForeignFlows;
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
 * The way of a packet through the node. {@link #process} is the table of contents: decode, search the connections together,
 * then for each packet find its connection, or ask the rules and open one, and forward it rewritten.
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
    private final ForeignFlows foreign;
    /** Whether ordinary packets go straight to their connections: nobody routes them, no checksum is looked at. */
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
    private final Packet[] packets = new Packet[FrameBatch.CAPACITY];

    private FrameBatch batch;
    private long nextNumber;
    private long flowsSwept;
    /** The clock as the packet at hand sees it, */
    private long nowNs;
    /** and as the last one decoded will. */
    private long latestNs;

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
        straight = router == Router.TRANSPARENT && config.checksumMode() == ChecksumMode.TRUST;
        foreign = new ForeignFlows();
        reassembly = new Reassembly(config.sysctls(), new FragmentLosses());
        shards = new Shards(table);
        // who sees the packets at a client cannot tell what the node sees between them
        connections = new ConnectionTables(clientView, !clientView);
        Emitter emitter = new Emitter(sink, router, config.tellsOrigin());
        ErrorSender errors = new ErrorSender(emitter, config.nodeAddresses(), limit, counters);
        checks = new ForwardChecks(router, config, errors, counters);
        egress = new Egress(config, emitter, errors, checks, counters);
        hooks = new Hooks(table, config, connections, egress, counters);
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
        connections.search(packets, count);
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
        int opened = (int) (counters.flows - flowsSwept);
        flowsSwept = counters.flows;
        connections.sweep(nowNs, count / FRAMES_A_SWEEP + SWEEPS_A_FLOW * opened);
    }

    private void take(TableRef.Generation latest) {
        generation = latest;
        shards.take(latest.table());
        hooks.take(latest.table());
        counters.cover(latest.table());
        connections.lookForStale(latest.served());
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
            hooks.passOrdinary(batch, packet, nowNs);
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
