package io.vipline.rules.table;

import io.vipline.rules.net.IpAddress;

/** What POSTROUTING does to the source of a connection. */
public sealed interface SourceTranslation {
    /** Whether the port is drawn at random even where the client's own is free. */
    boolean randomFully();

    /** Lowest port to choose from; 0 with {@link #lastPort()} 0: keep the port where the tuple is free. */
    int firstPort();

    int lastPort();

    /** The source stays. */
    record None() implements SourceTranslation {
        @Override
        public boolean randomFully() {
            return false;
        }

        @Override
        public int firstPort() {
            return 0;
        }

        @Override
        public int lastPort() {
            return 0;
        }
    }

    /** To the address of the interface by which the packet leaves. */
    record Masquerade(boolean randomFully, int firstPort, int lastPort) implements SourceTranslation {}

    /** To a given address. */
    record To(IpAddress address, boolean randomFully, int firstPort, int lastPort) implements SourceTranslation {}

    SourceTranslation NONE = new None();
    SourceTranslation MASQUERADE = new Masquerade(false, 0, 0);
    SourceTranslation MASQUERADE_RANDOM_FULLY = new Masquerade(true, 0, 0);
}
