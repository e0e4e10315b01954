package io.vipline.dataplane.frame.filter;

import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A filter expression (pcap-filter(7)) compiled by libpcap, once for each link type, and run by libpcap's interpreter:
 * the same frames match as in {@code tcpdump -r FILE EXPRESSION}. Costs a copy of the frame and a native call each.
 */
public final class BpfFilter implements FrameFilter {
    private final String expression;
    private final List<FrameInterface> interfaces;
    private final Map<Link, BpfCode> codes = new HashMap<>();
    /** Code by interface, for the hot path; null: not met yet. */
    private BpfCode[] ofInterface = new BpfCode[8];

    private byte[] frame = new byte[2_048];

    /**
     * What code is compiled for.
     *
     * @param otherByteOrder whether captured by a machine of the other byte order, which shows in BSD loopback frames
     */
    record Link(int linkNumber, boolean otherByteOrder) {}

    /**
     * Compiles for the interfaces known so far; later ones are compiled for when their first frame comes. Where an
     * expression makes no sense for one of several link types, frames of that type do not match.
     *
     * @param interfaces live view of the source's interfaces
     * @throws FilterException if the expression is wrong, or libpcap is not installed
     */
    public BpfFilter(String expression, List<FrameInterface> interfaces) {
        this.expression = expression;
        this.interfaces = interfaces;
        for (FrameInterface face : interfaces) {
            codeOf(new Link(face.linkNumber(), false));
        }
        if (interfaces.isEmpty()) {
            // nothing to filter, but a wrong expression is wrong
            codeOf(new Link(LinkType.ETHERNET.number(), false));
        }
        if (codes.values().stream().noneMatch(BpfCode::isUsable)) {
            throw codes.values().iterator().next().refusal();
        }
    }

    @Override
    public boolean matches(FrameBatch batch, int i) {
        int captured = batch.captured(i);
        if (captured > frame.length) {
            frame = new byte[Math.max(captured, 2 * frame.length)];
        }
        batch.memory.getBytes(batch.offset(i), frame, 0, captured);
        return codeOf(batch, i).matches(frame, batch.original(i), captured);
    }

    private BpfCode codeOf(FrameBatch batch, int i) {
        int face = batch.interfaceIndex(i);
        if (batch.linkType(i) == LinkType.BSD_LOOPBACK && isOtherByteOrder(batch, i)) {
            return codeOf(new Link(interfaces.get(face).linkNumber(), true));
        }
        if (face < ofInterface.length && ofInterface[face] != null) {
            return ofInterface[face];
        }
        return keep(face, codeOf(new Link(interfaces.get(face).linkNumber(), false)));
    }

    /** Protocol families are small numbers, so the order of their bytes shows. */
    private static boolean isOtherByteOrder(FrameBatch batch, int i) {
        return batch.captured(i) >= 4 && (batch.memory.getInt(batch.offset(i)) & 0xffff_0000) != 0;
    }

    private BpfCode keep(int face, BpfCode code) {
        if (face >= ofInterface.length) {
            ofInterface = Arrays.copyOf(ofInterface, Math.max(2 * ofInterface.length, face + 1));
        }
        ofInterface[face] = code;
        return code;
    }

    private BpfCode codeOf(Link link) {
        return codes.computeIfAbsent(link, l -> BpfCode.compile(expression, l));
    }

    @Override
    public void close() {
        codes.values().forEach(BpfCode::close);
        codes.clear();
    }
}
