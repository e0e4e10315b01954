package io.vipline.tools.verify;

import io.vipline.rules.net.IpPort;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a world's connections have taken: the two ends of every packet that came or left, whichever way. Why a client's
 * port is not kept, if a connection before had it; which ports those were given that lost theirs is free, so it may be
 * another one's in the other world. Used by one thread.
 */
final class GivenOut {
    private record Ends(int protocol, IpPort one, IpPort other) {}

    private final Set<Ends> taken = new HashSet<>();

    void note(Arrival arrival, List<Departure> departures) {
        note(arrival.packet());
        departures.forEach(departure -> note(departure.packet()));
    }

    private void note(byte[] packet) {
        PacketView view = new PacketView(packet);
        if (view.hasPorts()) {
            taken.add(new Ends(view.protocol(), view.source(), view.destination()));
            taken.add(new Ends(view.protocol(), view.destination(), view.source()));
        }
    }

    boolean has(int protocol, IpPort source, IpPort endpoint) {
        return taken.contains(new Ends(protocol, source, endpoint));
    }
}
