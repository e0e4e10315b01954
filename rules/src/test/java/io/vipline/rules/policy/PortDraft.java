package io.vipline.rules.policy;

import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import java.util.ArrayList;
import java.util.List;

/** A Service port for a test, {@code ns/svc:p} on port 80, with what the test is about set. */
public final class PortDraft {
    private ServicePortName name = new ServicePortName("ns", "svc", "p", Protocol.TCP);
    private final IpAddress clusterIp;
    private int port = 80;
    private int nodePort;
    private final List<IpAddress> externalIps = new ArrayList<>();
    private final List<IpAddress> vips = new ArrayList<>();
    private final List<Cidr> ranges = new ArrayList<>();
    private int affinitySeconds;
    private boolean internalLocal;
    private boolean externalLocal;
    private int healthCheckNodePort;

    private PortDraft(IpAddress clusterIp) {
        this.clusterIp = clusterIp;
    }

    public static PortDraft at(String clusterIp) {
        return new PortDraft(IpAddress.of(clusterIp));
    }

    public PortDraft named(String service, String port, Protocol protocol) {
        name = new ServicePortName("ns", service, port, protocol);
        return this;
    }

    public PortDraft port(int number) {
        port = number;
        return this;
    }

    public PortDraft nodePort(int number) {
        nodePort = number;
        return this;
    }

    public PortDraft externalIp(String address) {
        externalIps.add(IpAddress.of(address));
        return this;
    }

    public PortDraft vip(String address) {
        vips.add(IpAddress.of(address));
        return this;
    }

    public PortDraft sourceRange(String cidr) {
        ranges.add(Cidr.of(cidr));
        return this;
    }

    public PortDraft affinity(int seconds) {
        affinitySeconds = seconds;
        return this;
    }

    public PortDraft internalLocal() {
        internalLocal = true;
        return this;
    }

    public PortDraft externalLocal() {
        externalLocal = true;
        return this;
    }

    public PortDraft healthCheck(int nodePort) {
        healthCheckNodePort = nodePort;
        return this;
    }

    public ServicePort build() {
        return new ServicePort(
                name,
                clusterIp,
                port,
                nodePort,
                externalIps,
                vips,
                ranges,
                affinitySeconds,
                internalLocal,
                externalLocal,
                healthCheckNodePort,
                new Origin("test.yaml", 1, 1));
    }
}
