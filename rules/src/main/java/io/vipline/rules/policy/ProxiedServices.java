package io.vipline.rules.policy;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What kube-proxy of one node and family proxies: every Service port with its endpoints. */
public final class ProxiedServices {
    private ProxiedServices() {}

    /** Service ports in the order of the cluster's Services and of their ports. */
    public static List<ServiceEndpoints> of(Cluster cluster, String nodeName, IpFamily family) {
        Map<String, List<Located<EndpointSlice>>> slices = new HashMap<>();
        for (Located<EndpointSlice> slice : cluster.endpointSlices()) {
            SliceEndpoints.serviceOf(slice.object())
                    .ifPresent(service -> slices.computeIfAbsent(service, key -> new ArrayList<>())
                            .add(slice));
        }
        SliceEndpoints endpoints = new SliceEndpoints(family, nodeName);
        List<ServiceEndpoints> proxied = new ArrayList<>();
        for (Located<Service> service : cluster.services()) {
            for (ServicePort port : ServicePorts.of(service, family)) {
                String key = port.name().namespace() + "/" + port.name().service();
                proxied.add(new ServiceEndpoints(port, endpoints.of(port.name(), slices.getOrDefault(key, List.of()))));
            }
        }
        return proxied;
    }
}
