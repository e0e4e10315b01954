package io.vipline.dataplane.route;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.Optional;

/**
 * A way to a network.
 *
 * @param interfaceIndex where it leaves
 * @param gateway the router there; empty: the destinations themselves are neighbours
 */
public record Route(Cidr destination, int interfaceIndex, Optional<IpAddress> gateway) {
    public Route {
        gateway.ifPresent(via -> {
            if (via.family() != destination.family()) {
                throw new IllegalArgumentException(destination + " cannot be reached via " + via + ": another family");
            }
        });
    }
}
