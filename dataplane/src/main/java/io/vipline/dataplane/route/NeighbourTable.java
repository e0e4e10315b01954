package io.vipline.dataplane.route;

import io.vipline.dataplane.route.Neighbour.State;
import java.util.function.Predicate;

/**
 * Link-layer addresses of the stations on our links, by interface and IP address: what ARP (RFC 826) and neighbour
 * discovery (RFC 4861 7.2, 7.3) keep. Knows no clock and no message format. {@link #find} makes no objects; the rest is
 * off the fast path. Owned by the forwarder's thread.
 *
 * <p>Limits, after the kernel's defaults ({@code net.ipv4.neigh.default}): asked three times a second apart, then given
 * up; believed for 30 seconds; {@value #WAITING_FRAMES} frames and {@value #WAITING_BYTES} bytes wait for one neighbour,
 * the oldest dropped first; {@value #CAPACITY} neighbours, above which the one that was used longest ago goes.
 */
public final class NeighbourTable {
    public static final long UNRESOLVED = -1;

    static final int CAPACITY = 1024;
    static final int WAITING_FRAMES = 101;
    static final int WAITING_BYTES = 212_992;
    static final int PROBES = 3;
    static final long RETRANSMIT_NS = 1_000_000_000L;
    static final long REACHABLE_NS = 30_000_000_000L;
    static final long UNUSED_NS = 600_000_000_000L;

    private static final int SLOTS = CAPACITY * 4;

    private final Neighbour[] slots = new Neighbour[SLOTS];
    private int size;
    private long dueNs = Long.MAX_VALUE;

    public int size() {
        return size;
    }

    private static int home(int interfaceIndex, long high, long low) {
        long hash = ((high + interfaceIndex) * 0x9e37_79b9_7f4a_7c15L + low) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (hash >>> 32) & (SLOTS - 1);
    }

    private int slot(int interfaceIndex, long high, long low) {
        int at = home(interfaceIndex, high, low);
        while (slots[at] != null && !slots[at].is(interfaceIndex, high, low)) {
            at = (at + 1) & (SLOTS - 1);
        }
        return at;
    }

    /**
     * The link-layer address of a neighbour to send to. One that was confirmed too long ago will be asked again.
     *
     * @return {@link #UNRESOLVED} if it is not known
     */
    public long find(int interfaceIndex, long high, long low, long nowNs) {
        Neighbour neighbour = slots[slot(interfaceIndex, high, low)];
        if (neighbour == null) {
            return UNRESOLVED;
        }
        neighbour.usedNs = nowNs;
        if (neighbour.state == State.REACHABLE && nowNs - neighbour.confirmedNs > REACHABLE_NS) {
            neighbour.state = State.PROBING;
            ask(neighbour, nowNs);
        }
        return neighbour.hardwareAddress;
    }

    private void ask(Neighbour neighbour, long nowNs) {
        neighbour.probes = 0;
        neighbour.dueNs = nowNs;
        dueNs = Math.min(dueNs, nowNs);
    }

    /**
     * Keeps a frame for a neighbour that {@link #find} did not know, and has the neighbour asked for.
     *
     * @param finishedFrame the frame's record, whole; not to be changed afterwards
     */
    public void hold(Station station, byte[] finishedFrame, long nowNs, NeighbourEvents events) {
        Neighbour neighbour = slots[slot(station.interfaceIndex(), station.high(), station.low())];
        if (neighbour == null) {
            neighbour = add(station, nowNs, events);
            ask(neighbour, nowNs);
        }
        neighbour.waiting.add(finishedFrame);
        neighbour.waitingBytes += finishedFrame.length;
        while (neighbour.waiting.size() > 1
                && (neighbour.waiting.size() > WAITING_FRAMES || neighbour.waitingBytes > WAITING_BYTES)) {
            byte[] oldest = neighbour.waiting.remove();
            neighbour.waitingBytes -= oldest.length;
            events.unresolved(oldest);
        }
    }

    /** A station on a link. */
    public record Station(int interfaceIndex, long high, long low) {}

