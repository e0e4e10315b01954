package io.vipline.dataplane;

import io.vipline.dataplane.Counters.ConsumedReason;
import io.vipline.dataplane.Counters.GeneratedKind;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.fragment.Datagram;
import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.icmp.IcmpAnswers;
import io.vipline.dataplane.icmp.IcmpAnswers.Answer;
import io.vipline.dataplane.icmp.TcpReset;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.nat.Rewrite;
import io.vipline.dataplane.route.HopByHopOptions;
import io.vipline.dataplane.route.Ipv4Options;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;

/**
 * The way out: copies frames into the sink, rewritten as their connection says, one hop less to live, and counts what
 * became of them. A datagram that came in fragments leaves in the same pieces. Owned by the pipeline's thread.
 */
final class Egress {
    private static final String TCP_RESET = "tcp-reset";

    private final PipelineConfig config;
    private final Counters counters;
    private final Emitter emitter;
    private final IcmpErrorPassage icmpErrors;
    private final Rewrite rewrite = new Rewrite();
    private Table table;

    Egress(Table table, PipelineConfig config, Emitter emitter, Counters counters) {
        this.table = table;
        this.config = config;
        this.counters = counters;
        this.emitter = emitter;
        icmpErrors = new IcmpErrorPassage(emitter, counters);
    }

    /** From here on this is the table in force. */
    void take(Table latest) {
        table = latest;
    }

    /** Forwards a packet of a connection. @param kind as {@link ConnectionTable#find} told it */
    void forward(FrameBatch batch, Packet packet, Connection connection, int kind) {
        if (kind != ConnectionTable.CLIENT_REPLY && endsHere(batch, packet, connection, kind)) {
            return;
        }
        if (packet.datagram != null && !leavesWhole(packet, kind)) {
            forwardPieces(packet.datagram, connection, kind);
        } else {
            forwardFrame(batch, packet, connection, kind);
        }
    }

    private boolean endsHere(FrameBatch batch, Packet packet, Connection connection, int kind) {
        if (kind == ConnectionTable.ORIGINAL) {
            boolean isTranslated = connection.has(Connection.DESTINATION_TRANSLATED);
            boolean isLocal = table.isLocal(connection.replySourceHigh(), connection.replySourceLow());
            return endsHere(batch, packet, isTranslated, isLocal);
        }
        boolean isTranslated = connection.has(Connection.SOURCE_TRANSLATED);
        boolean isLocal = table.isLocal(connection.originalSourceHigh(), connection.originalSourceLow());
        return endsHere(batch, packet, isTranslated, isLocal);
    }

    /** At a client the answer came in pieces. */
    private static boolean leavesWhole(Packet packet, int kind) {
        return packet.datagram.leavesWhole() && kind != ConnectionTable.CLIENT_REPLY;
    }

    /**
     * {@link #forward} for a packet that is {@link Packet#ordinary} and has hops left.
     *
     * @param kind not {@link ConnectionTable#CLIENT_REPLY}
     */
    void forwardOrdinary(FrameBatch batch, Packet packet, Connection connection, int kind) {
        int frame = copy(batch, packet);
        if (frame != FrameSink.FULL) {
            rewrite(frame, packet, connection, kind);
            commit(batch, packet, connection, kind);
        }
    }

    private void forwardFrame(FrameBatch batch, Packet packet, Connection connection, int kind) {
        int frame = copy(batch, packet);
        if (frame == FrameSink.FULL) {
            return;
        }
        if (kind == ConnectionTable.CLIENT_REPLY) {
            ClientReply.pass(emitter.memory(), frame, packet, counters);
        } else {
            rewrite(frame, packet, connection, kind);
        }
        if (!packet.ordinary && Ipv4Options.has(packet) && kind != ConnectionTable.CLIENT_REPLY) {
            forwardOptions(batch, frame, packet);
        }
        if (config.checksumMode() == ChecksumMode.FILL) {
            UnfinishedChecksum.finish(emitter.memory(), frame, packet);
        }
        commit(batch, packet, connection, kind);
    }

    private void rewrite(int frame, Packet packet, Connection connection, int kind) {
        if (!connection.has(Connection.TRANSLATED)) {
            Emitter.decrementTtl(emitter.memory(), frame, packet);
        } else if (packet.ordinary && packet.family == Packet.IPV4) {
            Rewrite.ordinaryV4(emitter.memory(), frame, packet, connection, kind != ConnectionTable.ORIGINAL);
        } else {
            rewriteFor(connection, kind).applyAndHop(emitter.memory(), frame, packet);
        }
    }

    private void forwardOptions(FrameBatch batch, int frame, Packet packet) {
        long timeNs = batch.timeNs(packet.slot);
        config.nodeAddresses()
                .of(true)
                .ifPresent(address -> Ipv4Options.forward(emitter.memory(), frame, packet, address.v4(), timeNs));
    }

