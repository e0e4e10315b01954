package io.vipline.dataplane.route;

import io.vipline.rules.net.IpAddress;
import java.util.Optional;

/**
 * The addresses that the emulated node takes for itself: masqueraded connections leave with them, error messages come
 * from them.
 */
public record NodeAddresses(Optional<IpAddress> v4, Optional<IpAddress> v6) {
    public static final NodeAddresses NONE = new NodeAddresses(Optional.empty(), Optional.empty());

    public Optional<IpAddress> of(boolean isV4) {
        return isV4 ? v4 : v6;
    }
}