    private Neighbour add(Station station, long nowNs, NeighbourEvents events) {
        makeRoom(events);
        Neighbour neighbour = new Neighbour(station.interfaceIndex(), station.high(), station.low(), nowNs);
        slots[slot(station.interfaceIndex(), station.high(), station.low())] = neighbour;
        size++;
        return neighbour;
    }

    private void makeRoom(NeighbourEvents events) {
        if (size < CAPACITY) {
            return;
        }
        int oldest = -1;
        for (int i = 0; i < SLOTS; i++) {
            if (slots[i] != null && (oldest < 0 || slots[i].usedNs < slots[oldest].usedNs)) {
                oldest = i;
            }
        }
        Neighbour evicted = slots[oldest];
        remove(oldest);
        evicted.waiting.forEach(events::unresolved);
    }

    /** Takes an entry out and closes the gap in its probe sequence. */
    private void remove(int slot) {
        size--;
        int hole = slot;
        slots[hole] = null;
        for (int at = (hole + 1) & (SLOTS - 1); slots[at] != null; at = (at + 1) & (SLOTS - 1)) {
            Neighbour moving = slots[at];
            int home = home(moving.interfaceIndex, moving.high, moving.low);
            if (((at - home) & (SLOTS - 1)) >= ((at - hole) & (SLOTS - 1))) {
                slots[hole] = moving;
                slots[at] = null;
                hole = at;
            }
        }
    }

    /**
     * A neighbour has told its link-layer address.
     *
     * @param create whether to remember one that nobody asked for: it spoke to us; false: only one known already is updated
     */
    public void confirm(Station station, long hardwareAddress, boolean create, long nowNs, NeighbourEvents events) {
        Neighbour neighbour = slots[slot(station.interfaceIndex(), station.high(), station.low())];
        if (neighbour == null) {
            if (!create) {
                return;
            }
            neighbour = add(station, nowNs, events);
        }
        neighbour.hardwareAddress = hardwareAddress;
        neighbour.state = State.REACHABLE;
        neighbour.confirmedNs = nowNs;
        neighbour.waitingBytes = 0;
        while (!neighbour.waiting.isEmpty()) {
            events.release(neighbour.waiting.remove(), hardwareAddress);
        }
    }

    /** Asks, asks again, gives up, forgets: what is due by now. To be called often; cheap when nothing is due. */
    public void poll(long nowNs, NeighbourEvents events) {
        if (nowNs < dueNs) {
            return;
        }
        dueNs = nowNs + RETRANSMIT_NS;
        forget(neighbour -> isOver(neighbour, nowNs), events);
        for (Neighbour neighbour : slots) {
            if (neighbour != null && neighbour.state != State.REACHABLE) {
                if (neighbour.dueNs <= nowNs) {
                    neighbour.probes++;
                    neighbour.dueNs = nowNs + RETRANSMIT_NS;
                    events.solicit(neighbour.interfaceIndex, neighbour.high, neighbour.low, neighbour.hardwareAddress);
                }
                dueNs = Math.min(dueNs, neighbour.dueNs);
            }
        }
    }

    private static boolean isOver(Neighbour neighbour, long nowNs) {
        return switch (neighbour.state) {
            case INCOMPLETE, PROBING -> neighbour.probes >= PROBES && neighbour.dueNs <= nowNs;
            case REACHABLE -> nowNs - neighbour.usedNs > UNUSED_NS;
        };
    }

    /** Drops every frame that still waits: the run ends. */
    public void giveUp(NeighbourEvents events) {
        forget(neighbour -> neighbour.state == State.INCOMPLETE, events);
    }

    private void forget(Predicate<Neighbour> which, NeighbourEvents events) {
        for (int i = 0; i < SLOTS; i++) {
            // closing the gap may bring another one here
            while (slots[i] != null && which.test(slots[i])) {
                Neighbour forgotten = slots[i];
                remove(i);
                forgotten.waiting.forEach(events::unresolved);
            }
        }
    }
}
