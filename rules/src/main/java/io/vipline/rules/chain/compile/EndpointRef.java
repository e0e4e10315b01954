package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.ServiceId;
import io.vipline.rules.table.SourceTranslation;
import java.util.ArrayList;
import java.util.List;

/**
 * A (service, endpoint) pair, one object for each, with the leaves that lead to it. Equal only to itself.
 */
final class EndpointRef {
    /** Any endpoint, in what is evaluated once for many. */
    static final EndpointRef ANY = new EndpointRef(null, "");

    /** {@code protocol} is the packet's, for the set of destinations that are reached. */
    private record Reached(SourceTranslation source, boolean local, List<Integer> recentSet, int protocol, Node leaf) {}

    final IpPort endpoint;
    final String service;
    /** Null until a verdict names the endpoint. */
    ServiceId serviceId;

    int id = -1;
    private final List<Reached> leaves = new ArrayList<>(2);

    EndpointRef(IpPort endpoint, String service) {
        this.endpoint = endpoint;
        this.service = service;
    }

    /** @return null if there is none yet */
    Node leaf(SourceTranslation source, boolean local, Symbolic packet) {
        for (Reached reached : leaves) {
            if (reached.source.equals(source)
                    && reached.local == local
                    && reached.protocol == packet.protocol()
                    && reached.recentSet.equals(packet.recentSet())) {
                return reached.leaf;
            }
        }
        return null;
    }

    void add(SourceTranslation source, boolean local, Symbolic packet, Node leaf) {
        leaves.add(new Reached(source, local, packet.recentSet(), packet.protocol(), leaf));
    }
}
