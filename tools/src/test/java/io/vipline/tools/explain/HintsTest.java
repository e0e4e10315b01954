package io.vipline.tools.explain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vipline.tools.Vipline;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code explain} says of packets that fare as nobody would expect, on the cluster of {@code surprises.yaml}. */
class HintsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    private JsonNode explained(String configuration, String packet) throws IOException {
        Path manifests = folder.resolve("surprises.yaml");
        try (var resource = HintsTest.class.getResourceAsStream("/explain/surprises.yaml")) {
            Files.write(manifests, resource.readAllBytes());
        }
        Path config = Files.writeString(
                folder.resolve("config.yaml"),
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
                        + configuration.replace("; ", "\n") + "\n");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of("explain", "-f", manifests.toString()));
        arguments.addAll(List.of("--config", config.toString(), "--node-address", "192.168.99.1/32"));
        arguments.addAll(List.of(packet, "-o", "json"));
        int exitCode =
                Vipline.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(String[]::new));
        assertThat(exitCode).as(err.toString()).isZero();
        return MAPPER.readTree(out.toString());
    }

    @ParameterizedTest(name = "{0}: {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            tcp 10.244.1.9:40 > 10.96.0.11:80       | REJECT | selector app=wbe of default/typo matches no pod of namespace default; pods there have app=remote, app=sick, app=waiting, app=web
            tcp 10.244.1.9:40 > 10.96.0.12:80       | REJECT | matches no pod of namespace default, only other/far: a Service selects within its own namespace
            tcp 10.244.1.9:40 > 10.96.0.13:80       | REJECT | default/by-hand has no selector and no EndpointSlice
            tcp 10.244.1.9:40 > 10.96.0.14:80       | REJECT | the only endpoint of default/sick is not ready: 10.244.1.4:8080; packets go there once readiness probes succeed, or with publishNotReadyAddresses
            tcp 10.244.1.9:40 > 10.96.0.15:80       | REJECT | the EndpointSlices of default/misnamed have no port "http" for TCP, they have "web" TCP 8080
            tcp 10.244.1.9:40 > 10.96.0.16:80       | REJECT | no pod behind default/no-such-port has a container port named "metrics" for TCP
            tcp [fd00::1]:40 > [fd00:10:96::17]:80  | REJECT | default/dual has no IPv6 endpoint
            tcp 10.244.1.9:40 > 10.96.0.22:80       | REJECT | all endpoints of default/gone are terminating, and serve no more
            tcp 10.244.1.9:40 > 10.96.0.30:80       | REJECT | matches no pod that runs with an address of the family, only default/waiting
            tcp 203.0.113.9:40 > 192.0.2.18:80      | DROP   | endpoints are ready but not local: externalTrafficPolicy is Local, and 1 endpoint is elsewhere (10.244.2.3:8080)
            tcp 203.0.113.9:40 > 192.0.2.18:80      | DROP   | it would work on node-2, which has endpoints, or with externalTrafficPolicy: Cluster
            tcp 203.0.113.9:40 > 192.0.2.18:80      | DROP   | health check node port 32018 answers 503 here
            tcp 203.0.113.9:40 > 192.168.10.11:30018| DROP   | endpoints are ready but not local: externalTrafficPolicy is Local
            tcp 10.244.1.9:40 > 10.96.0.19:80       | DROP   | endpoints are ready but not local: internalTrafficPolicy is Local
            tcp 10.244.1.2:40 > 192.0.2.18:80       | DROP   | traffic of pods would go to every endpoint, but this kube-proxy does not know which addresses are pods'
            tcp 192.168.10.11:40 > 192.0.2.18:80    | DNAT   | externalTrafficPolicy Local does not bind traffic from pods and from the node itself
            tcp 203.0.113.200:40 > 192.0.2.20:80    | DROP   | 203.0.113.200 is not in loadBalancerSourceRanges of default/guarded: 203.0.113.0/25; ranges guard the load balancer's address only, node port 30020 stays open
            tcp 10.244.1.9:40 > 10.96.0.21:80       | DNAT   | no endpoint is ready: traffic goes to those that are terminating but still serve
            tcp 10.244.1.9:40 > 10.96.0.23:80       | DNAT   | left out, though ready: 10.244.2.2:8080; the hints of the chosen ones name this node's zone, zone-a
            tcp 10.244.1.9:40 > 10.96.0.33:80       | DNAT   | left out, though ready: 10.244.2.2:8080; the hints of the chosen ones name this node
            tcp 10.244.1.9:40 > 10.96.0.31:80       | DNAT   | left out, not ready: 10.244.1.4:8080
            tcp 203.0.113.9:40 > 192.0.2.32:80      | DNAT   | left out, though ready: 10.244.2.2:8080; they are not on this node, and externalTrafficPolicy is Local
            tcp 203.0.113.9:40 > 192.0.2.32:80      | DNAT   | not masqueraded: the endpoint sees the client's own address
            tcp 10.244.1.9:40 > 10.96.0.24:80       | DNAT   | sessionAffinity is ClientIP: the draw is for the first connection, later ones of 10.244.1.9 within 10800 s go to the same endpoint
            tcp 203.0.113.9:40 > 10.96.0.10:80      | DNAT   | not masqueraded, because this kube-proxy does not know which addresses are pods'
            tcp 203.0.113.9:40 > 192.0.2.25:80      | ACCEPT | 192.0.2.25 is an address of default/proxied with ipMode Proxy
            tcp 10.244.1.9:40 > 10.96.0.26:80       | ACCEPT | its label service.kubernetes.io/service-proxy-name leaves it to the proxy mesh
            tcp 10.244.1.9:40 > 10.96.0.27:80       | ACCEPT | its label service.kubernetes.io/headless makes kube-proxy pass it over
            tcp 10.244.1.9:40 > 10.96.0.28:80       | ACCEPT | its type is ExternalName, for which kube-proxy has no rules
            tcp 10.244.1.9:40 > 10.96.0.29:53       | ACCEPT | 10.96.0.29 is the cluster IP of default/dns, which has no TCP port 53; it has UDP 53
            tcp 10.244.1.9:40 > 10.96.0.10:8080     | ACCEPT | default/web, which has no TCP port 8080 (that is its pods' port); it has http TCP 80
            tcp 203.0.113.9:40 > 192.0.2.20:81      | ACCEPT | 192.0.2.20 is the load balancer's address of default/guarded, which has no TCP port 81
            icmp 10.244.1.9 > 10.96.0.10            | ACCEPT | Services are about TCP, UDP and SCTP, not about ICMP
            tcp 203.0.113.9:40 > 192.168.10.12:30010| ACCEPT | 192.168.10.12 is node-2, and this is node-1: there --node node-2 shows what happens
            tcp [fd00::1]:40 > [fd00:192::11]:30010 | ACCEPT | 30010 is a node port of default/web:http, which has no IPv6 address
            tcp 203.0.113.9:40 > 192.168.10.11:30029| ACCEPT | 30029 is a node port of default/dns for UDP, not for TCP
            tcp 203.0.113.9:40 > 127.0.0.1:9999     | DROP   | 127.0.0.0/8 can be reached from the node itself only
            tcp 10.244.1.9:40 > 10.99.0.1:80        | ACCEPT | no Service has 10.99.0.1, an address of the service range 10.96.0.0/12; nftables mode would drop it
            tcp 10.244.1.9:40 > 10.244.2.2:8080     | ACCEPT | that is the address of pod default/web-2 itself: no Service is asked
            tcp 203.0.113.9:40 > 192.168.10.11:32018| ACCEPT | 32018 is the health check node port of default/front: kube-proxy itself answers
            tcp 10.244.1.9:40 > 10.96.0.10:80 state ESTABLISHED | ACCEPT | the nat table sees only the first packet of a connection
            tcp 10.244.1.9:40 > 10.96.0.10:80 state INVALID     | DROP   | conntrack knows no connection that the packet could belong to
            """)
    @DisplayName("a packet that fares as nobody expects is told why")
    void whyAPacketFaresSo(String packet, String verdict, String hint) throws IOException {
        check("mode: iptables", packet, verdict, hint);
    }

    @ParameterizedTest(name = "{0}: {1}: {2}: {3}")
    @CsvSource(delimiter = '|', textBlock = """
            nodePortAddresses: [192.168.10.0/24]         | tcp 203.0.113.9:40 > 192.168.99.1:30010 | ACCEPT | node ports do not answer on 192.168.99.1: nodePortAddresses has 192.168.10.0/24
            nodePortAddresses: [192.168.10.0/24]         | tcp 127.0.0.1:40 > 127.0.0.1:30010      | ACCEPT | node ports do not answer on 127.0.0.1: nodePortAddresses leaves it out
            iptables: {localhostNodePorts: false}        | tcp 127.0.0.1:40 > 127.0.0.1:30010      | ACCEPT | node ports do not answer on 127.0.0.1: localhostNodePorts is off
            clusterCIDR: 10.244.0.0/16                   | tcp 10.244.1.9:40 > 192.0.2.18:80       | DNAT   | what comes from outside is dropped here, no endpoint being on this node
            mode: nftables                               | tcp 203.0.113.9:40 > 192.168.99.1:30010 | ACCEPT | nodePortAddresses (in nftables mode the primary one unless said) has 192.168.10.11/32
            mode: nftables                               | tcp 127.0.0.1:40 > 127.0.0.1:30010      | ACCEPT | nftables mode has none on localhost
            mode: nftables                               | tcp 10.244.1.9:40 > 10.96.0.10:81       | REJECT | nftables mode rejects what comes to a port that a cluster IP does not have
            mode: nftables                               | tcp 10.244.1.9:40 > 10.99.0.1:80        | DROP   | no Service has 10.99.0.1, an address of the service range 10.96.0.0/12: nftables mode drops it
            mode: nftables                               | tcp 203.0.113.200:40 > 192.0.2.20:80    | DROP   | 203.0.113.200 is not in loadBalancerSourceRanges of default/guarded
            """)
    @DisplayName("what the configuration decides is told too")
    void whatTheConfigurationDecides(String configuration, String packet, String verdict, String hint)
            throws IOException {
        check(configuration, packet, verdict, hint);
    }

    private void check(String configuration, String packet, String verdict, String hint) throws IOException {
        JsonNode explained = explained(configuration, packet);
        assertThat(explained.path("verdict").asText()).isEqualTo(verdict);
        assertThat(explained.path("hints").valueStream().map(JsonNode::asText))
                .anySatisfy(said -> assertThat(said).contains(hint));
    }

    @ParameterizedTest(name = "{0}: {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            clusterCIDR: 10.244.0.0/16           | tcp 10.244.1.2:40 > 10.96.0.10:80       | 10.244.1.2:8080 from 192.168.10.11: hairpin
            clusterCIDR: 10.244.0.0/16           | tcp 203.0.113.9:40 > 10.96.0.10:80      | 10.244.1.2:8080 from 192.168.10.11: the client is outside the pod range 10.244.0.0/16
            clusterCIDR: 10.244.0.0/16           | tcp 203.0.113.9:40 > 192.168.10.11:30010| 10.244.1.2:8080 from 192.168.10.11: an external destination under externalTrafficPolicy Cluster
            clusterCIDR: 10.244.0.0/16           | tcp 192.168.10.11:40 > 192.0.2.32:80    | 10.244.1.2:8080 from 192.168.10.11: it comes from the node itself
            iptables: {masqueradeAll: true}      | tcp 10.244.1.9:40 > 10.96.0.10:80       | 10.244.1.2:8080 from 192.168.10.11: masqueradeAll is set
            mode: nftables; clusterCIDR: 10.244.0.0/16           | tcp 10.244.1.2:40 > 10.96.0.10:80       | 10.244.1.2:8080 from 192.168.10.11: hairpin
            mode: nftables; clusterCIDR: 10.244.0.0/16           | tcp 203.0.113.9:40 > 10.96.0.10:80      | 10.244.1.2:8080 from 192.168.10.11: the client is outside the pod range 10.244.0.0/16
            mode: nftables; clusterCIDR: 10.244.0.0/16           | tcp 203.0.113.9:40 > 192.168.10.11:30010| 10.244.1.2:8080 from 192.168.10.11: an external destination under externalTrafficPolicy Cluster
            mode: nftables; clusterCIDR: 10.244.0.0/16           | tcp 192.168.10.11:40 > 192.0.2.32:80    | 10.244.1.2:8080 from 192.168.10.11: it comes from the node itself
            mode: nftables; nftables: {masqueradeAll: true}      | tcp 10.244.1.9:40 > 10.96.0.10:80       | 10.244.1.2:8080 from 192.168.10.11: masqueradeAll is set
            detectLocalMode: BridgeInterface; detectLocal: {bridgeInterface: cni0} | in eth1 tcp 203.0.113.9:40 > 10.96.0.10:80 | 10.244.1.2:8080 from 192.168.10.11: it does not arrive by a pod's interface (cni0)
            """)
    @DisplayName("a masqueraded packet has a new source and a reason for it")
    void whyAPacketIsMasqueraded(String configuration, String packet, String expected) throws IOException {
        JsonNode endpoint = explained(configuration, packet).path("endpoints").path(0);
        String found = endpoint.path("address").asText() + " from "
                + endpoint.path("source").asText() + ": "
                + endpoint.path("because").asText();
        assertThat(found).startsWith(expected);
    }

    @Test
    void whereAllIsAsExpectedNothingIsSaid() throws IOException {
        assertThat(explained("clusterCIDR: 10.244.0.0/16", "tcp 10.244.1.9:40 > 10.96.0.10:80")
                        .path("hints"))
                .isEmpty();
        assertThat(explained("mode: iptables", "tcp 203.0.113.9:40 > 198.51.100.1:443")
                        .path("hints"))
                .isEmpty();
    }
}
