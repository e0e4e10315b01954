package io.vipline.rules.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ServicePortsTest {
    private static final Origin ORIGIN = new Origin("web.yaml", 12, 1);

    /** A Service of type ClusterIP with both families and one port, changed for the case. */
    private static Service service(UnaryOperator<ServiceBuilder> change) {
        ServiceBuilder base = new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("web")
                .endMetadata()
                .withNewSpec()
                .withType("ClusterIP")
                .withClusterIP("10.96.0.10")
                .withClusterIPs("10.96.0.10", "fd00:10:96::a")
                .addNewPort()
                .withName("http")
                .withProtocol("TCP")
                .withPort(80)
                .endPort()
                .endSpec();
        return change.apply(base).build();
    }

    private static List<ServicePort> ports(UnaryOperator<ServiceBuilder> change, IpFamily family) {
        return ServicePorts.of(new Located<>(service(change), ORIGIN), family);
    }

    record Skipped(String name, UnaryOperator<ServiceBuilder> change) {}

    @TestFactory
    Stream<DynamicTest> services_without_rules() {
        return Stream.of(
                        new Skipped(
                                "headless",
                                s -> s.editSpec()
                                        .withClusterIP("None")
                                        .withClusterIPs("None")
                                        .endSpec()),
                        new Skipped(
                                "without a cluster IP",
                                s -> s.editSpec()
                                        .withClusterIP("")
                                        .withClusterIPs(List.of())
                                        .endSpec()),
                        new Skipped(
                                "ExternalName with a leftover cluster IP",
                                s -> s.editSpec()
                                        .withType("ExternalName")
                                        .withExternalName("example.org")
                                        .endSpec()),
                        new Skipped(
                                "with another proxy's name",
                                s -> s.editMetadata()
                                        .addToLabels("service.kubernetes.io/service-proxy-name", "other")
                                        .endMetadata()),
                        new Skipped(
                                "labelled headless",
                                s -> s.editMetadata()
                                        .addToLabels("service.kubernetes.io/headless", "")
                                        .endMetadata()),
                        new Skipped(
                                "of the other family",
                                s -> s.editSpec()
                                        .withClusterIP("fd00:10:96::a")
                                        .withClusterIPs("fd00:10:96::a")
                                        .endSpec()))
                .map(one -> DynamicTest.dynamicTest(
                        one.name,
                        () -> assertThat(ports(one.change, IpFamily.IPV4)).isEmpty()));
    }

    record Reading(
            String name, UnaryOperator<ServiceBuilder> change, Function<ServicePort, Object> of, Object expected) {}

    private static Stream<Reading> addressReadings() {
        return Stream.of(
                new Reading(
                        "cluster IP of the family", s -> s, p -> p.clusterIp().toString(), "10.96.0.10"),
                new Reading(
                        "cluster IP from the old field alone",
                        s -> s.editSpec().withClusterIPs(List.of()).endSpec(),
                        p -> p.clusterIp().toString(),
                        "10.96.0.10"),
                new Reading(
                        "leading zeros are decimal",
                        s -> s.editSpec()
                                .withClusterIP("010.096.000.010")
                                .withClusterIPs(List.of())
                                .endSpec(),
                        p -> p.clusterIp().toString(),
                        "10.96.0.10"),
                new Reading(
                        "external IPs of the family",
                        s -> s.editSpec()
                                .withExternalIPs("1.2.3.004", "2001:db8::9")
                                .endSpec(),
                        p -> p.externalIps().toString(),
                        "[1.2.3.4]"),
                new Reading(
                        "VIPs: no ipMode or VIP, not Proxy, not host names, not the other family",
                        s -> s.withNewStatus()
                                .withNewLoadBalancer()
                                .addNewIngress()
                                .withIp("5.6.7.8")
                                .endIngress()
                                .addNewIngress()
                                .withIp("5.6.7.9")
                                .withIpMode("VIP")
                                .endIngress()
                                .addNewIngress()
                                .withIp("5.6.7.10")
                                .withIpMode("Proxy")
                                .endIngress()
                                .addNewIngress()
                                .withHostname("lb.example.org")
                                .endIngress()
                                .addNewIngress()
                                .withIp("2001:db8::9")
                                .endIngress()
                                .endLoadBalancer()
                                .endStatus(),
                        p -> p.loadBalancerVips().toString(),
                        "[5.6.7.8, 5.6.7.9]"),
                new Reading(
                        "source ranges: trimmed, host bits cleared, this family",
                        s -> s.editSpec()
                                .withLoadBalancerSourceRanges(" 203.0.113.77/25 ", "010.1.2.3/8", "2001:db8::/32")
                                .endSpec(),
                        p -> p.sourceRanges().toString(),
                        "[203.0.113.0/25, 10.0.0.0/8]"));
    }

    private static Stream<Reading> policyReadings() {
        return Stream.of(
                new Reading("no affinity", s -> s, ServicePort::affinitySeconds, 0),
                new Reading(
                        "affinity by default for three hours",
                        s -> s.editSpec().withSessionAffinity("ClientIP").endSpec(),
                        ServicePort::affinitySeconds,
                        10_800),
                new Reading(
                        "affinity with its timeout",
                        s -> s.editSpec()
                                .withSessionAffinity("ClientIP")
                                .withNewSessionAffinityConfig()
                                .withNewClientIP(60)
                                .endSessionAffinityConfig()
                                .endSpec(),
                        ServicePort::affinitySeconds,
                        60),
                new Reading(
                        "internal policy",
                        s -> s.editSpec().withInternalTrafficPolicy("Local").endSpec(),
                        ServicePort::internalPolicyLocal,
                        true),
                new Reading(
                        "external policy of a ClusterIP Service without external IPs does not count",
                        s -> s.editSpec().withExternalTrafficPolicy("Local").endSpec(),
                        ServicePort::externalPolicyLocal,
                        false),
                new Reading(
                        "external policy of a ClusterIP Service with external IPs counts",
                        s -> s.editSpec()
                                .withExternalTrafficPolicy("Local")
                                .withExternalIPs("1.2.3.4")
                                .endSpec(),
                        ServicePort::externalPolicyLocal,
                        true),
                new Reading(
                        "external policy of a NodePort Service counts",
                        s -> s.editSpec()
                                .withType("NodePort")
                                .withExternalTrafficPolicy("Local")
                                .endSpec(),
                        ServicePort::externalPolicyLocal,
                        true),
                new Reading(
                        "a health check port is used with LoadBalancer and Local",
                        s -> s.editSpec()
                                .withType("LoadBalancer")
                                .withExternalTrafficPolicy("Local")
                                .withHealthCheckNodePort(30123)
                                .endSpec(),
                        ServicePort::healthCheckNodePort,
                        30123),
                new Reading(
                        "a health check port is not used with NodePort",
                        s -> s.editSpec()
                                .withType("NodePort")
                                .withExternalTrafficPolicy("Local")
                                .withHealthCheckNodePort(30123)
                                .endSpec(),
                        ServicePort::healthCheckNodePort,
                        0),
                new Reading(
                        "a node port is used whatever the type is",
                        s -> s.editSpec()
                                .editFirstPort()
                                .withNodePort(30080)
                                .endPort()
                                .endSpec(),
                        ServicePort::nodePort,
                        30080));
    }

    @TestFactory
    Stream<DynamicTest> fields_are_read_as_kube_proxy_reads_them() {
        return Stream.concat(addressReadings(), policyReadings())
                .map(one -> DynamicTest.dynamicTest(
                        one.name,
                        () -> assertThat(one.of.apply(
                                        ports(one.change, IpFamily.IPV4).getFirst()))
                                .isEqualTo(one.expected)));
    }

    @Test
    void each_port_and_protocol_is_a_service_port_of_its_own() {
        List<ServicePort> ports = ports(
                s -> s.editSpec()
                        .withPorts()
                        .addNewPort()
                        .withPort(53)
                        .withProtocol("UDP")
                        .endPort()
                        .addNewPort()
                        .withName("dns-tcp")
                        .withPort(53)
                        .endPort()
                        .addNewPort()
                        .withName("sip")
                        .withPort(5060)
                        .withProtocol("SCTP")
                        .endPort()
                        .endSpec(),
                IpFamily.IPV6);
        assertThat(ports)
                .extracting(
                        p -> p.name().text(),
                        p -> p.name().protocol(),
                        p -> p.clusterIp().toString(),
                        p -> p.origin().toString())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("shop/web", Protocol.UDP, "fd00:10:96::a", "web.yaml:12"),
                        org.assertj.core.groups.Tuple.tuple(
                                "shop/web:dns-tcp", Protocol.TCP, "fd00:10:96::a", "web.yaml:12"),
                        org.assertj.core.groups.Tuple.tuple(
                                "shop/web:sip", Protocol.SCTP, "fd00:10:96::a", "web.yaml:12"));
    }
}
