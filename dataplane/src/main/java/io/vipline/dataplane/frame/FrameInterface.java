package io.vipline.dataplane.frame;

/**
 * An interface that frames came from.
 *
 * @param name as the system or the capture calls it; empty if unknown
 * @param linkNumber the LINKTYPE_ value as the capture has it, which {@link LinkType#OTHER} does not tell
 * @param snapLength bytes kept of a frame; 0: all
 */
public record FrameInterface(String name, LinkType linkType, int linkNumber, int snapLength) {
    public FrameInterface(String name, LinkType linkType, int snapLength) {
        this(name, linkType, linkType.number(), snapLength);
    }

    public static FrameInterface ofLinkNumber(String name, int linkNumber, int snapLength) {
        LinkType type = LinkType.ofNumber(linkNumber);
        return new FrameInterface(name, type, type == LinkType.OTHER ? linkNumber : type.number(), snapLength);
    }
}