    private Rewrite rewriteFor(Connection connection, int kind) {
        return kind == ConnectionTable.ORIGINAL ? rewrite.toEndpoint(connection) : rewrite.toClient(connection);
    }

    /** The whole is rewritten in place; each piece takes its addresses and its share of the payload from there. */
    private void forwardPieces(Datagram datagram, Connection connection, int kind) {
        FrameBatch batch = datagram.batch();
        NativeMemory memory = batch.memory;
        boolean isRewritten = kind != ConnectionTable.CLIENT_REPLY && connection.has(Connection.TRANSLATED);
        Rewrite to = rewriteFor(connection, kind);
        if (isRewritten) {
            to.apply(memory, datagram.whole().frameOffset, datagram.whole());
        }
        for (int i = 0; i < datagram.pieces(); i++) {
            Packet piece = datagram.piece(i);
            int frame = copy(batch, piece);
            if (frame == FrameSink.FULL) {
                continue;
            }
            if (isRewritten) {
                to.applyAddresses(emitter.memory(), frame, piece);
                int payload = datagram.payloadCaptured(i);
                emitter.memory().putBytes(frame + datagram.payloadAt(i), memory, datagram.payloadInWhole(i), payload);
            }
            if (kind == ConnectionTable.CLIENT_REPLY) {
                ClientReply.pass(emitter.memory(), frame, piece, counters);
            } else {
                Emitter.decrementTtl(emitter.memory(), frame, piece);
            }
            commit(batch, piece, connection, kind);
        }
    }

    private int copy(FrameBatch batch, Packet packet) {
        int frame = emitter.copy(batch, packet);
        if (frame == FrameSink.FULL) {
            counters.drop(DropReason.OUTPUT_FULL);
        }
        return frame;
    }

    private void commit(FrameBatch batch, Packet packet, Connection connection, int kind) {
        int flags = connection.flags();
        boolean isTranslated = (flags & Connection.TRANSLATED) != 0;
        int frameFlags = (kind == ConnectionTable.ORIGINAL ? 0 : FinishedFrame.REPLY)
                | ((flags & Connection.SOURCE_TRANSLATED) == 0 ? 0 : FinishedFrame.MASQUERADED);
        Disposition disposition = isTranslated ? Disposition.TRANSLATED : Disposition.PASSED;
        if (!emitter.commit(batch, packet, disposition, connection, frameFlags)) {
            return;
        }
        counters.forwarded += frames(packet);
        if (isTranslated) {
            counters.translated += frames(packet);
            if (connection.endpointId() >= 0) {
                counters.endpointPackets[connection.endpointId()]++;
            }
        }
    }

    /** Forwards an ICMP error about a packet of a connection. @param kind direction in which the error travels */
    void forwardError(FrameBatch batch, Packet error, Packet quoted, Connection connection, int kind) {
        if (error.ttl <= 1 && kind != ConnectionTable.CLIENT_REPLY) {
            drop(error, DropReason.TTL_EXPIRED);
            return;
        }
        int frame = copy(batch, error);
        if (frame != FrameSink.FULL) {
            icmpErrors.pass(frame, error, quoted, connection, kind);
            commit(batch, error, connection, kind);
        }
    }

    /** Forwards a packet that has no connection and no translation. */
    void forwardUntranslated(FrameBatch batch, Packet packet) {
        if (endsHere(batch, packet, false, table.isLocal(packet.destinationHigh, packet.destinationLow))) {
            return;
        }
        if (packet.datagram == null || packet.datagram.leavesWhole()) {
            forwardUntranslatedFrame(batch, packet);
        } else {
            for (int i = 0; i < packet.datagram.pieces(); i++) {
                forwardUntranslatedFrame(packet.datagram.batch(), packet.datagram.piece(i));
            }
        }
    }

    private void forwardUntranslatedFrame(FrameBatch batch, Packet packet) {
        int frame = copy(batch, packet);
        if (frame != FrameSink.FULL) {
            Emitter.decrementTtl(emitter.memory(), frame, packet);
            if (Ipv4Options.has(packet)) {
                forwardOptions(batch, frame, packet);
            }
            counters.forwarded += emitter.commit(batch, packet, Disposition.PASSED, null, 0) ? frames(packet) : 0;
        }
    }

    /** Forwards a frame as it is: not IP. */
    void forwardUntouched(FrameBatch batch, Packet packet) {
        if (copy(batch, packet) != FrameSink.FULL) {
            counters.forwarded += emitter.commit(batch, packet, Disposition.PASSED, null, 0) ? 1 : 0;
        }
    }

    /** Counts the frames that a packet came in as dropped. */
    void drop(Packet packet, DropReason reason) {
        counters.drop(reason, frames(packet));
    }

    /** Number of frames that the packet came in. */
    private static int frames(Packet packet) {
        return packet.datagram == null ? 1 : packet.datagram.pieces();
    }

