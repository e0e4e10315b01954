package io.vipline.rules.chain;

/** The netfilter hooks, in the kernel's order ({@code include/uapi/linux/netfilter.h}). */
public enum Hook {
    PREROUTING,
    INPUT,
    FORWARD,
    OUTPUT,
    POSTROUTING
}
