package io.vipline.dataplane;

import io.vipline.rules.table.Table;
import java.util.Arrays;

/**
 * What became of the input frames: {@code frames = forwarded + rejected + Σ dropped + Σ consumed}, always. Written by one
 * forwarder; {@link #add} sums several up after they have ended.
 */
public final class Counters {
    public long frames;
    public long bytes;
    public long forwarded;
    /** Forwarded frames whose addresses were translated, in either direction. */
    public long translated;

    public long rejected;
    public final long[] dropped = new long[DropReason.values().length];
    public final long[] consumed = new long[ConsumedReason.values().length];
    public final long[] generated = new long[GeneratedKind.values().length];
    /** Errors that there was cause for and that the rate limit kept back. */
    public final long[] withheld = new long[GeneratedKind.values().length];
    /** Connections that were opened. */
    public long flows;
    /** Connections given up to make room for new ones. */
    public long evicted;
    /** Answers seen at a client that its endpoint cannot have sent so: TTL 255 has no value one above it. */
    public long clientRepliesWithTtl255;
    /** Answers seen at a client whose zero checksum comes out in its other form (RFC 1624 section 3). */
    public long clientRepliesWithOtherZero;
    /** Frames by (service, endpoint) pair, both directions. */
    public long[] endpointPackets;

    public long[] endpointFlows;

    public Counters(Table table) {
        endpointPackets = new long[table.endpoints()];
        endpointFlows = new long[table.endpoints()];
    }

    /** Makes room for the endpoints of a later table; counts stay with their endpoints' numbers. */
    public void cover(Table later) {
        if (later.endpoints() > endpointPackets.length) {
            endpointPackets = Arrays.copyOf(endpointPackets, later.endpoints());
            endpointFlows = Arrays.copyOf(endpointFlows, later.endpoints());
        }
    }

    /** Why a frame ended here without being dropped. */
    public enum ConsumedReason {
        /** Delivered to the node itself. */
        LOCAL,
        /** ARP that was for us. */
        ARP,
        /** Neighbour discovery that was for us. */
        NEIGHBOUR_DISCOVERY,
        /** A repeated fragment of a datagram that already has it. */
        DUPLICATE_FRAGMENT
    }

    /** Frames that we made. */
    public enum GeneratedKind {
        ICMP_UNREACHABLE,
        ICMP_TIME_EXCEEDED,
        ICMP_FRAGMENTATION_NEEDED,
        ICMP_PARAMETER_PROBLEM,
        TCP_RESET,
        ICMP_ECHO_REPLY,
        /** ARP and neighbour discovery. */
        NEIGHBOUR,
        /** What a packet came out as beside the first, cut to fit. */
        FRAGMENT
    }

    public void drop(DropReason reason) {
        dropped[reason.ordinal()]++;
    }

    /** @param count input frames that go for the reason */
    public void drop(DropReason reason, int count) {
        dropped[reason.ordinal()] += count;
    }

    public void consume(ConsumedReason reason) {
        consumed[reason.ordinal()]++;
    }

    /** @param count input frames that end here */
    public void consume(ConsumedReason reason, int count) {
        consumed[reason.ordinal()] += count;
    }

    public void generate(GeneratedKind kind) {
        generated[kind.ordinal()]++;
    }

    public void withhold(GeneratedKind kind) {
        withheld[kind.ordinal()]++;
    }

    /** Whether every input frame is accounted for exactly once. */
    public boolean isConserved() {
        return frames == forwarded + rejected + sum(dropped) + sum(consumed);
    }

    /** Adds another forwarder's counts. */
    public void add(Counters other) {
        frames += other.frames;
        bytes += other.bytes;
        forwarded += other.forwarded;
        translated += other.translated;
        rejected += other.rejected;
        flows += other.flows;
        evicted += other.evicted;
        clientRepliesWithTtl255 += other.clientRepliesWithTtl255;
        clientRepliesWithOtherZero += other.clientRepliesWithOtherZero;
        add(dropped, other.dropped);
        add(consumed, other.consumed);
        add(generated, other.generated);
        add(withheld, other.withheld);
        add(endpointPackets, other.endpointPackets);
        add(endpointFlows, other.endpointFlows);
    }

    private static void add(long[] to, long[] from) {
        for (int i = 0; i < to.length; i++) {
            to[i] += from[i];
        }
    }

    private static long sum(long[] counts) {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }
}
