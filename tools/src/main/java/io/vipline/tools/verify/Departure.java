package io.vipline.tools.verify;

/** An IP packet that left the node. */
public record Departure(Side side, byte[] packet) {}
