package io.vipline.tools.explain;

import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;

/** A packet as {@link PacketLine} reads it, addresses in place of names. */
final class PacketText {
    private PacketText() {}

    static String of(PacketDescription packet) {
        String protocol =
                Protocol.ofNumber(packet.protocol()).map(Protocol::text).orElse("?");
        return protocol + " " + place(packet.source(), packet.sourcePort()) + " > "
                + place(packet.destination(), packet.destinationPort());
    }

    private static String place(IpAddress address, int port) {
        return port < 0 ? address.toString() : new IpPort(address, port).toString();
    }
}
