package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.Hook;

/**
 * A hook on a packet's way.
 *
 * @param looped the second half of the way of a packet from the node to itself, back in through {@code lo}: conntrack
 *     knows it already and NAT is not asked again ({@code nf_conntrack_in}: "previously seen (loopback)")
 */
record HookVisit(Hook hook, boolean looped) {
    /** Whether NAT here is about the destination. */
    boolean mapsDestination() {
        return hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    }

    boolean mapsSource() {
        return hook == Hook.INPUT || hook == Hook.POSTROUTING;
    }
}
