package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.TupleMap;
import io.vipline.rules.table.ServiceId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers Services and (service, endpoint) pairs in the order in which verdicts first name them. */
final class Registry {
    private record Pair(int service, IpPort endpoint) {}

    private final TupleMap<Boolean> reached = new TupleMap<>();
    private final Map<String, ServiceId> services = new HashMap<>();
    private final List<ServiceId> servicesInOrder = new ArrayList<>();
    private final Map<Pair, Integer> endpoints = new HashMap<>();
    private final List<IpPort> endpointsInOrder = new ArrayList<>();
    private final List<ServiceId> servicesOfEndpoints = new ArrayList<>();

    ServiceId service(String name) {
        if (name.isEmpty()) {
            return ServiceId.NONE;
        }
        return services.computeIfAbsent(name, unseen -> {
            ServiceId id = new ServiceId(servicesInOrder.size(), unseen);
            servicesInOrder.add(id);
            return id;
        });
    }

    int endpoint(ServiceId service, IpPort endpoint) {
        return endpoints.computeIfAbsent(new Pair(service.index(), endpoint), unseen -> {
            endpointsInOrder.add(endpoint);
            servicesOfEndpoints.add(service);
            return endpointsInOrder.size() - 1;
        });
    }

    /** Notes where a translated packet ends up. */
    void reached(Symbolic packet) {
        if (packet.isExact() && packet.protocol() != PacketClass.OTHER) {
            IpAddress host = packet.host();
            reached.put(host.high(), host.low(), TupleMap.portKey(packet.protocol(), packet.port()), true);
        }
    }

    /** Destinations that packets are translated to. */
    TupleMap<Boolean> reached() {
        return reached;
    }

    List<ServiceId> services() {
        return servicesInOrder;
    }

    List<IpPort> endpoints() {
        return endpointsInOrder;
    }

    List<ServiceId> servicesOfEndpoints() {
        return servicesOfEndpoints;
    }
}
