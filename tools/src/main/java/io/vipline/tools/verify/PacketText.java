package io.vipline.tools.verify;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.wire.Transport;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** A packet as people read it, a field a line, so that two can be laid side by side. */
final class PacketText {
    private static final int DUMPED_BYTES = 32;

    private PacketText() {}

    /** On one line, for what was sent. */
    static String line(byte[] packet) {
        PacketView view = new PacketView(packet);
        if (!view.isIp()) {
            return packet.length + " bytes: " + hex(packet, 0, packet.length);
        }
        String ends = view.hasPorts()
                ? view.source() + " > " + view.destination()
                : view.source().address() + " > " + view.destination().address();
        String what = ProtocolName.of(view.protocol()) + " " + ends + " ttl " + view.ttl() + ", " + packet.length
                + " bytes" + fragment(view) + detail(view);
        return view.quoted().map(inner -> what + " about " + quote(inner)).orElse(what);
    }

    private static String quote(PacketView inner) {
        return "{" + ProtocolName.of(inner.protocol()) + " " + inner.source() + " > " + inner.destination() + "}";
    }

    private static String fragment(PacketView view) {
        return view.fragmentOffset() > 0 || view.hasMoreFragments()
                ? ", fragment at " + view.fragmentOffset() + (view.hasMoreFragments() ? "+" : "")
                : "";
    }

    private static String detail(PacketView view) {
        if (view.fragmentOffset() > 0) {
            return "";
        }
        boolean isTcp = view.protocol() == Transport.TCP && view.end() - view.transport() >= 20;
        if (isTcp) {
            return " " + flags(view) + " seq " + unsigned(view, 4) + " ack " + unsigned(view, 8) + " win "
                    + view.word(view.transport() + 14);
        }
        if (view.protocol() == Transport.SCTP && view.end() - view.transport() >= 16) {
            return " tag " + Integer.toHexString(view.memory().getInt(view.transport() + 4, BIG_ENDIAN)) + " chunk "
                    + (view.memory().getByte(view.transport() + 12) & 0xff);
        }
        boolean isIcmp = view.isIcmpError() || view.isIcmpQuery();
        return isIcmp ? " type " + view.icmpType() + "/" + (view.memory().getByte(view.transport() + 1) & 0xff) : "";
    }

    private static String unsigned(PacketView view, int field) {
        return Integer.toUnsignedString(view.memory().getInt(view.transport() + field, BIG_ENDIAN));
    }

    private static String flags(PacketView view) {
        int bits = view.memory().getByte(view.transport() + 13);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if ((bits >> i & 1) != 0) {
                text.append("FSRPAUEC".charAt(i));
            }
        }
        return text.isEmpty() ? "no flags" : text.toString();
    }

    /** Field by field. */
    static List<String> lines(byte[] packet) {
        List<String> lines = new ArrayList<>();
        PacketView view = new PacketView(packet);
        if (view.isIp()) {
            add(view, lines, "");
        }
        lines.add("length " + packet.length);
        for (int at = 0; at < packet.length; at += 16) {
            if (at < DUMPED_BYTES * 4) {
                lines.add(String.format(Locale.ROOT, "%04x %s", at, hex(packet, at, Math.min(packet.length, at + 16))));
            }
        }
        return lines;
    }

    private static void add(PacketView view, List<String> lines, String indent) {
        int network = view.network();
        lines.add(indent + (view.isV4() ? "IPv4 " : "IPv6 ") + ProtocolName.of(view.protocol()) + fragment(view));
        lines.add(indent + "source "
                + (view.hasPorts() ? view.source() : view.source().address()));
        lines.add(indent + "destination "
                + (view.hasPorts() ? view.destination() : view.destination().address()));
        lines.add(indent + "ttl " + view.ttl());
        if (view.isV4()) {
            lines.add(indent + "tos " + (view.memory().getByte(network + 1) & 0xff) + " id " + view.word(network + 4)
                    + " flags " + Integer.toHexString(view.word(network + 6) >> 13));
            lines.add(indent + "header checksum " + Integer.toHexString(view.word(network + 10)));
        }
        lines.add(indent + ProtocolName.of(view.protocol()) + detail(view));
        if (view.checksumAt() >= 0) {
            lines.add(indent + "checksum " + Integer.toHexString(view.word(view.checksumAt())));
        }
        view.quoted().ifPresent(inner -> add(inner, lines, indent + "  "));
    }

    private static String hex(byte[] bytes, int from, int to) {
        return HexFormat.of().formatHex(bytes, from, to);
    }
}
