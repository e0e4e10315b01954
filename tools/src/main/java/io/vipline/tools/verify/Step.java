package io.vipline.tools.verify;

import java.util.Optional;

/**
 * One packet of a script. What it looks like depends on the world, where it answers a packet that left there.
 *
 * @param waitNs how long to wait after the step before
 */
record Step(long waitNs, Maker maker) {
    /** Makes the packet. */
    interface Maker {
        /** Empty if nothing can be sent because nothing has come through before. */
        Optional<Arrival> in(World world);
    }

    static Step of(Maker maker) {
        return new Step(0, maker);
    }

    Step after(long newWaitNs) {
        return new Step(newWaitNs, maker);
    }
}
