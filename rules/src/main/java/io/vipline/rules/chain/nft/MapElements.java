package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.AppendedRule;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.ServiceTraffic;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ServicePort;
import java.util.ArrayList;
import java.util.List;

/** A Service port's elements in the maps: which packets are its own, and which of them are refused. */
final class MapElements {
    private final ServiceTraffic traffic;
    private final ServicePort port;
    private final Target refusal;
    private final Match why;
    private final Match protocol;
    private final List<AppendedRule> filter = new ArrayList<>(1);
    private final List<AppendedRule> nat = new ArrayList<>(1);

    MapElements(ServiceTraffic traffic, Target reject) {
        this.traffic = traffic;
        port = traffic.port();
        boolean none = !traffic.hasEndpoints();
        refusal = none ? reject : NftTerms.DROP;
        why = NftTerms.comment(traffic.text() + (none ? " has no endpoints" : " has no local endpoints"));
        protocol = NftTerms.protocol(port.name().protocol());
    }

    List<AppendedRule> filter() {
        return filter;
    }

    List<AppendedRule> nat() {
        return nat;
    }

    /** @param hasFirewall whether source ranges guard the load-balancer VIPs */
    void write(boolean hasFirewall) {
        if (traffic.hasInternalEndpoints()) {
            translate(port.clusterIp(), traffic.internalChain());
        } else {
            refuse(port.clusterIp());
        }
        port.externalIps().forEach(this::external);
        port.loadBalancerVips().forEach(this::external);
        if (hasFirewall) {
            for (IpAddress vip : port.loadBalancerVips()) {
                Target firewall = new Target.Goto(traffic.names().firewall());
                filter.add(new AppendedRule(NftChains.FIREWALL_IPS, traffic.rule(to(vip), firewall)));
            }
        }
        if (port.nodePort() != 0) {
            nodePort();
        }
    }

    private List<Match> to(IpAddress address) {
        return List.of(NftTerms.to(address), protocol, NftTerms.toPort(port.port()));
    }

    private void translate(IpAddress address, String chain) {
        nat.add(new AppendedRule(NftChains.SERVICE_IPS, traffic.rule(to(address), new Target.Goto(chain))));
    }

    private void refuse(IpAddress address) {
        List<Match> terms = List.of(why, NftTerms.to(address), protocol, NftTerms.toPort(port.port()));
        filter.add(new AppendedRule(NftChains.NO_ENDPOINT_SERVICES, traffic.rule(terms, refusal)));
    }

    /** With the Local policy and no local endpoint both: who is inside the cluster is still let in. */
    private void external(IpAddress address) {
        if (traffic.hasEndpoints()) {
            translate(address, traffic.names().external());
        }
        if (!traffic.hasExternalEndpoints()) {
            refuse(address);
        }
    }

    private void nodePort() {
        Match nodePort = NftTerms.toPort(port.nodePort());
        if (traffic.hasEndpoints()) {
            Target external = new Target.Goto(traffic.names().external());
            nat.add(new AppendedRule(
                    NftChains.SERVICE_NODE_PORTS, traffic.rule(List.of(protocol, nodePort), external)));
        }
        if (!traffic.hasExternalEndpoints()) {
            filter.add(new AppendedRule(
                    NftChains.NO_ENDPOINT_NODE_PORTS, traffic.rule(List.of(why, protocol, nodePort), refusal)));
        }
    }
}
