package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Checksum;
import java.util.Arrays;

/**
 * What two right nodes may do differently, beside what they choose for a connection: the identification of packets that
 * they make, IPv4's and that of IPv6 datagrams cut anew; the flow label of those; the milliseconds of a time stamp option; and bytes behind the end of an IP packet, which the
 * kernel cuts off and Vipline keeps, as a link does.
 */
final class Freedom {
    private static final int V4_IDENTIFICATION = 4;
    private static final int V4_CHECKSUM = 10;
    private static final int V4_OPTIONS = 20;
    private static final int MOST_MILLIS_APART = 20;
    private static final int V6_FRAGMENT_ID = 4;
    private static final int V6_FLOW_LABEL_BYTES = 3;

    private Freedom() {}

    /**
     * The kernel's packet with Vipline's freedoms.
     *
     * @param isMade whether the node made it
     */
    static byte[] take(byte[] kernel, byte[] vipline, boolean isMade) {
        byte[] taken = kernel.clone();
        PacketView view = new PacketView(taken);
        PacketView other = new PacketView(vipline);
        if (!view.isIp() || !other.isIp() || view.isV4() != other.isV4()) {
            return taken;
        }
        if (isMade && view.isV4()) {
            takeIdentification(view, other);
        } else if (isMade) {
            // net.ipv6.auto_flowlabels
            view.memory().putBytes(1, other.memory(), 1, V6_FLOW_LABEL_BYTES);
        }
        if (view.isV4()) {
            takeTimeStamps(view, other);
        }
        boolean areFragments = view.fragmentHeader() > 0 && other.fragmentHeader() == view.fragmentHeader();
        if (areFragments) {
            int at = view.fragmentHeader() + V6_FRAGMENT_ID;
            view.memory().putBytes(at, other.memory(), at, 4);
        }
        view.memory().getBytes(0, taken);
        return withTrailer(taken, vipline, view);
    }

    private static void takeIdentification(PacketView view, PacketView other) {
        NativeMemory memory = view.memory();
        int now = other.word(V4_IDENTIFICATION);
        long difference = Checksum.difference16(view.word(V4_IDENTIFICATION), now);
        memory.putShort(V4_IDENTIFICATION, (short) now, BIG_ENDIAN);
        memory.putShort(
                V4_CHECKSUM, (short) Checksum.update(memory.getShort(V4_CHECKSUM, BIG_ENDIAN), difference), BIG_ENDIAN);
    }

    /** What an IPv4 time stamp option was stamped with, if that was at nearly the same time. */
    private static void takeTimeStamps(PacketView view, PacketView other) {
        int end = Math.min(view.transport(), other.transport());
        for (int at = V4_OPTIONS; at + 4 <= end; at += 4) {
            int kernel = view.memory().getInt(at, BIG_ENDIAN);
            int vipline = other.memory().getInt(at, BIG_ENDIAN);
            if (kernel != vipline && Math.abs((long) kernel - vipline) <= MOST_MILLIS_APART) {
                view.memory().putInt(at, vipline, BIG_ENDIAN);
                int checksum = Checksum.update(view.word(V4_CHECKSUM), Checksum.difference32(kernel, vipline));
                view.memory().putShort(V4_CHECKSUM, (short) checksum, BIG_ENDIAN);
            }
        }
    }

    private static byte[] withTrailer(byte[] kernel, byte[] vipline, PacketView view) {
        int ipBytes = view.isV4() ? view.word(2) : 40 + view.word(4);
        if (kernel.length != ipBytes || vipline.length <= ipBytes) {
            return kernel;
        }
        byte[] longer = Arrays.copyOf(kernel, vipline.length);
        System.arraycopy(vipline, ipBytes, longer, ipBytes, vipline.length - ipBytes);
        return longer;
    }
}
