package io.vipline.tools.verify;

import java.util.Optional;

/**
 * One packet of a script. What it looks like depends on the world, where it answers a packet that left there.
 *
 * @param flow what it belongs to
 * @param waitNs how long to wait after the step before
 */
record Step(Flow flow, long waitNs, Maker maker) {
    /** Empty if nothing can be sent because nothing has come through before. */
    Optional<Arrival> in(World world) {
        return maker.in(flow, world);
    }

    /** Makes the packet. */
    interface Maker {
        Optional<Arrival> in(Flow flow, World world);
    }
}
