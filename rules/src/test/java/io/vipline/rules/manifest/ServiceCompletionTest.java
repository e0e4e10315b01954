package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.Cidr;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the API server fills in, and what it leaves. */
class ServiceCompletionTest {
    private static String service(String name, String spec) {
        return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n---\n";
    }

    /** {@code type clusterIPs ports…} with what else there is; a port is {@code port:nodePort>target/protocol}. */
    private static String summary(Service service) {
        ServiceSpec spec = service.getSpec();
        StringJoiner text = new StringJoiner(" ");
        text.add(spec.getType()).add(String.join(",", spec.getClusterIPs()));
        for (ServicePort port : spec.getPorts()) {
            String target = port.getTargetPort().getStrVal() == null
                    ? port.getTargetPort().getIntVal().toString()
                    : port.getTargetPort().getStrVal();
            String nodePort = port.getNodePort() == null ? "" : ":" + port.getNodePort();
            text.add(port.getPort() + nodePort + ">" + target + "/" + port.getProtocol());
        }
        if (service.getStatus() != null && service.getStatus().getLoadBalancer() != null) {
            text.add("lb "
                    + String.join(
                            ",",
                            service.getStatus().getLoadBalancer().getIngress().stream()
                                    .map(LoadBalancerIngress::getIp)
                                    .toList()));
        }
        if (spec.getHealthCheckNodePort() != null) {
            text.add("health " + spec.getHealthCheckNodePort());
        }
        return text.toString();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            # what a person writes                                           | what comes of it
            ports: [{port: 80}]                                              | ClusterIP 10.96.0.11 80>80/TCP
            ports: [{port: 80, targetPort: 8080}]                            | ClusterIP 10.96.0.11 80>8080/TCP
            ports: [{port: 80, targetPort: http}]                            | ClusterIP 10.96.0.11 80>http/TCP
            ports: [{port: 53, protocol: UDP, targetPort: 0}]                | ClusterIP 10.96.0.11 53>53/UDP
            ports: [{port: 80}], clusterIP: "", selector: null               | ClusterIP 10.96.0.11 80>80/TCP
            type: NodePort, ports: [{port: 80}]                              | NodePort 10.96.0.11 80:30000>80/TCP
            type: NodePort, ports: [{port: 80, nodePort: 31000}]             | NodePort 10.96.0.11 80:31000>80/TCP
            type: LoadBalancer, ports: [{port: 80}]                          | LoadBalancer 10.96.0.11 80:30000>80/TCP lb 192.0.2.1
            type: LoadBalancer, ports: [{port: 80}], loadBalancerIP: 1.2.3.4 | LoadBalancer 10.96.0.11 80:30000>80/TCP lb 1.2.3.4
            type: LoadBalancer, ports: [{port: 80}], allocateLoadBalancerNodePorts: false | LoadBalancer 10.96.0.11 80>80/TCP lb 192.0.2.1
            type: LoadBalancer, ports: [{port: 80, nodePort: 30009}], allocateLoadBalancerNodePorts: false | LoadBalancer 10.96.0.11 80:30009>80/TCP lb 192.0.2.1
            type: LoadBalancer, ports: [{port: 80}], externalTrafficPolicy: Local | LoadBalancer 10.96.0.11 80:30000>80/TCP lb 192.0.2.1 health 30001
            type: LoadBalancer, ports: [{port: 80}], externalTrafficPolicy: Local, healthCheckNodePort: 30000 | LoadBalancer 10.96.0.11 80:30001>80/TCP lb 192.0.2.1 health 30000
            type: NodePort, ports: [{name: a, port: 53}, {name: b, port: 53, protocol: UDP}] | NodePort 10.96.0.11 53:30000>53/TCP 53:30000>53/UDP
            type: NodePort, ports: [{name: a, port: 53}, {name: b, port: 53, protocol: UDP, nodePort: 30053}] | NodePort 10.96.0.11 53:30053>53/TCP 53:30053>53/UDP
            type: NodePort, ports: [{name: a, port: 80}, {name: b, port: 81, nodePort: 30000}] | NodePort 10.96.0.11 80:30001>80/TCP 81:30000>81/TCP
            clusterIP: None, ports: [{port: 80}]                             | ClusterIP None 80>80/TCP
            type: ExternalName, externalName: example.com                    | ExternalName ``
            ipFamilyPolicy: PreferDualStack, ports: [{port: 80}]             | ClusterIP 10.96.0.11,fd00:10:96::b 80>80/TCP
            ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6], ports: [{port: 80}] | ClusterIP fd00:10:96::b,10.96.0.11 80>80/TCP
            ipFamilies: [IPv6], ports: [{port: 80}]                          | ClusterIP fd00:10:96::b 80>80/TCP
            ipFamilies: [IPv4, IPv6], ports: [{port: 80}]                    | ClusterIP 10.96.0.11,fd00:10:96::b 80>80/TCP
            type: LoadBalancer, ipFamilies: [IPv6, IPv4], ports: [{port: 80}] | LoadBalancer fd00:10:96::b,10.96.0.11 80:30000>80/TCP lb 2001:db8:1b::1,192.0.2.1
            # what an API server stored
            clusterIP: 10.96.0.3, type: NodePort, ports: [{port: 80}]        | NodePort 10.96.0.3 80>80/TCP
            clusterIP: 10.96.0.3, type: LoadBalancer, ports: [{port: 80, nodePort: 99}] | LoadBalancer 10.96.0.3 80:99>80/TCP
            clusterIP: 1.2.3.4, ports: [{port: 80, nodePort: 3001}]          | ClusterIP 1.2.3.4 80:3001>80/TCP
            clusterIPs: [10.96.0.3, "fd00::3"], ports: [{port: 80}]          | ClusterIP 10.96.0.3,fd00::3 80>80/TCP
            """)
    void whatIsOpenIsFilledIn(String written, String expected) {
        LoadedCluster loaded = Loading.usable(service("web", written));
        assertThat(summary(Loading.service(loaded, "web"))).isEqualTo(expected.replace("``", ""));
    }

    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource(delimiter = '|', textBlock = """
            ports: [{port: 80}]                                      | [IPv4]       | SingleStack
            ipFamilies: [IPv4, IPv6], ports: [{port: 80}]            | [IPv4, IPv6] | RequireDualStack
            clusterIP: None, ports: [{port: 80}]                     | [IPv4, IPv6] | RequireDualStack
            clusterIP: None, selector: {a: b}, ports: [{port: 80}]   | [IPv4]       | SingleStack
            clusterIP: 'fd00::3', ports: [{port: 80}]                | [IPv6]       | SingleStack
            clusterIPs: [1.1.1.1, 'fd00::3'], ports: [{port: 80}]    | [IPv4, IPv6] | RequireDualStack
            """)
    void familiesAndPolicyAreSettled(String written, String families, String policy) {
        ServiceSpec spec =
                Loading.service(Loading.usable(service("web", written)), "web").getSpec();
        assertThat(spec.getIpFamilies()).hasToString(families);
        assertThat(spec.getIpFamilyPolicy()).isEqualTo(policy);
    }

    @Test
    @DisplayName("defaults are the API's")
    void defaultsAreTheApis() {
        String affinity =
                "type: LoadBalancer, sessionAffinity: ClientIP, ports: [{port: 80}], trafficDistribution: PreferClose";
        ServiceSpec spec =
                Loading.service(Loading.usable(service("web", affinity)), "web").getSpec();
        assertThat(spec.getSessionAffinityConfig().getClientIP().getTimeoutSeconds())
                .isEqualTo(10800);
        assertThat(spec.getInternalTrafficPolicy()).isEqualTo("Cluster");
        assertThat(spec.getExternalTrafficPolicy()).isEqualTo("Cluster");
        assertThat(spec.getAllocateLoadBalancerNodePorts()).isTrue();
        assertThat(spec.getTrafficDistribution()).isEqualTo("PreferClose");
        ServiceSpec plain = Loading.service(Loading.usable(service("web", "ports: [{port: 80}]")), "web")
                .getSpec();
        assertThat(plain.getSessionAffinity()).isEqualTo("None");
        assertThat(plain.getExternalTrafficPolicy()).isNull();
        assertThat(plain.getAllocateLoadBalancerNodePorts()).isNull();
    }

    @Test
    @DisplayName("what is taken is passed by, wherever in the manifests it stands")
    void whatIsTakenIsPassedBy() {
        LoadedCluster loaded = Loading.usable(service("a", "type: LoadBalancer, ports: [{port: 80}]")
                + service("b", "type: NodePort, ports: [{port: 80}]")
                + service("c", "clusterIP: 10.96.0.11, type: NodePort, ports: [{port: 80, nodePort: 30001}]")
                + service("d", "type: NodePort, ports: [{port: 80, nodePort: 30000}]")
                + service("e", "type: LoadBalancer, loadBalancerIP: 192.0.2.1, ports: [{port: 80}]")
                + service("f", "externalIPs: [192.0.2.2], ports: [{port: 80}]"));
        assertThat(List.of("a", "b", "c", "d", "e", "f"))
                .extracting(name -> name + " " + summary(Loading.service(loaded, name)))
                .containsExactly(
                        "a LoadBalancer 10.96.0.12 80:30002>80/TCP lb 192.0.2.3",
                        "b NodePort 10.96.0.13 80:30003>80/TCP",
                        "c NodePort 10.96.0.11 80:30001>80/TCP",
                        "d NodePort 10.96.0.14 80:30000>80/TCP",
                        "e LoadBalancer 10.96.0.15 80:30004>80/TCP lb 192.0.2.1",
                        "f ClusterIP 10.96.0.16 80>80/TCP");
    }

    @ParameterizedTest(name = "{0} gives {1}, then {2}")
    @CsvSource(delimiter = '|', textBlock = """
            10.0.0.0/24             | 10.0.0.11           | 10.0.0.12
            10.0.0.0/29             | 10.0.0.1            | 10.0.0.2
            10.0.0.8/31             | 10.0.0.9            | none
            fd00::/112              | fd00::b             | fd00::c
            10.0.0.8/31 10.1.0.0/24 | 10.0.0.9            | 10.1.0.11
            10.0.0.0/24 fd00::/112  | 10.0.0.11           | 10.0.0.12
            """)
    void clusterIpsComeFromTheServiceRange(String ranges, String first, String second) {
        List<Cidr> cidrs = Arrays.stream(ranges.split(" ")).map(Cidr::of).toList();
        LoadedCluster loaded = Loading.load(
                service("a", "ports: [{port: 80}]") + service("b", "ports: [{port: 80}]"),
                new ClusterSettings(0, "", cidrs, NodePortRange.DEFAULT));
        assertThat(loaded.cluster().serviceCidrs()).containsExactlyElementsOf(cidrs);
        assertThat(Loading.service(loaded, "a").getSpec().getClusterIP()).isEqualTo(first);
        if (second.equals("none")) {
            assertThat(loaded.problems())
                    .filteredOn(Problem::isError)
                    .singleElement()
                    .hasToString(
                            "c.yaml:8:18: no cluster IP is left for default/b, every address of [10.0.0.8/31] is taken,"
                                    + " give a larger range with --service-cidr");
        } else {
            assertThat(Loading.service(loaded, "b").getSpec().getClusterIP()).isEqualTo(second);
        }
    }

    @Test
    @DisplayName("ServiceCIDR objects win over the command line")
    void serviceCidrObjectsWin() {
        LoadedCluster loaded = Loading.load(
                """
                apiVersion: networking.k8s.io/v1
                kind: ServiceCIDR
                metadata: {name: more}
                spec: {cidrs: [10.3.0.0/24]}
                ---
                apiVersion: networking.k8s.io/v1
                kind: ServiceCIDR
                metadata: {name: kubernetes}
                spec: {cidrs: ["fd00:2::/112", 10.2.0.0/24]}
                ---
                """ + service("a", "ports: [{port: 80}], ipFamilyPolicy: PreferDualStack"),
                new ClusterSettings(0, "", List.of(Cidr.of("10.0.0.0/24")), NodePortRange.DEFAULT));
        assertThat(Loading.service(loaded, "a").getSpec().getClusterIPs()).containsExactly("fd00:2::b", "10.2.0.11");
        assertThat(loaded.cluster().serviceCidrs())
                .extracting(Cidr::toString)
                .containsExactly("10.2.0.0/24", "10.3.0.0/24", "fd00:2::/112");
    }

    @Test
    @DisplayName("a range of one node port is soon used up")
    void nodePortsRunOut() {
        LoadedCluster loaded = Loading.load(
                service("a", "type: NodePort, ports: [{port: 80}]")
                        + service("b", "type: NodePort, ports: [{port: 80}]"),
                new ClusterSettings(0, "", List.of(), new NodePortRange(31000, 31000)));
        assertThat(Loading.service(loaded, "a").getSpec().getPorts().getFirst().getNodePort())
                .isEqualTo(31000);
        assertThat(loaded.problems())
                .filteredOn(Problem::isError)
                .singleElement()
                .hasToString("c.yaml:9:32: no node port is left for default/b, every port of 31000-31000 is taken,"
                        + " give a larger range with --node-port-range");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "30000-32767, 30000-32767",
        "30000+10, 30000-30010",
        "80-90, 80-90",
        "9, ",
        "0-5, ",
        "5-4, ",
        "1-65536, "
    })
    void nodePortRangesAreWrittenInTwoWays(String text, String range) {
        assertThat(NodePortRange.parse(text).map(NodePortRange::toString).orElse(null))
                .isEqualTo(range);
    }

    @ParameterizedTest(name = "clusterIP {0}: {1}")
    @CsvSource({"10.43.0.9, false", "'', true"})
    @DisplayName("the default range is the cluster's only if we drew from it")
    void aStoredClustersRangeIsNotGuessed(String clusterIp, boolean known) {
        LoadedCluster loaded = Loading.load(service("a", "ports: [{port: 80}], clusterIP: '" + clusterIp + "'"));
        assertThat(loaded.cluster().serviceCidrs()).hasSize(known ? 1 : 0);
    }
}
