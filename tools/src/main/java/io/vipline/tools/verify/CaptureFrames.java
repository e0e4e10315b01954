package io.vipline.tools.verify;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.wire.Ethernet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The IP packets of a capture, without what links put around them, and a count of what is no such packet. */
public final class CaptureFrames {
    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_IPV6 = 0x86dd;
    private static final int NEITHER = -1;

    /** Why a frame is not sent. */
    enum Unsent {
        /** ARP and the like: nothing for an IP node. */
        NOT_IP("not IP"),
        /** Who was there when it was captured knows how it went on. */
        CUT("cut by the snap length"),
        /** The kernel drops those that do not come from its own segmentation; Vipline takes the frame's length. */
        NO_LENGTH("IP length 0, as segmentation offload leaves it");

        private final String text;

        Unsent(String text) {
            this.text = text;
        }
    }

    /**
     * A packet.
     *
     * @param number of its frame in the capture, from 1
     * @param tags VLAN tags before it
     */
    record Captured(int number, boolean isV4, byte[] tags, byte[] packet) {}

    private final List<Captured> packets = new ArrayList<>();
    private final Map<Unsent, Integer> unsent = new EnumMap<>(Unsent.class);
    private int frames;

    /** Reads a capture to its end. */
    static CaptureFrames read(FrameSource source) {
        CaptureFrames read = new CaptureFrames();
        FrameBatch batch = new FrameBatch();
        while (source.poll(batch, FrameBatch.CAPACITY) != FrameSource.END) {
            for (int i = 0; i < batch.count; i++) {
                byte[] frame = new byte[batch.captured(i)];
                batch.memory.getBytes(batch.offset(i), frame);
                read.add(frame, batch.original(i) > batch.captured(i), batch.linkType(i));
            }
        }
        return read;
    }

    private void add(byte[] frame, boolean isCut, LinkType type) {
        frames++;
        int network = network(frame, type);
        if (network == NEITHER || network >= frame.length) {
            unsent.merge(Unsent.NOT_IP, 1, Integer::sum);
        } else if (isCut) {
            unsent.merge(Unsent.CUT, 1, Integer::sum);
        } else {
            byte[] packet = Arrays.copyOfRange(frame, network, frame.length);
            boolean isV4 = isV4(frame, network, type);
            boolean hasNoLength = isV4 && packet.length >= 20 && packet[2] == 0 && packet[3] == 0;
            if (hasNoLength) {
                unsent.merge(Unsent.NO_LENGTH, 1, Integer::sum);
            } else {
                packets.add(new Captured(frames, isV4, tags(frame, network, type), packet));
            }
        }
    }

    private static int network(byte[] frame, LinkType type) {
        return switch (type) {
            case ETHERNET -> behindTags(frame);
            case LINUX_SLL -> behindTags(frame, 14);
            case LINUX_SLL2 -> isIp(word(frame, 0)) ? 20 : NEITHER;
            case RAW_IP, RAW_IPV4, RAW_IPV6 -> 0;
            case BSD_LOOPBACK, OPENBSD_LOOPBACK -> 4;
            case OTHER -> NEITHER;
        };
    }

    /** Where the packet of an Ethernet frame begins; {@link #NEITHER} if it has none of IP's. */
    static int behindTags(byte[] frame) {
        return behindTags(frame, Ethernet.TYPE);
    }

    private static int behindTags(byte[] frame, int typeAt) {
        int at = typeAt;
        while (word(frame, at) == 0x8100 || word(frame, at) == 0x88a8) {
            at += 4;
        }
        return isIp(word(frame, at)) ? at + 2 : NEITHER;
    }

    private static byte[] tags(byte[] frame, int network, LinkType type) {
        return type == LinkType.ETHERNET ? Arrays.copyOfRange(frame, Ethernet.TYPE, network - 2) : new byte[0];
    }

    private static boolean isIp(int type) {
        return type == TYPE_IPV4 || type == TYPE_IPV6;
    }

    /** By the link layer's word where it has one. */
    private static boolean isV4(byte[] frame, int network, LinkType type) {
        return switch (type) {
            case ETHERNET, LINUX_SLL -> word(frame, network - 2) == TYPE_IPV4;
            case LINUX_SLL2 -> word(frame, 0) == TYPE_IPV4;
            default -> frame[network] >> 4 == 4;
        };
    }

    private static int word(byte[] frame, int at) {
        return at + 2 > frame.length ? NEITHER : (frame[at] & 0xff) << 8 | frame[at + 1] & 0xff;
    }

    List<Captured> packets() {
        return packets;
    }

    /** What is left out, for people; empty if nothing is. */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        unsent.forEach((why, count) -> notes.add(count + " of " + frames + " frames are not sent: " + why.text));
        return notes;
    }
}
