package io.vipline.rules.chain.compile;

import io.vipline.rules.net.TupleMap;

/**
 * The entries for one address family and connection state. The most specific entry decides: the whole destination, else
 * its address, else its port, else its protocol.
 */
final class ClassTable {
    /** In {@link #byProtocol} and in keys, what stands for every protocol that no rule names. */
    static final int OTHER_PROTOCOL = 256;

    final TupleMap<Node> exact;
    final TupleMap<Node> byHost;
    final TupleMap<Node> byPort;
    final Node[] byProtocol;
    /** IANA number to the number used in keys. */
    private final int[] protocolClass;

    ClassTable(
            TupleMap<Node> exact,
            TupleMap<Node> byHost,
            TupleMap<Node> byPort,
            Node[] byProtocol,
            int[] protocolClass) {
        this.exact = exact;
        this.byHost = byHost;
        this.byPort = byPort;
        this.byProtocol = byProtocol;
        this.protocolClass = protocolClass;
    }

    Node find(long high, long low, int protocol, int port) {
        int portKey = TupleMap.portKey(protocol, port);
        Node node = exact.get(high, low, portKey);
        if (node != null) {
            return node;
        }
        int ofProtocol = protocolClass[protocol];
        if (byHost.size() > 0) {
            node = byHost.get(high, low, TupleMap.portKey(ofProtocol, 0));
            if (node != null) {
                return node;
            }
        }
        node = byPort.get(0, 0, portKey);
        return node != null ? node : byProtocol[ofProtocol];
    }
}
