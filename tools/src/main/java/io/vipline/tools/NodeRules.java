package io.vipline.tools;

import io.vipline.dataplane.frame.capture.CaptureFormat.AddressName;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The rules of one node, both families, and what is made of them. */
final class NodeRules {
    private final Cluster cluster;
    private final ProxyConfig config;
    private final NodeNetwork network;
    private final Ruleset v4;
    private final Ruleset v6;

    private NodeRules(Cluster cluster, ProxyConfig config, Ruleset v4, Ruleset v6) {
        this.cluster = cluster;
        this.config = config;
        this.network = NodeNetwork.of(config.localAddresses());
        this.v4 = v4;
        this.v6 = v6;
    }

    /** What kube-proxy writes, in the mode of its configuration, on the node that the flags name. */
    static NodeRules of(ClusterOptions options) throws IOException {
        return of(options.cluster(), options.proxyConfig());
    }

    static NodeRules of(Cluster cluster, ProxyConfig config) {
        return new NodeRules(
                cluster, config, write(cluster, config, IpFamily.IPV4), write(cluster, config, IpFamily.IPV6));
    }

    private static Ruleset write(Cluster cluster, ProxyConfig config, IpFamily family) {
        List<ServiceEndpoints> services = ProxiedServices.of(cluster, config.nodeName(), family);
        return switch (config.mode()) {
            case IPTABLES -> KubeProxyWriter.write(config, family, services).ruleset();
            case NFTABLES -> KubeProxyNftWriter.write(config, family, services).ruleset();
        };
    }

    ProxyConfig config() {
        return config;
    }

    NodeNetwork network() {
        return network;
    }

    Ruleset ruleset(IpFamily family) {
        return family == IpFamily.IPV4 ? v4 : v6;
    }

    Table compile() {
        return TableCompiler.compile(List.of(v4, v6), network);
    }

    /** The proxied Service ports of a family and their endpoints. */
    List<ServiceEndpoints> services(IpFamily family) {
        return ProxiedServices.of(cluster, config.nodeName(), family);
    }

    ChainWalker walker(IpFamily family) {
        return new ChainWalker(ruleset(family), network);
    }

    /** The virtual IPs of all Services and what cluster DNS calls them, for Wireshark. */
    List<AddressName> addressNames() {
        List<AddressName> names = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            Set<IpAddress> named = new HashSet<>();
            for (ServiceEndpoints service : ProxiedServices.of(cluster, config.nodeName(), family)) {
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
