package io.vipline.rules.model;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vipline.rules.net.Cidr;
import java.util.List;

/**
 * A cluster as its API server would show it: every Service has its addresses, every selector its EndpointSlices.
 * Objects are in namespace and name order and must not be changed.
 *
 * @param serviceCidrs ranges of cluster IPs, IPv4 first
 * @param madeUpPodCidrs pod ranges of Nodes that we made up: where the detector of local traffic is taken from when no
 *     configuration names one; empty if the pods came with the input
 */
public record Cluster(
        List<Located<Service>> services,
        List<Located<EndpointSlice>> endpointSlices,
        List<Located<Pod>> pods,
        List<Located<Node>> nodes,
        List<Cidr> serviceCidrs,
        List<Cidr> madeUpPodCidrs) {
    public Cluster {
        services = List.copyOf(services);
        endpointSlices = List.copyOf(endpointSlices);
        pods = List.copyOf(pods);
        nodes = List.copyOf(nodes);
        serviceCidrs = List.copyOf(serviceCidrs);
        madeUpPodCidrs = List.copyOf(madeUpPodCidrs);
    }
}
