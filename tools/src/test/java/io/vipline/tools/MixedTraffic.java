package io.vipline.tools;

import io.vipline.dataplane.frame.LinkType;
import io.vipline.tools.CapturedFrames.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes traffic harder: some datagrams come in fragments, the last one first, and some packets draw ICMP errors. */
final class MixedTraffic {
    private static final int LINK_BYTES = 14;
    private static final int IP_BYTES = 20;

    private MixedTraffic() {}

    /** Every third IPv4 datagram that is long enough in two pieces, an error after every fifth IPv4 frame. */
    static List<Frame> of(List<Frame> frames) {
        List<Frame> mixed = new ArrayList<>();
        int datagrams = 0;
        int packets = 0;
        for (Frame frame : frames) {
            DecodedFrame decoded = frame.decoded();
            boolean isV4 = decoded.isIp() && decoded.isV4() && decoded.network() == LINK_BYTES;
            if (isV4 && decoded.protocol() == DecodedFrame.UDP && decoded.end() > 80 && datagrams++ % 3 == 0) {
                int cut = 24;
                mixed.add(piece(frame, decoded, cut, decoded.end() - decoded.transport(), false));
                mixed.add(piece(frame, decoded, 0, cut, true));
            } else {
                mixed.add(frame);
            }
            if (isV4 && packets++ % 5 == 0) {
                mixed.add(error(frame));
            }
        }
        return mixed;
    }

    private static Frame piece(Frame frame, DecodedFrame decoded, int from, int to, boolean more) {
        byte[] bytes = Arrays.copyOf(frame.bytes(), decoded.transport() + to - from);
        System.arraycopy(frame.bytes(), decoded.transport() + from, bytes, decoded.transport(), to - from);
        ByteBuffer view = ByteBuffer.wrap(bytes);
        view.putShort(LINK_BYTES + 2, (short) (IP_BYTES + to - from));
        view.putShort(LINK_BYTES + 4, (short) (frame.timeNs() / 1000));
        view.putShort(LINK_BYTES + 6, (short) (from / 8 | (more ? 0x2000 : 0)));
        sum(view, LINK_BYTES, IP_BYTES, LINK_BYTES + 10);
        return new Frame(bytes, bytes.length, frame.timeNs(), LinkType.ETHERNET);
    }

    /** The receiver's port unreachable, which quotes 28 bytes. */
    static Frame error(Frame about) {
        byte[] swapped = about.decoded().swapped();
        int quoted = IP_BYTES + 8;
        ByteBuffer out = ByteBuffer.allocate(LINK_BYTES + IP_BYTES + 8 + quoted);
        out.put(swapped, 0, LINK_BYTES + IP_BYTES);
        out.putShort((short) 0x0303).putShort((short) 0).putInt(0).put(about.bytes(), LINK_BYTES, quoted);
        out.putShort(LINK_BYTES + 2, (short) (out.capacity() - LINK_BYTES)).put(LINK_BYTES + 9, (byte) 1);
        sum(out, LINK_BYTES, IP_BYTES, LINK_BYTES + 10);
        sum(out, LINK_BYTES + IP_BYTES, 8 + quoted, LINK_BYTES + IP_BYTES + 2);
        return new Frame(out.array(), out.capacity(), about.timeNs(), LinkType.ETHERNET);
    }

    private static void sum(ByteBuffer bytes, int from, int length, int field) {
        bytes.putShort(field, (short) 0);
        int sum = 0;
        for (int i = from; i < from + length; i += 2) {
            sum += bytes.getShort(i) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        bytes.putShort(field, (short) ~((sum & 0xffff) + (sum >>> 16)));
    }
}
