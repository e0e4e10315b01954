package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;

/**
 * The packets that one entry of a table is for.
 *
 * @param protocol IANA number, or {@link #OTHER}: none that a rule names
 * @param host null: none that a rule names otherwise than together with a protocol and a port
 * @param port {@link #OTHER}: none that a rule names for this host; {@link #NONE} if the protocol has no ports
 */
record PacketClass(IpFamily family, CtState state, int protocol, IpAddress host, int port) {
    static final int NONE = -1;
    static final int OTHER = -2;

    /** Whether there is but one destination in the class. */
    boolean isExact() {
        return host != null && port != OTHER;
    }
}