    /** Refuses a packet with an error, or a reset, to its sender. */
    void reject(FrameBatch batch, Packet packet, Verdict.Reject reject) {
        counters.rejected += frames(packet);
        if (reject.with().equals(TCP_RESET)) {
            reset(batch, packet);
            return;
        }
        boolean isForwarded = !table.isLocal(packet.destinationHigh, packet.destinationLow);
        if (IcmpAnswers.mayReject(packet)) {
            Answer answer = Answer.refusal(reject.with(), isForwarded);
            answer(batch, packet, answer, GeneratedKind.ICMP_UNREACHABLE, !isForwarded);
        }
    }

    private void reset(FrameBatch batch, Packet packet) {
        int bytes = TcpReset.frameBytes(packet);
        int frame = TcpReset.mayAnswer(packet) ? emitter.claim(bytes) : FrameSink.FULL;
        if (frame != FrameSink.FULL) {
            TcpReset.write(batch.memory, packet, emitter.memory(), frame);
            if (emitter.commitGenerated(batch, packet, bytes)) {
                counters.generate(GeneratedKind.TCP_RESET);
            }
        }
    }

    /** Whether hop-by-hop options keep a packet from going on, which is dropped then. */
    boolean hasWrongOptions(FrameBatch batch, Packet packet) {
        int problem = HopByHopOptions.problem(batch.memory, packet);
        if (problem == HopByHopOptions.NONE) {
            return false;
        }
        drop(packet, DropReason.HOP_BY_HOP_OPTIONS);
        if (problem != HopByHopOptions.SILENT) {
            Answer answer = Answer.v6ParameterProblem(problem >>> 16, problem & 0xffff);
            answer(batch, packet, answer, GeneratedKind.ICMP_PARAMETER_PROBLEM, false);
        }
        return true;
    }

    /**
     * Whether options or the time to live keep a packet from going on, which is dropped then.
     *
     * @param isTranslated as for expire
     * @param isLocal whether its destination, once translated, is the node: routing decides after PREROUTING
     */
    boolean endsHere(FrameBatch batch, Packet packet, boolean isTranslated, boolean isLocal) {
        int problem = Ipv4Options.has(packet) ? Ipv4Options.problem(batch.memory, packet) : Ipv4Options.NONE;
        if (problem == Ipv4Options.SOURCE_ROUTE) {
            drop(packet, DropReason.SOURCE_ROUTE);
        } else if (problem != Ipv4Options.NONE) {
            drop(packet, DropReason.IP_OPTIONS);
            answer(
                    batch,
                    packet,
                    Answer.v4ParameterProblem(problem),
                    GeneratedKind.ICMP_PARAMETER_PROBLEM,
                    isTranslated);
        } else if (packet.ttl <= 1 && isLocal) {
            // delivered, with no hop to take: ip_local_deliver() does not ask
            counters.consume(ConsumedReason.LOCAL, frames(packet));
        } else if (packet.ttl <= 1) {
            expire(batch, packet, isTranslated);
        } else {
            return false;
        }
        return true;
    }

    /**
     * Drops a packet whose time to live ends here, and tells its sender.
     *
     * @param isTranslated whether its destination would have been: then the error belongs to that connection, and NAT
     *     makes it come from whom the sender thinks it talks to
     */
    private void expire(FrameBatch batch, Packet packet, boolean isTranslated) {
        drop(packet, DropReason.TTL_EXPIRED);
        answer(batch, packet, Answer.TIME_EXCEEDED, GeneratedKind.ICMP_TIME_EXCEEDED, isTranslated);
    }

    /**
     * Tells the sender of a datagram that it did not come together in time. For IPv4 only where it was for the node itself:
     * who puts it together on the way has no say ({@code ip_expire}); for IPv6 always ({@code
     * ip6frag_expire_frag_queue}).
     *
     * @param first its first fragment
     */
    void outOfTime(FrameBatch batch, Packet first) {
        boolean isLocal = table.isLocal(first.destinationHigh, first.destinationLow);
        if (isLocal || first.family == Packet.IPV6) {
            answer(batch, first, Answer.REASSEMBLY_TIME_EXCEEDED, GeneratedKind.ICMP_TIME_EXCEEDED, isLocal);
        }
    }

    /** @param fromDestination whether the answer comes from whom the packet was sent to, not from the node */
    private void answer(FrameBatch batch, Packet packet, Answer answer, GeneratedKind kind, boolean fromDestination) {
        if (!IcmpAnswers.mayAnswer(packet)) {
            return;
        }
        IpAddress own = new IpAddress(packet.destinationHigh, packet.destinationLow);
        if (!fromDestination) {
            own = config.nodeAddresses().of(packet.family == Packet.IPV4).orElse(own);
        }
        int bytes = IcmpAnswers.frameBytes(packet);
        int frame = emitter.claim(bytes);
        if (frame != FrameSink.FULL) {
            IcmpAnswers.write(batch.memory, packet, emitter.memory(), frame, answer, own);
            if (emitter.commitGenerated(batch, packet, bytes)) {
                counters.generate(kind);
            }
        }
    }
}
