package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.ServiceId;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Numbers Services and (service, endpoint) pairs in the order in which verdicts first name them. A number stays as long as
 * the registry, whether or not verdicts still name its owner; tables read the arrays, which only grow at their end.
 */
final class Registry {
    private record Pair(String service, IpPort endpoint) {}

    private final Map<String, ServiceId> services = new HashMap<>();
    private final Map<Pair, EndpointRef> refs = new HashMap<>();
    private ServiceId[] servicesInOrder = new ServiceId[16];
    private IpPort[] endpointsInOrder = new IpPort[64];
    private ServiceId[] servicesOfEndpoints = new ServiceId[64];
    private int endpointCount;

    /** What a table says of the numbers in its verdicts: those below the counts. */
    record Numbers(
            ServiceId[] services,
            int serviceCount,
            IpPort[] endpoints,
            ServiceId[] servicesOfEndpoints,
            int endpointCount) {}

    Numbers numbers() {
        return new Numbers(servicesInOrder, services.size(), endpointsInOrder, servicesOfEndpoints, endpointCount);
    }

    ServiceId service(String name) {
        if (name.isEmpty()) {
            return ServiceId.NONE;
        }
        ServiceId known = services.get(name);
        if (known == null) {
            int index = services.size();
            known = new ServiceId(index, name);
            services.put(name, known);
            if (index == servicesInOrder.length) {
                servicesInOrder = Arrays.copyOf(servicesInOrder, index * 2);
            }
            servicesInOrder[index] = known;
        }
        return known;
    }

    EndpointRef endpoint(String service, IpPort endpoint) {
        return refs.computeIfAbsent(new Pair(service, endpoint), pair -> new EndpointRef(endpoint, service));
    }

    /** Numbers the endpoint that a verdict is about to name. */
    void number(EndpointRef ref) {
        if (ref.id >= 0) {
            return;
        }
        if (endpointCount == endpointsInOrder.length) {
            endpointsInOrder = Arrays.copyOf(endpointsInOrder, endpointCount * 2);
            servicesOfEndpoints = Arrays.copyOf(servicesOfEndpoints, endpointCount * 2);
        }
        ref.serviceId = service(ref.service);
        endpointsInOrder[endpointCount] = ref.endpoint;
        servicesOfEndpoints[endpointCount] = ref.serviceId;
        ref.id = endpointCount++;
    }
}
