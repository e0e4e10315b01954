package io.vipline.rules.policy;

import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpPort;
import java.util.Set;

/**
 * An endpoint of a Service port ({@code pkg/proxy/endpoint.go}).
 *
 * @param text {@link IpPort#toString()} of the address, kept because names, order and comments all come from it
 * @param local whether it runs on this node
 * @param zoneHints zones that it is meant for; empty if it has no such hint
 * @param nodeHints nodes that it is meant for; empty if it has no such hint
 * @param origin where it was written, or its pod was; null if nowhere, then its rules come from the Service port's line
 */
public record Endpoint(
        IpPort address,
        String text,
        boolean ready,
        boolean serving,
        boolean terminating,
        boolean local,
        Set<String> zoneHints,
        Set<String> nodeHints,
        Origin origin) {
    public Endpoint {
        zoneHints = Set.copyOf(zoneHints);
        nodeHints = Set.copyOf(nodeHints);
    }

    /** A ready endpoint without hints. */
    public static Endpoint ready(IpPort address, boolean local) {
        return new Endpoint(address, address.toString(), true, true, false, local, Set.of(), Set.of(), null);
    }

    /** Whether it can stand in where nothing is ready: it still answers while it goes away. */
    public boolean servingWhileTerminating() {
        return serving && terminating;
    }
}
