package io.vipline.rules.policy;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A node and its kube-proxy for a test: node-1 in zone-a, 192.168.0.2 and 2001:db8::1 on eth0, no detector. */
public final class ProxyDraft {
    private DetectLocal detectLocal = new DetectLocal.None();
    private boolean masqueradeAll;
    private int masqueradeBit = 14;
    private List<Cidr> nodePortAddresses = List.of();
    private boolean localhostNodePorts = true;
    private boolean randomFully;
    private boolean nfacct;
    private boolean liberal;
    private ProxyConfig.Mode mode = ProxyConfig.Mode.IPTABLES;
    private List<Cidr> serviceCidrs = List.of();
    private final List<LocalAddress> addresses = new ArrayList<>(List.of(
            new LocalAddress("lo", IpAddress.of("127.0.0.1"), 8),
            new LocalAddress("lo", IpAddress.of("::1"), 128),
            new LocalAddress("eth0", IpAddress.of("192.168.0.2"), 24),
            new LocalAddress("eth0", IpAddress.of("2001:db8::1"), 64)));

    public static ProxyDraft node() {
        return new ProxyDraft();
    }

    public ProxyDraft podsAt(String... cidrs) {
        detectLocal = new DetectLocal.BySource(Stream.of(cidrs).map(Cidr::of).toList());
        return this;
    }

    public ProxyDraft podsBehind(String interfacePattern) {
        detectLocal = new DetectLocal.ByInterface(interfacePattern);
        return this;
    }

    /** nftables mode, with these ranges for cluster IPs. */
    public ProxyDraft nftables(String... serviceRanges) {
        mode = ProxyConfig.Mode.NFTABLES;
        localhostNodePorts = false;
        serviceCidrs = Stream.of(serviceRanges).map(Cidr::of).toList();
        return this;
    }

    public ProxyDraft masqueradeAll() {
        masqueradeAll = true;
        return this;
    }

    public ProxyDraft masqueradeBit(int bit) {
        masqueradeBit = bit;
        return this;
    }

    public ProxyDraft nodePortsOn(String... cidrs) {
        nodePortAddresses = Stream.of(cidrs).map(Cidr::of).toList();
        return this;
    }

    public ProxyDraft noLocalhostNodePorts() {
        localhostNodePorts = false;
        return this;
    }

    public ProxyDraft randomFully() {
        randomFully = true;
        return this;
    }

    public ProxyDraft nfacct() {
        nfacct = true;
        return this;
    }

    public ProxyDraft liberal() {
        liberal = true;
        return this;
    }

    public ProxyDraft address(String interfaceName, String cidr) {
        String[] parts = cidr.split("/");
        addresses.add(new LocalAddress(interfaceName, IpAddress.of(parts[0]), Integer.parseInt(parts[1])));
        return this;
    }

    public ProxyConfig build() {
        return new ProxyConfig(
                mode,
                "node-1",
                "zone-a",
                List.of(IpAddress.of("192.168.0.2"), IpAddress.of("2001:db8::1")),
                addresses,
                detectLocal,
                masqueradeAll,
                masqueradeBit,
                nodePortAddresses,
                localhostNodePorts,
                randomFully,
                nfacct,
                liberal,
                serviceCidrs);
    }
}
