package io.vipline.dataplane.fragment;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.wire.Packet;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Brings fragments together before conntrack sees them ({@code nf_defrag_ipv4}, {@code nf_defrag_ipv6}): RFC 791, RFC
 * 8200 4.5; an overlap loses the whole datagram (RFC 5722, and Linux for IPv4 too). Memory is bounded as by {@code
 * ipfrag_high_thresh}. Owned by one thread.
 */
public final class Reassembly {
    /** {@code net.ipv4.ipfrag_high_thresh}. */
    private static final int MOST_BYTES = 4_194_304;
    /** {@code net.ipv4.ipfrag_time}. */
    private static final long V4_TIME_NS = TimeUnit.SECONDS.toNanos(30);
    /** {@code net.netfilter.nf_conntrack_frag6_timeout}. */
    private static final long V6_TIME_NS = TimeUnit.SECONDS.toNanos(60);

    private static final int MOST_PAYLOAD = 65_535;

    private record Key(
            int family,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int id,
            int protocol) {
        static Key of(Packet packet) {
            boolean isV4 = packet.family == Packet.IPV4;
            return new Key(
                    packet.family,
                    packet.sourceHigh,
                    packet.sourceLow,
                    packet.destinationHigh,
                    packet.destinationLow,
                    packet.fragmentId,
                    isV4 ? packet.protocol : 0);
        }
    }

    /** Told of fragments that come to nothing. */
    public interface Losses {
        /** @param frames number of frames lost for the reason */
        void lost(DropReason reason, int frames);

        /** A fragment that is there already. */
        void duplicate();
    }

    private final Map<Key, Datagram> waiting = new LinkedHashMap<>();
    private final ArrayDeque<Key> expired = new ArrayDeque<>();
    private final Losses losses;
    private int heldBytes;

    public Reassembly(Losses losses) {
        this.losses = losses;
    }

    /**
     * Takes a fragment in.
     *
     * @return the datagram that it makes whole, which the caller closes; null if it does not
     */
    public Datagram add(FrameBatch batch, Packet packet, long nowNs) {
        expire(nowNs);
        if (packet.fragmentOffset + packet.network + packet.ipBytes - packet.payload > MOST_PAYLOAD) {
            losses.lost(DropReason.IP_LENGTH, 1);
            return null;
        }
        if (heldBytes + packet.captured > MOST_BYTES) {
            losses.lost(DropReason.FRAGMENT_MEMORY, 1);
            return null;
        }
        Key key = Key.of(packet);
        Datagram datagram = waiting.computeIfAbsent(key, absent -> new Datagram(nowNs));
        return switch (datagram.add(batch, packet)) {
            case DUPLICATE -> {
                losses.duplicate();
                yield null;
            }
            case OVERLAP -> {
                forget(key);
                losses.lost(DropReason.FRAGMENT_OVERLAP, datagram.frames() + 1);
                yield null;
            }
            case ADDED -> {
                heldBytes += packet.captured;
                if (!datagram.isWhole()) {
                    yield null;
                }
                forget(key);
                datagram.assemble(packet.number, batch.timeNs(packet.slot));
                yield datagram;
            }
        };
    }

    private void forget(Key key) {
        heldBytes -= waiting.remove(key).heldBytes();
    }

    private void expire(long nowNs) {
        Iterator<Map.Entry<Key, Datagram>> oldest = waiting.entrySet().iterator();
        while (oldest.hasNext()) {
            Map.Entry<Key, Datagram> entry = oldest.next();
            long timeNs = entry.getKey().family() == Packet.IPV4 ? V4_TIME_NS : V6_TIME_NS;
            if (nowNs - entry.getValue().firstNs() <= V4_TIME_NS) {
                break;
            }
            if (nowNs - entry.getValue().firstNs() > timeNs) {
                expired.add(entry.getKey());
            }
        }
        while (!expired.isEmpty()) {
            lose(expired.poll());
        }
    }

    private void lose(Key key) {
        int frames = waiting.get(key).frames();
        forget(key);
        losses.lost(DropReason.FRAGMENT_INCOMPLETE, frames);
    }

    /** Gives up on everything that still waits. */
    public void finish() {
        expired.addAll(waiting.keySet());
        while (!expired.isEmpty()) {
            lose(expired.poll());
        }
    }
}
