package io.vipline.tools.live;

import io.vipline.dataplane.route.InterfaceTable.InterfaceAddress;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.Optional;

/**
 * An address of the node on one of its interfaces, as {@code --address} gives it: {@code IF=ADDRESS/LENGTH}, with the
 * length of the network that is reached there without a router.
 */
public record AddressSpec(String interfaceName, InterfaceAddress address) {
    /** @return empty if the text is of another form */
    public static Optional<AddressSpec> parse(String text) {
        int equals = text.indexOf('=');
        int slash = text.lastIndexOf('/');
        if (equals < 1 || slash < equals) {
            return Optional.empty();
        }
        String cidr = text.substring(equals + 1);
        Optional<IpAddress> address = IpAddress.parse(text.substring(equals + 1, slash));
        return address.flatMap(own -> Cidr.parse(cidr)
                .map(network ->
                        new AddressSpec(text.substring(0, equals), new InterfaceAddress(own, network.prefixLength()))));
    }
}
