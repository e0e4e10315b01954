package io.vipline.tools.verify;

/**
 * An IP packet that is sent to the node.
 *
 * @param isV4 what the link layer says it is
 */
record Arrival(Side side, boolean isV4, byte[] packet) {}
