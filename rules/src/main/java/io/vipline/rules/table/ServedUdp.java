package io.vipline.rules.table;

import io.vipline.rules.net.IpPort;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which endpoints serve the addresses of UDP Services: what tells the connections that a change of endpoints leaves stale.
 * kube-proxy deletes those from conntrack after a sync, or a client that keeps its source port would talk to a pod that is
 * gone for as long as it keeps talking ({@code pkg/proxy/conntrack/cleanup.go}; entries of TCP and SCTP stay).
 *
 * <p>Immutable, safe to share between threads.
 */
public final class ServedUdp {
    /** Says nothing: no connection is stale. */
    public static final ServedUdp UNKNOWN = new Builder().build();

    private final Map<IpPort, Set<IpPort>> byAddress;
    private final Map<Integer, Set<IpPort>> byNodePort;

    private ServedUdp(Map<IpPort, Set<IpPort>> byAddress, Map<Integer, Set<IpPort>> byNodePort) {
        this.byAddress = byAddress;
        this.byNodePort = byNodePort;
    }

    /** Whether it says nothing. */
    public boolean isEmpty() {
        return byAddress.isEmpty() && byNodePort.isEmpty();
    }

    /**
     * Whether a UDP connection is stale: it was opened to an address of a Service that has serving endpoints, none of
     * which answers it. One that was never translated is answered by that address itself, and stale for that.
     *
     * @param originalDestination as its first packet came
     * @param replySource whom its answers come from
     */
    public boolean isStale(IpPort originalDestination, IpPort replySource) {
        Set<IpPort> serving = byAddress.get(originalDestination);
        if (serving == null) {
            serving = byNodePort.get(nodePortKey(originalDestination.address().isV4(), originalDestination.port()));
        }
        return serving != null && !serving.contains(replySource);
    }

    private static int nodePortKey(boolean isV4, int port) {
        return isV4 ? port : port | 1 << 16;
    }

    /** Collects what is served; Services without a serving endpoint are left out, as kube-proxy does. */
    public static final class Builder {
        private final Map<IpPort, Set<IpPort>> byAddress = new HashMap<>();
        private final Map<Integer, Set<IpPort>> byNodePort = new HashMap<>();

        public Builder address(IpPort serviceAddress, Set<IpPort> serving) {
            if (!serving.isEmpty()) {
                byAddress
                        .computeIfAbsent(serviceAddress, key -> new HashSet<>())
                        .addAll(serving);
            }
            return this;
        }

        /** @param port on any address of the family that the endpoints have */
        public Builder nodePort(int port, Set<IpPort> serving) {
            for (IpPort endpoint : serving) {
                byNodePort
                        .computeIfAbsent(nodePortKey(endpoint.address().isV4(), port), key -> new HashSet<>())
                        .add(endpoint);
            }
            return this;
        }

        public ServedUdp build() {
            return new ServedUdp(Map.copyOf(byAddress), Map.copyOf(byNodePort));
        }
    }
}
