package io.vipline.dataplane.frame.capture;

/**
 * A file made by hand and what must be read of it.
 *
 * @param frames {@code time original interface link frame-length} of each
 * @param problem {@code offset what}; empty: none
 */
record CraftedCapture(String name, CaptureBytes file, String frames, String problem) {}
