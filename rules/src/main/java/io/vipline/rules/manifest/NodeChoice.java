package io.vipline.rules.manifest;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.util.List;
import java.util.Optional;

/**
 * The Node that we are.
 *
 * @param name empty: the only one, else the first by name
 * @param moreAddresses of it, beside the Node object's
 */
public record NodeChoice(String name, List<LocalAddress> moreAddresses) {
    private static final List<Cidr> LOOPBACK = List.of(Cidr.of("127.0.0.0/8"), Cidr.of("::1/128"));

    public NodeChoice {
        moreAddresses = List.copyOf(moreAddresses);
    }

    /** Those that a Node may be reached by, in their order: neither whole ranges nor loopback. */
    public List<IpAddress> reachableAddresses() {
        return moreAddresses.stream()
                .filter(local -> !local.interfaceName().equals("lo"))
                .map(LocalAddress::address)
                .filter(address -> LOOPBACK.stream().noneMatch(range -> range.contains(address)))
                .toList();
    }

    /**
     * An address as {@code --node-address} gives it: {@code 192.168.1.2}, {@code 192.168.1.2/24} as on an interface, or a
     * whole range, {@code 10.9.0.0/16}, which stands for a {@code local} route as 127.0.0.0/8 does.
     *
     * @return empty if the text is none of these
     */
    public static Optional<LocalAddress> parseAddress(String text) {
        int slash = text.indexOf('/');
        Optional<IpAddress> address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        Optional<Cidr> cidr = slash < 0 ? address.map(Cidr::host) : Cidr.parse(text);
        if (address.isEmpty() || cidr.isEmpty()) {
            return Optional.empty();
        }
        boolean wholeRange = !cidr.get().isHost() && cidr.get().address().equals(address.get());
        return Optional.of(new LocalAddress(
                wholeRange ? "lo" : "eth0", address.get(), cidr.get().prefixLength()));
    }
}
