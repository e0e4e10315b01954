package io.vipline.tools;

import io.vipline.dataplane.frame.capture.CaptureFormat.AddressName;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.chain.save.IptablesDump;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.table.Table;
import io.vipline.tools.explain.ClusterNames;
import io.vipline.tools.explain.DumpedNames;
import io.vipline.tools.explain.HostNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The rules of one node, both families, and what is made of them: kube-proxy's for manifests, or those of a dump. */
final class NodeRules {
    private final Cluster cluster;
    /** Null for a dump. */
    private final ProxyConfig config;

    private final Map<IpFamily, List<ServiceEndpoints>> services;
    private final Map<IpFamily, Ruleset> rulesets;
    private final NodeNetwork network;
    private final NodeAddresses masqueradeAddresses;
    private final HostNames names;

    private NodeRules(Cluster cluster, ProxyConfig config, List<NodeNetwork.Route> routes) {
        this.cluster = cluster;
        this.config = config;
        this.services = new EnumMap<>(IpFamily.class);
        this.rulesets = new EnumMap<>(IpFamily.class);
        for (IpFamily family : IpFamily.values()) {
            List<ServiceEndpoints> ofFamily = ProxiedServices.of(cluster, config.nodeName(), family);
            services.put(family, ofFamily);
            rulesets.put(family, write(config, family, ofFamily));
        }
        this.network = NodeNetwork.of(config.localAddresses(), routes);
        this.masqueradeAddresses = new NodeAddresses(config.nodeIp(IpFamily.IPV4), config.nodeIp(IpFamily.IPV6));
        this.names = new ClusterNames(cluster);
    }

    private NodeRules(List<IptablesDump> dumps, DumpedNetwork dumped) {
        this.cluster = new Cluster(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
        this.config = null;
        this.services = Map.of();
        this.rulesets = new EnumMap<>(IpFamily.class);
        for (IpFamily family : IpFamily.values()) {
            IptablesDump.ruleset(dumps, family).ifPresent(ruleset -> rulesets.put(family, ruleset));
        }
        this.network = dumped.network();
        this.masqueradeAddresses =
                new NodeAddresses(dumped.masqueradeAddress(IpFamily.IPV4), dumped.masqueradeAddress(IpFamily.IPV6));
        this.names = new DumpedNames(rulesets.values());
    }

    /** What kube-proxy writes, in the mode of its configuration, on the node that the flags name; or a dump. */
    static NodeRules of(ClusterOptions cluster, DumpOptions dumps, RouteOptions routes) throws IOException {
        if (!dumps.isGiven()) {
            return new NodeRules(cluster.cluster(), cluster.proxyConfig(), DumpedNetwork.routes(routes.routes()));
        }
        cluster.refuseManifests();
        return new NodeRules(dumps.dumps(), new DumpedNetwork(cluster.nodeAddresses(), routes.routes()));
    }

    static NodeRules of(Cluster cluster, ProxyConfig config) {
        return new NodeRules(cluster, config, List.of());
    }

    private static Ruleset write(ProxyConfig config, IpFamily family, List<ServiceEndpoints> services) {
        return switch (config.mode()) {
            case IPTABLES -> KubeProxyWriter.write(config, family, services).ruleset();
            case NFTABLES -> KubeProxyNftWriter.write(config, family, services).ruleset();
        };
    }

    /** What manifests say of the node and its kube-proxy; empty for a dump. */
    Optional<ProxyConfig> config() {
        return Optional.ofNullable(config);
    }

    /** The objects; none for a dump. */
    Cluster cluster() {
        return cluster;
    }

    /** What the rules ask the node's routing tables. */
    NodeNetwork network() {
        return network;
    }

    /** Whether rules of the family were given: of a dump of the other one alone nobody knows them. */
    boolean has(IpFamily family) {
        return rulesets.containsKey(family);
    }

    /** The families of a dump whose rules are there, but of the node's addresses only some. */
    List<IpFamily> withUnknownAddresses() {
        return rulesets.keySet().stream()
                .filter(family -> !network.isComplete(family))
                .toList();
    }

    Ruleset ruleset(IpFamily family) {
        return rulesets.getOrDefault(family, Ruleset.builder(family).build());
    }

    Table compile() {
        return TableCompiler.compile(List.copyOf(rulesets.values()), network);
    }

    /** The proxied Service ports of a family and their endpoints; none of a dump. */
    List<ServiceEndpoints> services(IpFamily family) {
        return services.getOrDefault(family, List.of());
    }

    ChainWalker walker(IpFamily family) {
        return new ChainWalker(ruleset(family), network);
    }

    /** Names that stand for addresses. */
    HostNames names() {
        return names;
    }

    NodeAddresses masqueradeAddresses() {
        return masqueradeAddresses;
    }

    /** The virtual IPs of all Services and what cluster DNS calls them, for Wireshark. */
    List<AddressName> addressNames() {
        List<AddressName> names = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            Set<IpAddress> named = new HashSet<>();
            for (ServiceEndpoints service : services(family)) {
                ServicePort port = service.port();
                String name = port.name().service() + "." + port.name().namespace() + ".svc";
                Stream.of(Stream.of(port.clusterIp()), port.externalIps().stream(), port.loadBalancerVips().stream())
                        .flatMap(addresses -> addresses)
                        .filter(named::add)
                        .forEach(address -> names.add(new AddressName(address, name)));
            }
        }
        return names;
    }
}
