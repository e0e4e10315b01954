package io.vipline.rules.proof;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A Service's EndpointSlices, with what kube-proxy must overlook among them. */
final class RandomSlices {
    private final Draws draws;
    private final AddressPlan plan;
    private final boolean forKernel;
    private final Service service;
    /** One address on one node is in one condition, in whatever slice it stands. */
    private final Map<String, Endpoint> known = new HashMap<>();

    private final String hintStyle;
    private final String conditionStyle;

    RandomSlices(Draws draws, AddressPlan plan, boolean forKernel, Service service) {
        this.draws = draws;
        this.plan = plan;
        this.forKernel = forKernel;
        this.service = service;
        hintStyle = draws.any("none", "none", "none", "zones", "nodes", "mixed");
        conditionStyle = draws.any("ready", "ready", "ready", "leaving", "mixed", "mixed", "dead");
    }

    List<EndpointSlice> all() {
        List<EndpointSlice> slices = new ArrayList<>();
        int count = draws.any(0, 1, 1, 1, 1, 2, 2, 3);
        for (int i = 0; i < count; i++) {
            slices.add(slice(i, plan));
        }
        if (draws.oneIn(4)) {
            slices.add(slice(count, plan.other()));
        }
        return slices;
    }

    private EndpointSlice slice(int number, AddressPlan addresses) {
        EndpointSlice slice = new EndpointSlice();
        ObjectMeta metadata = new ObjectMeta();
        metadata.setNamespace(service.getMetadata().getNamespace());
        metadata.setName(service.getMetadata().getName() + "-" + number);
        Map<String, String> labels = new HashMap<>();
        labels.put("kubernetes.io/service-name", service.getMetadata().getName());
        if (draws.oneIn(20)) {
            labels.put("service.kubernetes.io/headless", "");
        }
        metadata.setLabels(labels);
        slice.setMetadata(metadata);
        slice.setAddressType(addresses.family().text());
        slice.setPorts(ports());
        List<Endpoint> endpoints = new ArrayList<>();
        int count = draws.any(0, 1, 2, 3, 4, 4);
        for (int i = 0; i < count; i++) {
            endpoints.add(endpoint(addresses));
        }
        slice.setEndpoints(endpoints);
        return slice;
    }

    private List<EndpointPort> ports() {
        List<EndpointPort> ports = new ArrayList<>();
        for (ServicePort port : service.getSpec().getPorts()) {
            if (!draws.oneIn(8)) {
                String name = port.getName() == null ? "" : port.getName();
                int number = draws.any(8080, 8080, port.getPort(), 53);
                ports.add(new EndpointPort(null, name, number, port.getProtocol()));
            }
            if (draws.oneIn(10)) {
                ports.add(draws.any(
                        new EndpointPort(null, null, 8081, port.getProtocol()),
                        new EndpointPort(null, port.getName(), null, port.getProtocol()),
                        new EndpointPort(null, port.getName(), 0, port.getProtocol()),
                        new EndpointPort(null, "metrics", 9090, "TCP"),
                        new EndpointPort(
                                null, port.getName(), 8082, "UDP".equals(port.getProtocol()) ? "TCP" : "UDP")));
            }
        }
        draws.shuffle(ports);
        return ports;
    }

    private Endpoint endpoint(AddressPlan addresses) {
        boolean local = draws.oneIn(2);
        String v4 = "10.244." + (local ? 1 : 2) + "." + draws.any(2, 3, 4, 22, 122);
        if (draws.oneIn(12)) {
            v4 = local ? AddressPlan.NODE : AddressPlan.OTHER_NODE;
        } else if (!forKernel && draws.oneIn(12)) {
            // what is another Service's address, or nobody's
            v4 = draws.any("172.30.0.10", "172.30.0.11", "172.30.0.200", "198.51.100.1", AddressPlan.SECOND);
        }
        String node = local ? RandomNode.NAME : draws.any("node-2", "node-2", null);
        String address = addresses.at(v4).toString();
        String written = addresses.written(v4, draws);
        Endpoint made = known.computeIfAbsent(address + " " + local, key -> conditioned(node));
        Endpoint endpoint = new Endpoint();
        endpoint.setAddresses(new ArrayList<>(List.of(written)));
        if (draws.oneIn(6)) {
            endpoint.getAddresses().add(addresses.at("10.244.9.9").toString());
        }
        endpoint.setConditions(made.getConditions());
        endpoint.setHints(made.getHints());
        endpoint.setNodeName(node);
        return endpoint;
    }

    private Endpoint conditioned(String node) {
        Endpoint endpoint = new Endpoint();
        endpoint.setConditions(
                switch (conditionStyle) {
                    case "ready" -> draws.any(null, conditions(true, true, false), conditions(null, null, null));
                    case "leaving" -> conditions(false, draws.any(true, true, false), true);
                    case "dead" -> conditions(false, false, draws.any(true, false));
                    default ->
                        conditions(draws.any(true, false), draws.any(true, false, null), draws.any(true, false, null));
                });
        boolean hinted = !"none".equals(hintStyle) && !draws.oneIn(8);
        if (hinted) {
            EndpointHints hints = new EndpointHints();
            if (!"nodes".equals(hintStyle)) {
                draws.some(List.of("zone-a", "zone-b"), 2)
                        .forEach(zone -> hints.getForZones().add(new ForZone(zone)));
            }
            if (!"zones".equals(hintStyle)) {
                draws.some(List.of(RandomNode.NAME, "node-2"), 2)
                        .forEach(name -> hints.getForNodes().add(new ForNode(name)));
            }
            endpoint.setHints(hints);
        }
        return endpoint;
    }

    private static EndpointConditions conditions(Boolean ready, Boolean serving, Boolean terminating) {
        return new EndpointConditions(ready, serving, terminating);
    }
}
