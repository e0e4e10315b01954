package io.vipline.rules.chain;

/** What {@code -m conntrack --ctstate} can ask for. SNAT and DNAT tell of the connection's NAT, not of its state. */
public enum CtState {
    INVALID,
    NEW,
    ESTABLISHED,
    RELATED,
    UNTRACKED,
    SNAT,
    DNAT
}
