package io.vipline.rules.chain;

import static io.vipline.rules.chain.KubeProxyChains.EXTERNAL_SERVICES;
import static io.vipline.rules.chain.KubeProxyChains.NODE_PORTS;
import static io.vipline.rules.chain.KubeProxyChains.PROXY_FIREWALL;
import static io.vipline.rules.chain.KubeProxyChains.SERVICES;
import static io.vipline.rules.chain.KubeProxyChains.comment;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A Service port's rules in the chains that all Services share: which packets are its own, and which of them are
 * refused.
 */
final class PortalRules {
    private static final Match LOOPBACK = new Match.Destination(Cidr.of("127.0.0.0/8"), "", false);
    private static final Match LOCALHOST_COUNTER = new Match.NfAcct("localhost_nps_accepted_pkts");
    private static final Match TO_LOCAL = new Match.AddressType(Match.Side.DESTINATION, Set.of("LOCAL"), "", false);
    private static final Target DROP = new Target.Drop();

    private final ServiceTraffic traffic;
    private final Target refusal;
    private final Match why;
    private final Match module;
    private final Match protocol;
    private final Match port;
    private final List<AppendedRule> filter = new ArrayList<>(1);
    private final List<AppendedRule> nat = new ArrayList<>(1);

    PortalRules(ServiceTraffic traffic, Target reject) {
        this.traffic = traffic;
        boolean none = !traffic.hasEndpoints();
        refusal = none ? reject : DROP;
        why = comment(traffic.text() + (none ? " has no endpoints" : " has no local endpoints"));
        Protocol of = traffic.port().name().protocol();
        module = KubeProxyChains.module(of);
        protocol = KubeProxyChains.protocol(of);
        port = new Match.DestinationPort(PortRange.single(traffic.port().port()), false);
    }

    List<AppendedRule> filter() {
        return filter;
    }

    List<AppendedRule> nat() {
        return nat;
    }

    /** @param countLocalhost whether packets to node ports on loopback are counted by nfacct */
    void write(boolean countLocalhost) {
        clusterIp();
        externalIps();
        loadBalancerVips();
        if (traffic.port().nodePort() != 0) {
            nodePort(countLocalhost);
        }
        if (traffic.port().healthCheckNodePort() != 0) {
            healthCheckNodePort();
        }
    }

    /** {@code -m P -p P -d IP --dport PORT} with its comment in front. */
    List<Match> to(IpAddress address, Match comment) {
        return List.of(comment, module, protocol, new Match.Destination(Cidr.host(address), "", false), port);
    }

    private void clusterIp() {
        IpAddress ip = traffic.port().clusterIp();
        if (traffic.hasInternalEndpoints()) {
            nat(SERVICES, to(ip, about(" cluster IP")), traffic.internalChain());
        } else {
            filter(SERVICES, to(ip, why), refusal);
        }
    }

    private void externalIps() {
        for (IpAddress ip : traffic.port().externalIps()) {
            if (traffic.hasEndpoints()) {
                nat(SERVICES, to(ip, about(" external IP")), traffic.names().external());
            }
            if (!traffic.hasExternalEndpoints()) {
                filter(EXTERNAL_SERVICES, to(ip, why), refusal);
            }
        }
    }

    private void loadBalancerVips() {
        for (IpAddress vip : traffic.port().loadBalancerVips()) {
            if (traffic.hasEndpoints()) {
                nat(SERVICES, to(vip, about(" loadbalancer IP")), traffic.loadBalancerChain());
            }
            if (traffic.usesFirewallChain()) {
                Match notAccepted =
                        about(" traffic not accepted by " + traffic.names().firewall());
                filter(PROXY_FIREWALL, to(vip, notAccepted), DROP);
            }
        }
        if (!traffic.hasExternalEndpoints()) {
            for (IpAddress vip : traffic.port().loadBalancerVips()) {
                filter(EXTERNAL_SERVICES, to(vip, why), refusal);
            }
        }
    }

    private void nodePort(boolean countLocalhost) {
        Match nodePort =
                new Match.DestinationPort(PortRange.single(traffic.port().nodePort()), false);
        if (traffic.hasEndpoints()) {
            Match name = comment(traffic.text());
            String external = traffic.names().external();
            if (countLocalhost) {
                nat(NODE_PORTS, List.of(name, module, protocol, LOOPBACK, nodePort, LOCALHOST_COUNTER), external);
            }
            nat(NODE_PORTS, List.of(name, module, protocol, nodePort), external);
        }
        if (!traffic.hasExternalEndpoints()) {
            filter(EXTERNAL_SERVICES, List.of(why, TO_LOCAL, module, protocol, nodePort), refusal);
        }
    }

    private void healthCheckNodePort() {
        Match to = new Match.DestinationPort(PortRange.single(traffic.port().healthCheckNodePort()), false);
        List<Match> matches = List.of(
                about(" health check node port"),
                KubeProxyChains.module(Protocol.TCP),
                KubeProxyChains.protocol(Protocol.TCP),
                to);
        filter(NODE_PORTS, matches, new Target.Accept());
    }

    private Match about(String what) {
        return comment(traffic.text() + what);
    }

    private void nat(String chain, List<Match> matches, String to) {
        nat.add(new AppendedRule(chain, traffic.rule(matches, new Target.Jump(to))));
    }

    private void filter(String chain, List<Match> matches, Target target) {
        filter.add(new AppendedRule(chain, traffic.rule(matches, target)));
    }
}
