package io.vipline.tools.generate;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.EligibleEndpoints;
import io.vipline.rules.policy.NodePortAddresses;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.policy.ServicePortName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Every address at which one node of a cluster is asked for a Service: cluster IPs by pods of the node, node ports,
 * load-balancer IPs and external IPs by hosts outside.
 */
public final class Destinations {
    /** Hosts outside: the range for tests of RFC 2544, and one of those for documentation, RFC 3849. */
    private static final Cidr OUTSIDE_V4 = Cidr.of("198.18.0.0/15");

    private static final Cidr OUTSIDE_V6 = Cidr.of("2001:db8:c11e::/64");

    private final Cluster cluster;
    private final ProxyConfig config;
    private final Set<String> taken = new HashSet<>();
    private final List<Destination> found = new ArrayList<>();

    private Destinations(Cluster cluster, ProxyConfig config) {
        this.cluster = cluster;
        this.config = config;
    }

    /**
     * @param config says which node it is
     * @param wanted which Service ports
     * @return TCP and UDP ports only, in the order of the cluster's Services, IPv4 first; no address twice
     */
    public static List<Destination> of(Cluster cluster, ProxyConfig config, Predicate<ServicePortName> wanted) {
        Destinations destinations = new Destinations(cluster, config);
        for (IpFamily family : IpFamily.values()) {
            Clients pods = destinations.pods(family);
            for (ServiceEndpoints service : ProxiedServices.of(cluster, config.nodeName(), family)) {
                Protocol protocol = service.port().name().protocol();
                if (wanted.test(service.port().name()) && (protocol == Protocol.TCP || protocol == Protocol.UDP)) {
                    destinations.addAll(service, family, pods);
                }
            }
        }
        return List.copyOf(destinations.found);
    }

    private void addAll(ServiceEndpoints service, IpFamily family, Clients pods) {
        ServicePort port = service.port();
        EligibleEndpoints eligible =
                EligibleEndpoints.categorize(port, service.endpoints(), config.nodeName(), config.zone());
        boolean inside = !(port.internalPolicyLocal() ? eligible.local() : eligible.cluster()).isEmpty();
        boolean outside = !(port.externalPolicyLocal() ? eligible.local() : eligible.cluster()).isEmpty();
        add(port, new IpPort(port.clusterIp(), port.port()), pods, inside);
        Clients everybody = new Clients.Range(family == IpFamily.IPV4 ? OUTSIDE_V4 : OUTSIDE_V6);
        for (IpAddress address : port.externalIps()) {
            add(port, new IpPort(address, port.port()), everybody, outside);
        }
        Clients allowed = port.sourceRanges().isEmpty()
                ? everybody
                : new Clients.Range(port.sourceRanges().getFirst());
        for (IpAddress address : port.loadBalancerVips()) {
            add(port, new IpPort(address, port.port()), allowed, outside);
        }
        if (port.nodePort() != 0) {
            for (IpAddress address : nodePortAddresses(family)) {
                add(port, new IpPort(address, port.nodePort()), everybody, outside);
            }
        }
    }

    private void add(ServicePort port, IpPort address, Clients clients, boolean answered) {
        Protocol protocol = port.name().protocol();
        if (taken.add(protocol + " " + address)) {
            found.add(new Destination(port.name().text(), protocol, address, clients, answered));
        }
    }

    private List<IpAddress> nodePortAddresses(IpFamily family) {
        NodePortAddresses answering = NodePortAddresses.of(config, family);
        return config.nodeIps().stream()
                .filter(address -> address.family() == family)
                .filter(address ->
                        answering.matchesAll() || answering.cidrs().stream().anyMatch(cidr -> cidr.contains(address)))
                .toList();
    }

    /** Pods of the node; where it has none, all pods; where there are none at all, hosts outside. */
    private Clients pods(IpFamily family) {
        List<IpAddress> own = new ArrayList<>();
        List<IpAddress> all = new ArrayList<>();
        for (Located<Pod> located : cluster.pods()) {
            Pod pod = located.object();
            if (!hasNetworkOfItsOwn(pod)) {
                continue;
            }
            for (PodIP ip : pod.getStatus().getPodIPs()) {
                IpAddress.parse(ip.getIp())
                        .filter(address -> address.family() == family)
                        .ifPresent(address -> {
                            all.add(address);
                            if (config.nodeName().equals(pod.getSpec().getNodeName())) {
                                own.add(address);
                            }
                        });
            }
        }
        if (all.isEmpty()) {
            return new Clients.Range(family == IpFamily.IPV4 ? OUTSIDE_V4 : OUTSIDE_V6);
        }
        return new Clients.Listed(own.isEmpty() ? all : own);
    }

    private static boolean hasNetworkOfItsOwn(Pod pod) {
        return pod.getStatus() != null
                && pod.getSpec() != null
                && !Boolean.TRUE.equals(pod.getSpec().getHostNetwork())
                && !"Succeeded".equals(pod.getStatus().getPhase())
                && !"Failed".equals(pod.getStatus().getPhase());
    }
}
