package io.vipline.dataplane.route;

import java.util.ArrayDeque;

/** One station on a link, known or being asked for. Owned by the forwarder's thread, through {@link NeighbourTable}. */
final class Neighbour {
    enum State {
        /** Asked for, not answered yet: frames wait. */
        INCOMPLETE,
        /** Confirmed not long ago. */
        REACHABLE,
        /** Confirmed too long ago, used since, and being asked again; frames go to the old address. */
        PROBING
    }

    final int interfaceIndex;
    final long high;
    final long low;
    State state = State.INCOMPLETE;
    long hardwareAddress = NeighbourTable.UNRESOLVED;
    long confirmedNs;
    long usedNs;
    /** When to ask again, or to give up. */
    long dueNs;

    int probes;
    /** Finished-frame records that wait, oldest first. */
    final ArrayDeque<byte[]> waiting = new ArrayDeque<>(0);

    int waitingBytes;

    Neighbour(int interfaceIndex, long high, long low, long nowNs) {
        this.interfaceIndex = interfaceIndex;
        this.high = high;
        this.low = low;
        usedNs = nowNs;
        dueNs = nowNs;
    }

    boolean is(int index, long addressHigh, long addressLow) {
        return low == addressLow && high == addressHigh && interfaceIndex == index;
    }
}
