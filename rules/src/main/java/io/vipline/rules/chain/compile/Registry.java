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
    private record Pair(String service, IpPort endpoint) {}

    private final TupleMap<Boolean> reached = new TupleMap<>();
    private final Map<String, ServiceId> services = new HashMap<>();
    private final List<ServiceId> servicesInOrder = new ArrayList<>();
    private final Map<Pair, EndpointRef> refs = new HashMap<>();
    private final List<IpPort> endpointsInOrder = new ArrayList<>();
    private final List<ServiceId> servicesOfEndpoints = new ArrayList<>();

    ServiceId service(String name) {
        if (name.isEmpty()) {
            return ServiceId.NONE;
        }
        ServiceId known = services.get(name);
        if (known == null) {
            known = new ServiceId(servicesInOrder.size(), name);
            servicesInOrder.add(known);
            services.put(name, known);
        }
        return known;
    }

    EndpointRef endpoint(String service, IpPort endpoint) {
        return refs.computeIfAbsent(new Pair(service, endpoint), pair -> new EndpointRef(endpoint, service));
    }

    /** Numbers the endpoint that a verdict is about to name, and notes where the packet ends up. */
    void name(EndpointRef ref, Symbolic packet) {
        if (ref.id < 0) {
            ref.id = endpointsInOrder.size();
            ref.serviceId = service(ref.service);
            endpointsInOrder.add(ref.endpoint);
            servicesOfEndpoints.add(ref.serviceId);
        }
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
