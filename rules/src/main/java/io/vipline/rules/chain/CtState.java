package io.vipline.rules.chain;

/**
 * What {@code -m conntrack --ctstate} can ask for, in the order in which iptables-save lists them. SNAT and DNAT tell of the connection's NAT, not of its
 * state.
 */
public enum CtState {
    INVALID,
    NEW,
    RELATED,
    ESTABLISHED,
    UNTRACKED,
    SNAT,
    DNAT
}
