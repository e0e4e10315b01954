package io.vipline.dataplane.fragment;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.dataplane.wire.Packet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings fragments together before conntrack sees them ({@code nf_defrag_ipv4}, {@code nf_defrag_ipv6}): RFC 791, RFC
 * 8200 4.5; an overlap loses the whole datagram (RFC 5722, and Linux for IPv4 too). Memory is bounded as by {@code
 * ipfrag_high_thresh}, for each family apart. Owned by one thread.
 */
public final class Reassembly {
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

        /**
         * A datagram did not come together in time.
         *
         * @param number of the frame that the clock stood at when that was noticed
         */
        void expired(Datagram datagram, long number);

        /** A fragment that is there already. */
        void duplicate();
    }

    /** The datagrams of one family that wait for their rest, oldest first: {@code struct fqdir}. */
    private static final class Queues {
        private final Map<Key, Datagram> waiting = new LinkedHashMap<>();
        private final long timeNs;
        private final long mostBytes;
        private long heldBytes;

        Queues(long timeNs, long mostBytes) {
            this.timeNs = timeNs;
            this.mostBytes = mostBytes;
        }

        Datagram forget(Key key) {
            Datagram datagram = waiting.remove(key);
            heldBytes -= datagram.heldBytes();
            return datagram;
        }
    }

    private final Queues v4;
    private final Queues v6;
    private final Losses losses;

    public Reassembly(Sysctls sysctls, Losses losses) {
        v4 = new Queues(sysctls.ns(Sysctl.IPFRAG_TIME), sysctls.get(Sysctl.IPFRAG_HIGH_THRESH));
        v6 = new Queues(sysctls.ns(Sysctl.FRAG6_TIMEOUT), sysctls.get(Sysctl.FRAG6_HIGH_THRESH));
        this.losses = losses;
    }

    /**
     * Takes a fragment in.
     *
     * @return the datagram that it makes whole, which the caller closes; null if it does not
     */
    public Datagram add(FrameBatch batch, Packet packet, long nowNs) {
        expire(v4, packet.number, nowNs);
        expire(v6, packet.number, nowNs);
        if (packet.fragmentOffset + packet.network + packet.ipBytes - packet.payload > MOST_PAYLOAD) {
            losses.lost(DropReason.IP_LENGTH, 1);
            return null;
        }
        Queues queues = packet.family == Packet.IPV4 ? v4 : v6;
        if (queues.heldBytes + packet.captured > queues.mostBytes) {
            losses.lost(DropReason.FRAGMENT_MEMORY, 1);
            return null;
        }
        Key key = Key.of(packet);
        Datagram datagram = queues.waiting.computeIfAbsent(key, absent -> new Datagram(nowNs));
        return switch (datagram.add(batch, packet)) {
            case DUPLICATE -> {
                losses.duplicate();
                yield null;
            }
            case MISFIT -> {
                queues.forget(key);
                losses.lost(DropReason.FRAGMENT_OVERLAP, datagram.frames() + 1);
                yield null;
            }
            case ADDED -> {
                queues.heldBytes += packet.captured;
                if (!datagram.isWhole()) {
                    yield null;
                }
                queues.forget(key);
                datagram.assemble(packet.number, batch.timeNs(packet.slot));
                yield datagram;
            }
        };
    }

    private void expire(Queues queues, long number, long nowNs) {
        while (!queues.waiting.isEmpty()) {
            Map.Entry<Key, Datagram> oldest =
                    queues.waiting.entrySet().iterator().next();
            if (nowNs - oldest.getValue().firstNs() <= queues.timeNs) {
                return;
            }
            losses.expired(queues.forget(oldest.getKey()), number);
        }
    }

    private void lose(Queues queues, Key key) {
        losses.lost(DropReason.FRAGMENT_INCOMPLETE, queues.forget(key).frames());
    }

    /** Gives up on everything that still waits. */
    public void finish() {
        List.copyOf(v4.waiting.keySet()).forEach(key -> lose(v4, key));
        List.copyOf(v6.waiting.keySet()).forEach(key -> lose(v6, key));
    }
}
