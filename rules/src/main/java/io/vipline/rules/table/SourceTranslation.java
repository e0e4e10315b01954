package io.vipline.rules.table;

import io.vipline.rules.net.IpAddress;

/** What POSTROUTING does to the source of a connection. */
public sealed interface SourceTranslation {
    /** The source stays. */
    record None() implements SourceTranslation {}

    /**
     * To the address of the interface by which the packet leaves.
     *
     * @param firstPort lowest port to choose from; 0 with {@code lastPort} 0: keep the port where the tuple is free
     */
    record Masquerade(boolean randomFully, int firstPort, int lastPort) implements SourceTranslation {}

    /** To a given address; ports as in {@link Masquerade}. */
    record To(IpAddress address, boolean randomFully, int firstPort, int lastPort) implements SourceTranslation {}

    SourceTranslation NONE = new None();
    SourceTranslation MASQUERADE = new Masquerade(false, 0, 0);
    SourceTranslation MASQUERADE_RANDOM_FULLY = new Masquerade(true, 0, 0);
}
