package io.vipline.dataplane.icmp;

import io.vipline.dataplane.ErrorLimit;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Packet;
import java.util.concurrent.TimeUnit;

/**
 * How many errors a node sends: {@code icmp_global_allow} and {@code icmpv4_xrlim_allow} of net/ipv4/icmp.c, {@code
 * icmpv6_xrlim_allow} of net/ipv6/icmp.c, {@code inet_peer_xrlim_allow} of net/ipv4/inetpeer.c. One bucket is for all
 * errors of both families, and each address that errors go to has one of its own. What tells the path MTU is exempt:
 * whoever sends that does not ask.
 *
 * <p>A peer whose bucket is full again is as good as unknown, so few need be remembered: {@link #SETS} sets of {@link
 * #WAYS}, in each of which a new peer takes the place of the one that was told off longest ago.
 *
 * <p>Owned by one thread at a time: in a replay by whoever's turn it is in the capture.
 */
public final class IcmpLimits implements ErrorLimit {
    /** {@code XRLIM_BURST_FACTOR}: what an address that was quiet gets at once. */
    private static final int PEER_BURST = 6;
    /** An address that nothing was sent to for so long has all of it. */
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(60);

    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    /** The bucket for all is not filled up more often than that. */
    private static final long REFILL_NS = SECOND_NS / 50;

    private static final int SETS_LOG2 = 12;
    private static final int SETS = 1 << SETS_LOG2;
    private static final int WAYS = 8;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final long v4PeerNs;
    private final long v6PeerNs;
    private final long perSecond;
    private final long burst;
    private final long seed;
    private long credit;
    private long refilledNs = Long.MIN_VALUE;

    private long[] high;
    private long[] low;
    private long[] tokensNs;
    /** When a peer was looked at last; 0: the place is free. */
    private long[] lookedNs;

    /** @param seed of what an error takes from the bucket for all, which the kernel draws */
    public IcmpLimits(Sysctls sysctls, long seed) {
        v4PeerNs = sysctls.ns(Sysctl.ICMP_RATELIMIT);
        v6PeerNs = sysctls.ns(Sysctl.ICMPV6_RATELIMIT);
        perSecond = sysctls.get(Sysctl.ICMP_MSGS_PER_SEC);
        burst = sysctls.get(Sysctl.ICMP_MSGS_BURST);
        this.seed = seed;
    }

    /** The limits of a node. */
    public static IcmpLimits of(PipelineConfig node) {
        return new IcmpLimits(node.sysctls(), node.seed());
    }

    /** The error goes to the packet's source; what is drawn for it follows from the packet's number. */
    @Override
    public boolean allows(Packet about) {
        long nowNs = about.nowNs;
        if (!hasCredit(nowNs)) {
            return false;
        }
        long timeoutNs = about.family == Packet.IPV4 ? v4PeerNs : v6PeerNs;
        if (timeoutNs > 0 && !isPeersTurn(about.sourceHigh, about.sourceLow, timeoutNs, nowNs)) {
            return false;
        }
        // icmp_global_consume(): 0 to 2, so that nobody can count how many others were sent
        long drawn = ((about.number ^ seed) * MIX ^ seed >>> 32) * MIX;
        credit -= Long.remainderUnsigned(drawn >>> 32, 3);
        return true;
    }

    private boolean hasCredit(long nowNs) {
        if (credit > 0) {
            return true;
        }
        long sinceNs = refilledNs == Long.MIN_VALUE ? SECOND_NS : Math.min(nowNs - refilledNs, SECOND_NS);
        long more = perSecond * sinceNs / SECOND_NS;
        if (sinceNs < REFILL_NS || more == 0) {
            return false;
        }
        refilledNs = nowNs;
        credit = Math.min(credit + more, burst);
        return true;
    }

    private boolean isPeersTurn(long peerHigh, long peerLow, long timeoutNs, long nowNs) {
        if (lookedNs == null) {
            high = new long[SETS * WAYS];
            low = new long[SETS * WAYS];
            tokensNs = new long[SETS * WAYS];
            lookedNs = new long[SETS * WAYS];
        }
        int at = place(peerHigh, peerLow, nowNs);
        long tokens = tokensNs[at] + Math.max(0, nowNs - lookedNs[at]);
        tokens = Math.min(tokens, PEER_BURST * timeoutNs);
        boolean isTurn = tokens >= timeoutNs;
        tokensNs[at] = isTurn ? tokens - timeoutNs : tokens;
        lookedNs[at] = nowNs;
        return isTurn;
    }

    /** Where the peer is remembered, or will be from now on. */
    private int place(long peerHigh, long peerLow, long nowNs) {
        int first = (int) ((peerHigh * MIX ^ peerLow) * MIX >>> 64 - SETS_LOG2) * WAYS;
        int oldest = first;
        for (int at = first; at < first + WAYS; at++) {
            if (lookedNs[at] != 0 && low[at] == peerLow && high[at] == peerHigh) {
                return at;
            }
            if (lookedNs[at] < lookedNs[oldest]) {
                oldest = at;
            }
        }
        high[oldest] = peerHigh;
        low[oldest] = peerLow;
        tokensNs[oldest] = 0;
        lookedNs[oldest] = nowNs - QUIET_NS;
        return oldest;
    }
}
