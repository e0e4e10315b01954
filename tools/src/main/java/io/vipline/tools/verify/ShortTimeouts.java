package io.vipline.tools.verify;

import io.vipline.dataplane.sysctl.Sysctl;
import io.vipline.dataplane.sysctl.Sysctls;

/** Settings with every timeout so short that it can be waited for, each drawn apart so that none passes for another. */
final class ShortTimeouts {
    private static final int SHORTEST_SECONDS = 2;
    static final int LONGEST_SECONDS = 6;
    /** UDP must live for longer than the two seconds after which it is a stream, and a bit. */
    private static final int SHORTEST_UDP_SECONDS = 3;

    private ShortTimeouts() {}

    static Sysctls of(Sysctls sysctls, Dice dice) {
        Sysctls shorter = sysctls;
        for (Sysctl sysctl : Sysctl.values()) {
            if (sysctl.unit() == Sysctl.Unit.SECONDS) {
                int least = sysctl == Sysctl.UDP_TIMEOUT ? SHORTEST_UDP_SECONDS : SHORTEST_SECONDS;
                shorter = shorter.with(sysctl, dice.between(least, LONGEST_SECONDS));
            }
        }
        return shorter;
    }

    /** A second more everywhere. */
    static Sysctls longer(Sysctls sysctls) {
        Sysctls longer = sysctls;
        for (Sysctl sysctl : Sysctl.values()) {
            if (sysctl.unit() == Sysctl.Unit.SECONDS) {
                longer = longer.with(sysctl, sysctls.get(sysctl) + 1);
            }
        }
        return longer;
    }
}
