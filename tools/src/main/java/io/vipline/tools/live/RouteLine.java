package io.vipline.tools.live;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A route as {@code ip route} prints it, or as {@code CIDR=IF[,via ADDRESS]}.
 *
 * @param type {@code unicast} unless the line says {@code local}, {@code blackhole}, …
 * @param destinations one; for a {@code default} that does not show its family, that of both
 * @param interfaceName empty if the line names none, or several
 * @param source the node's own address that the line tells
 */
public record RouteLine(
        String type,
        List<Cidr> destinations,
        String interfaceName,
        Optional<IpAddress> gateway,
        Optional<IpAddress> source) {
    private static final Set<String> TYPES = Set.of(
            "unicast", "local", "broadcast", "multicast", "anycast", "blackhole", "unreachable", "prohibit", "throw");
    private static final Cidr ALL_V4 = Cidr.of("0.0.0.0/0");
    private static final Cidr ALL_V6 = Cidr.of("::/0");

    public RouteLine {
        destinations = List.copyOf(destinations);
    }

    /** @return empty if the text is of no such form */
    public static Optional<RouteLine> parse(String text) {
        Optional<RouteSpec> spec = RouteSpec.parse(text);
        if (spec.isPresent()) {
            RouteSpec route = spec.get();
            return Optional.of(new RouteLine(
                    "unicast", List.of(route.destination()), route.interfaceName(), route.gateway(), Optional.empty()));
        }
        List<String> words = new ArrayList<>(List.of(text.split("\\s+")));
        String type = TYPES.contains(words.getFirst()) ? words.removeFirst() : "unicast";
        if (words.isEmpty()) {
            return Optional.empty();
        }
        String to = words.removeFirst();
        Map<String, String> values = values(words);
        Optional<IpAddress> gateway = address(values.get("via"));
        Optional<IpAddress> source = address(values.get("src"));
        List<Cidr> destinations = destinations(to, gateway.or(() -> source));
        boolean named = values.containsKey("dev") || values.containsKey("nexthop") || !type.equals("unicast");
        boolean broken =
                values.containsKey("via") && gateway.isEmpty() || values.containsKey("src") && source.isEmpty();
        if (destinations.isEmpty() || broken || !named) {
            return Optional.empty();
        }
        boolean several = values.containsKey("nexthop");
        return Optional.of(
                new RouteLine(type, destinations, several ? "" : values.getOrDefault("dev", ""), gateway, source));
    }

    /** The words that matter, each with the one that follows it; of {@code via inet6 …} the address. */
    private static Map<String, String> values(List<String> words) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            boolean family = i + 2 < words.size()
                    && (words.get(i + 1).equals("inet") || words.get(i + 1).equals("inet6"));
            switch (word) {
                case "via" -> values.put(word, i + 1 < words.size() ? words.get(i + (family ? 2 : 1)) : "");
                case "dev", "src", "nexthop" -> values.put(word, i + 1 < words.size() ? words.get(i + 1) : "");
                default -> {}
            }
        }
        return values;
    }

    private static Optional<IpAddress> address(String text) {
        return text == null ? Optional.empty() : IpAddress.parse(text);
    }

    private static List<Cidr> destinations(String to, Optional<IpAddress> near) {
        if (!to.equals("default")) {
            return Cidr.parse(to)
                    .or(() -> IpAddress.parse(to).map(Cidr::host))
                    .map(List::of)
                    .orElse(List.of());
        }
        return near.map(address -> List.of(address.family() == IpFamily.IPV4 ? ALL_V4 : ALL_V6))
                .orElse(List.of(ALL_V4, ALL_V6));
    }
}
