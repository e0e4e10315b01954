package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import java.util.Set;

/**
 * The single values that rules compare destinations with. A packet of a class that says OTHER has none of them.
 *
 * @param hosts addresses in rules that do not also name a protocol and a port
 * @param portKeys {@link TupleMap#portKey} of the ports in rules that name no address
 */
record NamedValues(Set<IpAddress> hosts, Set<Integer> portKeys) {
    boolean isNamedPort(int protocol, int port) {
        return portKeys.contains(TupleMap.portKey(protocol, port));
    }
}
