package io.vipline.tools.verify;

/** An IP packet that is sent to the node. */
record Arrival(Side side, byte[] packet) {}
