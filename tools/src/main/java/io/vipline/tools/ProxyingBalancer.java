package io.vipline.tools;

import io.fabric8.kubernetes.api.model.Service;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.save.IptablesDump;
import io.vipline.rules.chain.save.IptablesSaveReader;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.policy.ServicePort;
import io.vipline.rules.policy.ServicePorts;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A load balancer that proxies: connections to its address go on from it to a node port of a healthy node, any as likely
 * as the other. It is a machine like a node, with rules in the same form.
 */
final class ProxyingBalancer {
    static final String NAME = "load-balancer";

    /** Which stations' node ports answer, by number. */
    interface Health {
        Set<Integer> of(ServicePort port, IpFamily family);
    }

    private final List<ProxyConfig> nodes;
    private final Health health;
    private final Set<IpAddress> addresses = new LinkedHashSet<>();
    private final List<Ruleset> rulesets = new ArrayList<>();

    ProxyingBalancer(Cluster cluster, List<ProxyConfig> nodes, Health health) throws IOException {
        this.nodes = nodes;
        this.health = health;
        for (IpFamily family : IpFamily.values()) {
            rulesets.add(rules(cluster, family));
        }
    }

    boolean hasAddresses() {
        return !addresses.isEmpty();
    }

    Set<IpAddress> addresses() {
        return addresses;
    }

    Table compile() {
        List<LocalAddress> own = addresses.stream()
                .map(address ->
                        new LocalAddress("eth0", address, address.family().bits()))
                .toList();
        return TableCompiler.compile(rulesets, NodeNetwork.of(own));
    }

    private Ruleset rules(Cluster cluster, IpFamily family) throws IOException {
        List<String> destinations = new ArrayList<>();
        List<String> sources = new ArrayList<>();
        for (Located<Service> service : cluster.services()) {
            for (IpAddress address : ServicePorts.proxiedIngress(service.object(), family)) {
                addresses.add(address);
                for (ServicePort port : ServicePorts.of(service, family)) {
                    write(address, port, family, destinations, sources);
                }
            }
        }
        if (destinations.isEmpty()) {
            return Ruleset.builder(family).build();
        }
        String text = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
                + String.join("", destinations)
                + String.join("", sources)
                + "COMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n";
        IptablesDump dump = IptablesSaveReader.read(NAME, new StringReader(text));
        return dump.ruleset(family).orElseThrow();
    }

    /** What no node answers goes to the balancer itself, which drops it. */
    private void write(
            IpAddress address, ServicePort port, IpFamily family, List<String> destinations, List<String> sources) {
        String protocol = port.name().protocol().name().toLowerCase(Locale.ROOT);
        List<IpAddress> targets = health.of(port, family).stream()
                .map(nodes::get)
                .map(node -> node.nodeIp(family))
                .flatMap(Optional::stream)
                .toList();
        if (port.nodePort() == 0) {
            return;
        }
        for (int i = 0; i < targets.size(); i++) {
            int left = targets.size() - i;
            String share = left == 1
                    ? ""
                    : String.format(Locale.ROOT, " -m statistic --mode random --probability %.11f", 1.0 / left);
            String node = targets.get(i).toString();
            String target = family == IpFamily.IPV6 ? "[" + node + "]" : node;
            destinations.add("-A PREROUTING -d " + host(address) + " -p " + protocol + " -m " + protocol + " --dport "
                    + port.port() + share + " -j DNAT --to-destination " + target + ":" + port.nodePort() + "\n");
            sources.add("-A POSTROUTING -d " + host(targets.get(i)) + " -p " + protocol + " -m " + protocol
                    + " --dport " + port.nodePort() + " -j SNAT --to-source " + address + "\n");
        }
    }

    private static String host(IpAddress address) {
        return address + "/" + address.family().bits();
    }
}
