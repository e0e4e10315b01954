package io.vipline.rules.chain;

import static io.vipline.rules.policy.EndpointDraft.endpoints;

import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.PortDraft;
import io.vipline.rules.policy.ServiceEndpoints;
import java.util.ArrayList;
import java.util.List;

/** A Service port of every kind, in either family, for tests that want all rules there are. */
public final class ManyServices {
    private ManyServices() {}

    public static List<ServiceEndpoints> of(IpFamily family) {
        return family == IpFamily.IPV4
                ? of("10.96.0.", "10.244.0.", "203.0.113.", "203.0.113.0/25", "192.168.0.0/24")
                : of("fd00:10:96::", "fd00:10:244::", "2001:db8:1::", "2001:db8:2::/64", "2001:db8::/64");
    }

    private static List<ServiceEndpoints> of(String vips, String pods, String outside, String clients, String nodes) {
        String open = pods.contains(":") ? "[" + pods : pods;
        String close = pods.contains(":") ? "]" : "";
        List<ServiceEndpoints> services = new ArrayList<>();
        add(
                services,
                PortDraft.at(vips + "1").named("plain", "http", Protocol.TCP),
                open + "1" + close + ":80",
                open + "2" + close + ":80 local",
                open + "3" + close + ":80");
        add(
                services,
                PortDraft.at(vips + "2").named("nothing", "http", Protocol.TCP).nodePort(30002));
        add(
                services,
                PortDraft.at(vips + "3").named("dns", "", Protocol.UDP).port(53).affinity(600),
                open + "1" + close + ":53",
                open + "2" + close + ":53");
        add(services, PortDraft.at(vips + "3").named("dns", "", Protocol.SCTP).port(53), open + "1" + close + ":53");
        add(
                services,
                PortDraft.at(vips + "4")
                        .named("local", "http", Protocol.TCP)
                        .nodePort(30004)
                        .externalIp(outside + "4")
                        .vip(outside + "5")
                        .healthCheck(30104)
                        .externalLocal(),
                open + "1" + close + ":80",
                open + "2" + close + ":80 local");
        add(
                services,
                PortDraft.at(vips + "5")
                        .named("far", "http", Protocol.TCP)
                        .nodePort(30005)
                        .internalLocal()
                        .externalLocal(),
                open + "1" + close + ":80");
        add(
                services,
                PortDraft.at(vips + "6")
                        .named("guarded", "http", Protocol.TCP)
                        .nodePort(30006)
                        .vip(outside + "6")
                        .vip(outside + "7")
                        .sourceRange(clients)
                        .sourceRange(nodes),
                open + "3" + close + ":8080");
        return services;
    }

    private static void add(List<ServiceEndpoints> services, PortDraft port, String... endpoints) {
        services.add(new ServiceEndpoints(port.build(), endpoints(endpoints)));
    }
}
