package io.vipline.rules.policy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Which endpoints of a Service port traffic may go to ({@code pkg/proxy/topology.go}, CategorizeEndpoints). The lists
 * keep the order of the endpoints they were taken from.
 *
 * @param cluster endpoints for traffic under the Cluster policy; empty too if the Service has no such traffic
 * @param local endpoints for traffic under the Local policy; empty too if the Service has no such traffic
 * @param reachable either
 * @param hasEndpoints whether any endpoint anywhere could serve: tells "no local endpoints" (DROP) from "no endpoints"
 *     (REJECT)
 */
public record EligibleEndpoints(
        List<Endpoint> cluster, List<Endpoint> local, List<Endpoint> reachable, boolean hasEndpoints) {

    /** Endpoints as seen from a node. @param zone the node's; empty if it has none */
    public static EligibleEndpoints categorize(
            ServicePort port, List<Endpoint> endpoints, String nodeName, String zone) {
        List<Endpoint> cluster = List.of();
        if (port.usesClusterEndpoints()) {
            Predicate<Endpoint> near = topology(endpoints, nodeName, zone);
            cluster = filter(endpoints, endpoint -> endpoint.ready() && near.test(endpoint));
            if (cluster.isEmpty()) {
                cluster = filter(endpoints, Endpoint::servingWhileTerminating);
            }
        }
        if (!port.usesLocalEndpoints()) {
            return new EligibleEndpoints(cluster, List.of(), cluster, !cluster.isEmpty());
        }
        List<Endpoint> local = filter(endpoints, endpoint -> endpoint.local() && endpoint.ready());
        if (local.isEmpty()) {
            local = filter(endpoints, endpoint -> endpoint.local() && endpoint.servingWhileTerminating());
        }
        boolean anywhere =
                endpoints.stream().anyMatch(endpoint -> endpoint.ready() || endpoint.servingWhileTerminating());
        return new EligibleEndpoints(cluster, local, union(endpoints, cluster, local), !cluster.isEmpty() || anywhere);
    }

    /**
     * What hints let through: endpoints for this node, else endpoints for this zone, else all. A kind of hint counts only
     * if every ready endpoint has one and some ready endpoint's names us.
     */
    private static Predicate<Endpoint> topology(List<Endpoint> endpoints, String nodeName, String zone) {
        if (hinted(endpoints, Endpoint::nodeHints, nodeName)) {
            return endpoint -> endpoint.nodeHints().contains(nodeName);
        }
        if (hinted(endpoints, Endpoint::zoneHints, zone)) {
            return endpoint -> endpoint.zoneHints().contains(zone);
        }
        return endpoint -> true;
    }

    private static boolean hinted(List<Endpoint> endpoints, Function<Endpoint, Set<String>> hints, String here) {
        boolean forUs = false;
        for (Endpoint endpoint : endpoints) {
            if (endpoint.ready()) {
                Set<String> its = hints.apply(endpoint);
                if (its.isEmpty()) {
                    return false;
                }
                forUs |= its.contains(here);
            }
        }
        return forUs && !here.isEmpty();
    }

    /** Shares the list where everything passes, as it nearly always does. */
    private static List<Endpoint> filter(List<Endpoint> endpoints, Predicate<Endpoint> passes) {
        List<Endpoint> passed = new ArrayList<>(endpoints.size());
        for (Endpoint endpoint : endpoints) {
            if (passes.test(endpoint)) {
                passed.add(endpoint);
            }
        }
        return passed.size() == endpoints.size() ? endpoints : List.copyOf(passed);
    }

    private static List<Endpoint> union(List<Endpoint> all, List<Endpoint> cluster, List<Endpoint> local) {
        if (cluster.size() == all.size() || local.isEmpty()) {
            return cluster;
        }
        if (cluster.isEmpty()) {
            return local;
        }
        Set<Endpoint> either = new LinkedHashSet<>(cluster);
        either.addAll(local);
        return filter(all, either::contains);
    }
}
