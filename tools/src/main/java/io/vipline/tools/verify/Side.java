package io.vipline.tools.verify;

/** On which of the node's two links a packet is. */
public enum Side {
    /** Clients, other nodes and their pods. */
    OUTSIDE,
    /** The node's own pods. */
    PODS
}
