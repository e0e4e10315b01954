package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.icmp.IcmpAnswers.Answer;
import io.vipline.dataplane.route.HopByHopOptions;
import io.vipline.dataplane.route.Ipv4Options;
import io.vipline.dataplane.route.Martians;
import io.vipline.dataplane.route.Router;
import io.vipline.dataplane.wire.Ipv4;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.table.Table;

/**
 * What keeps a packet from going on whatever the rules say: routing, which knows addresses that no packet has, then {@code
 * ip_forward} and {@code ip6_forward}, which look at options, time to live and length before FORWARD does at anything. Owned by the pipeline's thread.
 */
final class ForwardChecks {
    private static final int V6_LEAST_MTU = 1280;

    private final Router router;
    private final Martians martians;
    private final int mtuBytes;
    private final int leastMtuBytes;
    private final ErrorSender errors;
    private final Counters counters;

    ForwardChecks(Router router, PipelineConfig config, ErrorSender errors, Counters counters) {
        this.router = router;
        martians = new Martians(router.seesOwn(), config.sysctls());
        mtuBytes = config.mtuBytes();
        leastMtuBytes = Math.min(mtuBytes, router.leastMtuBytes());
        this.errors = errors;
        this.counters = counters;
    }

    /** Whether the packet has something that {@link #stop} looks at; nearly none has. */
    boolean mayStop(Packet packet) {
        return packet.ttl <= 1
                || packet.ipBytes > leastMtuBytes
                || (packet.family == Packet.IPV6 ? isBoundToLink(packet) : Ipv4Options.has(packet));
    }

    private static boolean isBoundToLink(Packet packet) {
        return Martians.isOfLink(packet) || Martians.isUnspecified(packet);
    }

    /** Stops a packet that must not go on: drops it, and tells its sender. @return whether it does */
    boolean stop(FrameBatch batch, Packet packet, Onward onward) {
        int problem = Ipv4Options.has(packet) ? Ipv4Options.problem(batch.memory, packet) : Ipv4Options.NONE;
        if (problem == Ipv4Options.SOURCE_ROUTE) {
            drop(packet, DropReason.SOURCE_ROUTE);
        } else if (problem != Ipv4Options.NONE) {
            drop(packet, DropReason.IP_OPTIONS);
            errors.answer(batch, packet, Answer.v4ParameterProblem(problem), onward.translated);
        } else if (onward.local) {
            return false;
        } else if (packet.ttl <= 1) {
            drop(packet, DropReason.TTL_EXPIRED);
            errors.answer(batch, packet, Answer.TIME_EXCEEDED, onward.translated);
        } else if (stopAtLink(batch, packet, onward)) {
            return true;
        } else if (isTooBig(batch, packet, onward)) {
            drop(packet, DropReason.TOO_BIG);
            errors.answer(batch, packet, Answer.tooBig(mtuBytes(packet, onward)), onward.translated);
        } else {
            return false;
        }
        return true;
    }

    /** Stops a packet that no way leads from or to: routing comes before all else. @return whether it does */
    boolean stopMartian(FrameBatch batch, Packet packet, Onward onward, Table table) {
        if (martians.isSource(packet, (int) onward.low, table)) {
            drop(packet, DropReason.MARTIAN_SOURCE);
        } else if (martians.isDestination(packet.family, onward.high, onward.low)) {
            drop(packet, DropReason.MARTIAN_DESTINATION);
        } else {
            return false;
        }
        return true;
    }

    /** {@code ip6_forward}: what must not leave the link that it came by. @return whether it does not */
    private boolean stopAtLink(FrameBatch batch, Packet packet, Onward onward) {
        if (packet.family != Packet.IPV6 || !isBoundToLink(packet)) {
            return false;
        }
        boolean isOfLink = Martians.isOfLink(packet);
        int link = router.linkTo(onward.high, onward.low);
        if (link == Router.UNKNOWN_LINK || link == batch.interfaceIndex(packet.slot)) {
            return false;
        }
        drop(packet, isOfLink ? DropReason.LINK_LOCAL_SOURCE : DropReason.MARTIAN_SOURCE);
        if (isOfLink) {
            errors.answer(batch, packet, Answer.BEYOND_SCOPE, onward.translated);
        }
        return true;
    }

    /** {@code ip_exceeds_mtu}, {@code ip6_pkt_too_big}. */
    private boolean isTooBig(FrameBatch batch, Packet packet, Onward onward) {
        if (packet.ipBytes <= leastMtuBytes || piecesBytes(batch, packet) <= mtuBytes(packet, onward)) {
            return false;
        }
        boolean isCuttable = packet.family == Packet.IPV4
                && batch.gsoType(packet.slot) == 0
                && (batch.memory.getShort(packet.frameOffset + packet.network + Ipv4.FRAGMENT, BIG_ENDIAN)
                                & Ipv4.DONT_FRAGMENT)
                        == 0;
        return !isCuttable;
    }

    /** Length of the longest IP packet on the wire: of the fragments that came, of the segments of a super-frame. */
    private static int piecesBytes(FrameBatch batch, Packet packet) {
        if (packet.datagram != null) {
            return packet.datagram.longestPieceBytes();
        }
        int gsoType = batch.gsoType(packet.slot);
        if (gsoType == 0) {
            return packet.ipBytes;
        }
        int at = packet.frameOffset + packet.transport;
        int transportBytes =
                packet.protocol == Transport.TCP ? (batch.memory.getByte(at + 12) >>> 4 & 15) * 4 : Transport.UDP_BYTES;
        return packet.transport - packet.network + transportBytes + batch.gsoSize(packet.slot);
    }

    /** Of the link by which the packet leaves. */
    int mtuBytes(Packet packet, Onward onward) {
        int mtu = Math.min(mtuBytes, router.mtuBytes(onward.high, onward.low));
        return packet.family == Packet.IPV6 ? Math.max(mtu, V6_LEAST_MTU) : mtu;
    }

    /** Whether the packet, which nothing stops, must be cut to leave. */
    boolean mustBeCut(FrameBatch batch, Packet packet, Onward onward) {
        return packet.family == Packet.IPV4
                && packet.ipBytes > leastMtuBytes
                && !onward.local
                && piecesBytes(batch, packet) > mtuBytes(packet, onward);
    }

    /** Stops a packet whose hop-by-hop options keep it from going on. @return whether they do */
    boolean stopByHopByHopOptions(FrameBatch batch, Packet packet) {
        int problem = HopByHopOptions.problem(batch.memory, packet);
        if (problem == HopByHopOptions.NONE) {
            return false;
        }
        drop(packet, DropReason.HOP_BY_HOP_OPTIONS);
        if (problem != HopByHopOptions.SILENT) {
            errors.answer(batch, packet, Answer.v6ParameterProblem(problem >>> 16, problem & 0xffff), false);
        }
        return true;
    }

    private void drop(Packet packet, DropReason reason) {
        counters.drop(reason, packet.frames());
    }
}
