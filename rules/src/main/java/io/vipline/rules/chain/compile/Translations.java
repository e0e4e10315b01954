package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import java.util.HashSet;
import java.util.Set;

/**
 * Destinations that evaluation has seen packets translated to, whatever became of them then: rules about these concern
 * classes of other destinations too. Nothing is forgotten.
 */
final class Translations {
    private final TupleMap<Boolean> tuples = new TupleMap<>();
    private final TupleMap<Boolean> hosts = new TupleMap<>();
    private final Set<Integer> ports = new HashSet<>();
    /** Whether some translation left a part of the destination as the packet has it. */
    private boolean open;

    void note(Symbolic packet) {
        IpAddress host = packet.host();
        if (!packet.isExact() || packet.protocol() == PacketClass.OTHER) {
            open = true;
            return;
        }
        tuples.put(host.high(), host.low(), TupleMap.portKey(packet.protocol(), packet.port()), true);
        hosts.put(host.high(), host.low(), 0, true);
        ports.add(packet.port());
    }

    /**
     * Whether packets may be translated to such a destination.
     *
     * @param host null: any
     * @param port below zero: any
     */
    boolean mayHold(IpAddress host, int protocol, int port) {
        if (open || host == null) {
            return open || ports.contains(port);
        }
        return port < 0
                ? hosts.get(host.high(), host.low(), 0) != null
                : tuples.get(host.high(), host.low(), TupleMap.portKey(protocol, port)) != null;
    }
}
