package io.vipline.tools.live;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.Optional;

/** A route between interfaces: {@code CIDR=IF} or {@code CIDR=IF,via ADDRESS}. */
public record RouteSpec(Cidr destination, String interfaceName, Optional<IpAddress> gateway) {
    private static final String VIA = "via ";

    /** @return empty if the text is of another form */
    public static Optional<RouteSpec> parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            return Optional.empty();
        }
        Optional<Cidr> destination = Cidr.parse(text.substring(0, equals));
        String[] way = text.substring(equals + 1).split(",", 2);
        if (destination.isEmpty() || way[0].isEmpty()) {
            return Optional.empty();
        }
        if (way.length == 1) {
            return Optional.of(new RouteSpec(destination.get(), way[0], Optional.empty()));
        }
        String via = way[1].strip();
        if (!via.startsWith(VIA)) {
            return Optional.empty();
        }
        return IpAddress.parse(via.substring(VIA.length()).strip())
                .filter(gateway -> gateway.family() == destination.get().family())
                .map(gateway -> new RouteSpec(destination.get(), way[0], Optional.of(gateway)));
    }
}
