package io.vipline.dataplane.route;

/** What a {@link NeighbourTable} wants done. */
public interface NeighbourEvents {
    /**
     * A neighbour is to be asked for its link-layer address.
     *
     * @param hardwareAddress the one it had: it alone is asked; {@link NeighbourTable#UNRESOLVED}: everybody is
     */
    void solicit(int interfaceIndex, long high, long low, long hardwareAddress);

    /** A finished-frame record that waited for {@code hardwareAddress} can leave. */
    void release(byte[] finishedFrame, long hardwareAddress);

    /** A finished-frame record waited in vain and is dropped. */
    void unresolved(byte[] finishedFrame);
}
