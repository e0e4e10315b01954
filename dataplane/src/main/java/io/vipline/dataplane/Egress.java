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
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.nat.Rewrite;
import io.vipline.dataplane.route.Ipv4Options;
import io.vipline.dataplane.wire.OrdinaryPacket;
import io.vipline.dataplane.wire.Packet;
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
    private final ErrorSender errors;
    private final ForwardChecks checks;
    private final IcmpErrorPassage icmpErrors;
    private final Rewrite rewrite = new Rewrite();
    private final Onward onward = new Onward();
    private final Fragmenter fragmenter = new Fragmenter();
    private final OrdinaryPacket view = new OrdinaryPacket();
    private Table table;

    /** @param checks which use {@code errors} and the counters */
    Egress(PipelineConfig config, Emitter emitter, ErrorSender errors, ForwardChecks checks, Counters counters) {
        this.config = config;
        this.counters = counters;
        this.emitter = emitter;
        this.errors = errors;
        this.checks = checks;
        icmpErrors = new IcmpErrorPassage(emitter, counters);
    }

    ForwardChecks checks() {
        return checks;
    }

    /** From here on this is the table in force. */
    void take(Table latest) {
        table = latest;
    }

    /** Forwards a packet of a connection. @param kind as {@link ConnectionTable#find} told it */
    void forward(FrameBatch batch, Packet packet, Connection connection, int kind) {
        boolean isCut = false;
        if (kind != ConnectionTable.CLIENT_REPLY && checks.mayStop(packet)) {
            onward.of(connection, kind, table);
            if (checks.stop(batch, packet, onward) || isDelivered(packet)) {
                return;
            }
            isCut = checks.mustBeCut(batch, packet, onward);
        }
        if (isCut) {
            forwardCut(batch, packet, connection, kind);
        } else if (packet.datagram != null && !leavesWhole(packet, kind)) {
            forwardPieces(packet.datagram, connection, kind);
        } else {
            forwardFrame(batch, packet, connection, kind);
        }
    }

    /** Of a packet that has no hop left and needs none: {@code ip_local_deliver()} does not ask. */
    private boolean isDelivered(Packet packet) {
        boolean isDelivered = packet.ttl <= 1 && onward.local;
        if (isDelivered) {
            counters.consume(ConsumedReason.LOCAL, packet.frames());
        }
        return isDelivered;
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
            rewrite(emitter.memory(), frame, packet, connection, kind);
            commit(batch, packet, connection, kind);
        }
    }

    /** {@link #forwardOrdinary} for a packet that was not decoded further than a {@link OrdinaryPacket} tells. */
    void forwardOrdinary(FrameBatch batch, int slot, OrdinaryPacket packet, Connection connection, boolean reply) {
        int captured = batch.captured(slot);
        int frame = emitter.claim(captured);
        if (frame == FrameSink.FULL) {
            counters.drop(DropReason.OUTPUT_FULL);
            return;
        }
        NativeMemory out = emitter.memory();
        Emitter.copy(batch.memory, batch.offset(slot), out, frame, captured);
        int flags = connection.flags();
        if ((flags & Connection.TRANSLATED) != 0) {
            Rewrite.ordinaryV4(out, (long) frame + OrdinaryPacket.NETWORK, packet, connection, reply);
        } else {
            Emitter.decrementTtl(out, (long) frame + OrdinaryPacket.NETWORK, packet.hopWord());
        }
        commit(batch, slot, connection, flags, reply);
    }

    private void forwardFrame(FrameBatch batch, Packet packet, Connection connection, int kind) {
        int frame = copy(batch, packet);
        if (frame == FrameSink.FULL) {
            return;
        }
        NativeMemory out = emitter.memory();
        if (kind == ConnectionTable.CLIENT_REPLY) {
            ClientReply.pass(out, frame, packet, counters);
        } else {
            rewrite(out, frame, packet, connection, kind);
            writeOptions(batch, packet, out, frame);
        }
        if (config.checksumMode() == ChecksumMode.FILL) {
            UnfinishedChecksum.finish(out, frame, packet);
        }
        commit(batch, packet, connection, kind);
    }

    private void rewrite(NativeMemory out, int frame, Packet packet, Connection connection, int kind) {
        if (!connection.has(Connection.TRANSLATED)) {
            Emitter.decrementTtl(out, frame, packet);
        } else if (packet.ordinary && packet.family == Packet.IPV4) {
            view.wrap(packet.memory, packet.frameOffset + packet.network);
            boolean isReply = kind != ConnectionTable.ORIGINAL;
            Rewrite.ordinaryV4(out, frame + packet.network, view, connection, isReply);
        } else {
            rewriteFor(connection, kind).applyAndHop(out, frame, packet);
        }
    }

    private void writeOptions(FrameBatch batch, Packet packet, NativeMemory out, int frame) {
        if (!packet.ordinary && Ipv4Options.has(packet)) {
            long timeNs = batch.timeNs(packet.slot);
            config.nodeAddresses()
                    .of(true)
                    .ifPresent(address -> Ipv4Options.forward(out, frame, packet, address.v4(), timeNs));
        }
    }

    /** The packet, or all of the datagram that it was put together from, is rewritten as a whole, then cut. */
    private void forwardCut(FrameBatch batch, Packet packet, Connection connection, int kind) {
        NativeMemory whole = fragmenter.take(batch, packet);
        packet.ordinary = false;
        if (connection == null) {
            Emitter.decrementTtl(whole, 0, packet);
        } else {
            rewrite(whole, 0, packet, connection, kind);
        }
        writeOptions(batch, packet, whole, 0);
        UnfinishedChecksum.finish(whole, 0, packet);
        int mtuBytes = checks.mtuBytes(packet, onward);
        while (fragmenter.next(mtuBytes)) {
            int frame = emitter.claim(fragmenter.capturedBytes());
            if (frame == FrameSink.FULL) {
                counters.drop(DropReason.OUTPUT_FULL, fragmenter.isFirst() ? packet.frames() : 0);
                return;
            }
            fragmenter.write(emitter.memory(), frame);
            if (!commitPiece(batch, packet, connection, kind)) {
                return;
            }
        }
    }

    /** The first piece is the packet; the others are more than came in. @return whether there may be another */
    private boolean commitPiece(FrameBatch batch, Packet packet, Connection connection, int kind) {
        if (!fragmenter.isFirst()) {
            boolean isSent =
                    emitter.commitGenerated(batch, packet, fragmenter.capturedBytes(), fragmenter.frameBytes());
            if (isSent) {
                counters.generate(GeneratedKind.FRAGMENT);
            }
            return isSent;
        }
        emitter.lengths(fragmenter.capturedBytes(), fragmenter.frameBytes());
        return commit(batch, packet, connection, kind);
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
                Emitter.allowFragmentation(emitter.memory(), frame, piece);
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

    /** @param connection null if the packet has none. @return whether the frame is on its way */
    private boolean commit(FrameBatch batch, Packet packet, Connection connection, int kind) {
        if (connection == null) {
            boolean isSent = emitter.commit(batch, packet, Disposition.PASSED, null, 0);
            counters.forwarded += isSent ? packet.frames() : 0;
            return isSent;
        }
        int flags = connection.flags();
        boolean isReply = kind != ConnectionTable.ORIGINAL;
        if (!emitter.commit(batch, packet, disposition(flags), connection, frameFlags(flags, isReply))) {
            return false;
        }
        count(connection, flags, packet.frames());
        return true;
    }

    private void commit(FrameBatch batch, int slot, Connection connection, int flags, boolean reply) {
        emitter.commit(batch, slot, disposition(flags), connection, frameFlags(flags, reply));
        count(connection, flags, 1);
    }

    private static Disposition disposition(int flags) {
        return (flags & Connection.TRANSLATED) != 0 ? Disposition.TRANSLATED : Disposition.PASSED;
    }

    private static int frameFlags(int flags, boolean reply) {
        return (reply ? FinishedFrame.REPLY : 0)
                | ((flags & Connection.SOURCE_TRANSLATED) == 0 ? 0 : FinishedFrame.MASQUERADED);
    }

    private void count(Connection connection, int flags, int frames) {
        counters.forwarded += frames;
        if ((flags & Connection.TRANSLATED) != 0) {
            counters.translated += frames;
            int endpointId = connection.endpointId();
            if (endpointId >= 0) {
                counters.endpointPackets[endpointId]++;
            }
        }
    }

    /** Forwards an ICMP error about a packet of a connection. @param kind direction in which the error travels */
    void forwardError(FrameBatch batch, Packet error, Packet quoted, Connection connection, int kind) {
        if (kind != ConnectionTable.CLIENT_REPLY && checks.mayStop(error)) {
            onward.of(connection, kind, table);
            if (checks.stop(batch, error, onward) || isDelivered(error)) {
                return;
            }
        }
        int frame = copy(batch, error);
        if (frame != FrameSink.FULL) {
            icmpErrors.pass(frame, error, quoted, connection, kind);
            commit(batch, error, connection, kind);
        }
    }

    /** Forwards a packet that has no connection and no translation. */
    void forwardUntranslated(FrameBatch batch, Packet packet) {
        if (checks.mayStop(packet)) {
            onward.untranslated(packet, table);
            if (checks.stop(batch, packet, onward) || isDelivered(packet)) {
                return;
            }
            if (checks.mustBeCut(batch, packet, onward)) {
                forwardCut(batch, packet, null, ConnectionTable.ORIGINAL);
                return;
            }
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
            if (packet.fragment) {
                Emitter.allowFragmentation(emitter.memory(), frame, packet);
            }
            writeOptions(batch, packet, emitter.memory(), frame);
            commit(batch, packet, null, ConnectionTable.ORIGINAL);
        }
    }

    /** Forwards a frame as it is: not IP. */
    void forwardUntouched(FrameBatch batch, Packet packet) {
        if (copy(batch, packet) != FrameSink.FULL) {
            commit(batch, packet, null, ConnectionTable.ORIGINAL);
        }
    }

    /** Counts the frames that a packet came in as dropped. */
    void drop(Packet packet, DropReason reason) {
        counters.drop(reason, packet.frames());
    }

    /** Refuses a packet with an error, or a reset, to its sender. */
    void reject(FrameBatch batch, Packet packet, Verdict.Reject reject) {
        counters.rejected += packet.frames();
        if (reject.with().equals(TCP_RESET)) {
            errors.reset(batch, packet);
            return;
        }
        boolean isForwarded = !table.isLocal(packet.destinationHigh, packet.destinationLow);
        if (IcmpAnswers.mayReject(batch.memory, packet)) {
            errors.answer(batch, packet, Answer.refusal(reject.with(), isForwarded), !isForwarded);
        }
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
            errors.answer(batch, first, Answer.REASSEMBLY_TIME_EXCEEDED, isLocal);
        }
    }
}
