package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ServiceEndpoints;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which line of the manifests a rule comes from. */
class PartOriginsTest {
    private static final String SERVICE = """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              clusterIP: 10.96.0.10
              SELECTOR
              ports:
              - name: http
                port: 80
              - {name: metrics, port: 90}
            ---
            """;
    private static final String SLICE = """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports:
            - {name: http, port: 8080}
            - {name: metrics, port: 9090}
            endpoints:
            - addresses: [10.244.1.7]
            - addresses:
              - 10.244.1.8
            """;
    private static final String PODS = """
            apiVersion: v1
            kind: Pod
            metadata: {name: a, labels: {app: web}}
            status: {podIP: 10.244.1.7}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: b, labels: {app: web}}
            status: {podIP: 10.244.1.8}
            """;
    private static final String DEPLOYMENT = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web}]}
            """;
    private static final String ENDPOINTS = """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: web}
            subsets:
            - ports: [{name: http, port: 8080}, {name: metrics, port: 9090}]
              addresses: [{ip: 10.244.1.7}, {ip: 10.244.1.8}]
            """;

    @DisplayName("a rule comes from the line of its port, or of its endpoint or the pod that it is")
    @ParameterizedTest(name = "endpoints from {0}")
    @CsvSource(delimiter = '|', textBlock = """
            SLICE      | c.yaml:8 c.yaml:20 c.yaml:21; c.yaml:10 c.yaml:20 c.yaml:21
            PODS       | c.yaml:8 c.yaml:12 c.yaml:17; c.yaml:10 c.yaml:12 c.yaml:17
            DEPLOYMENT | c.yaml:8 c.yaml:12 c.yaml:12; c.yaml:10 c.yaml:12 c.yaml:12
            ENDPOINTS  | c.yaml:8 c.yaml:12 c.yaml:12; c.yaml:10 c.yaml:12 c.yaml:12
            """)
    void aRuleComesFromTheLineOfItsPortOrEndpoint(String source, String expected) {
        String selector = source.equals("PODS") || source.equals("DEPLOYMENT") ? "selector: {app: web}" : "";
        String endpoints = switch (source) {
            case "SLICE" -> SLICE;
            case "PODS" -> PODS;
            case "DEPLOYMENT" -> DEPLOYMENT;
            default -> ENDPOINTS;
        };
        LoadedCluster loaded = Loading.usable(SERVICE.replace("SELECTOR", selector) + endpoints);
        List<ServiceEndpoints> services = ProxiedServices.of(loaded.cluster(), "node-1", IpFamily.IPV4);
        assertThat(services.stream().map(PartOriginsTest::lines).collect(Collectors.joining("; ")))
                .isEqualTo(expected);
    }

    private static String lines(ServiceEndpoints service) {
        return service.port().origin() + " "
                + service.endpoints().stream()
                        .map(Endpoint::origin)
                        .map(Object::toString)
                        .collect(Collectors.joining(" "));
    }
}
