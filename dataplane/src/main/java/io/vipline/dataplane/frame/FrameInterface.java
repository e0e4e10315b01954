package io.vipline.dataplane.frame;

/**
 * An interface that frames came from.
 *
 * @param name as the system or the capture calls it; empty if unknown
 * @param snapLength bytes kept of a frame; 0: all
 */
public record FrameInterface(String name, LinkType linkType, int snapLength) {}
