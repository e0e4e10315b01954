package io.vipline.tools;

import io.vipline.dataplane.frame.Disposition;
import io.vipline.dataplane.underlay.Fates;
import io.vipline.dataplane.underlay.Station;
import io.vipline.dataplane.underlay.Transit;
import io.vipline.dataplane.underlay.Underlay.Passage;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;

/** What a frame met at a station, in words. */
final class WayText {
    private WayText() {}

    /** {@code udp 10.0.0.5:40000 > 10.96.0.10:53 ttl 64}. */
    static String of(Packet packet) {
        IpAddress source = new IpAddress(packet.sourceHigh, packet.sourceLow);
        IpAddress destination = new IpAddress(packet.destinationHigh, packet.destinationLow);
        return protocol(packet)
                + " "
                + end(source, packet.sourcePort, packet.hasPorts)
                + " > "
                + end(destination, packet.destinationPort, packet.hasPorts)
                + " ttl "
                + packet.ttl;
    }

    private static String protocol(Packet packet) {
        String name = switch (packet.protocol) {
            case Transport.TCP -> "tcp";
            case Transport.UDP -> "udp";
            case Transport.SCTP -> "sctp";
            case Transport.ICMP, Transport.ICMPV6 ->
                "icmp type " + (packet.icmpTypeCode >>> 8) + " code " + (packet.icmpTypeCode & 0xff);
            default -> "protocol " + packet.protocol;
        };
        return packet.fragment ? name + " fragment" : name;
    }

    private static String end(IpAddress address, int port, boolean hasPorts) {
        return hasPorts ? new IpPort(address, port).toString() : address.toString();
    }

    /** What the station did with a frame that leaves it. */
    static String fate(Station station, Transit frame) {
        int endpoint = frame.endpointId();
        Disposition disposition = frame.disposition();
        return switch (disposition) {
            case GENERATED -> "answers";
            case PASSED -> "passes";
            case TRANSLATED ->
                (frame.isReply() ? "REPLY" : "DNAT")
                        + (endpoint < 0 ? "" : endpoint(station, endpoint, frame.isReply()))
                        + (frame.isMasqueraded() ? ", masqueraded" : "");
        };
    }

    private static String endpoint(Station station, int id, boolean isReply) {
        String service = station.table().serviceOf(id).name();
        return (service.isEmpty() ? "" : " " + service)
                + (isReply ? " <- " : " -> ")
                + station.table().endpoint(id);
    }

    /** What became of a frame that did not leave the station; empty if it waits for the rest of its datagram, or left. */
    static String end(Passage passage) {
        Fates fates = passage.fates();
        if (fates.rejected() > 0) {
            return "rejected";
        }
        return fates.dropReason()
                .map(reason -> "dropped " + reason + ": " + reason.sentence())
                .or(() -> fates.consumedReason().map(reason -> "consumed " + reason))
                .orElse(passage.left().isEmpty() ? "waits for the rest of its datagram" : "");
    }
}
