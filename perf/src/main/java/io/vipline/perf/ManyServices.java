package io.vipline.perf;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.LoadedCluster;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * A cluster of Services with three endpoints each, reachable by TCP and UDP at port 80. Service {@code i} has the
 * cluster IPs {@link #V4_BASE} + i and {@link #V6_BASE_LOW} + i, as manifests would say it.
 */
final class ManyServices {
    /** 10.97.0.0 */
    static final int V4_BASE = 0x0a61_0000;
    /** fd00:10:97:: */
    static final long V6_HIGH = 0xfd00_0010_0097_0000L;

    static final long V6_BASE_LOW = 0;
    static final int PORT = 80;

    private ManyServices() {}

    /** The rules of the only node. */
    static Table table(int services) {
        try {
            StringReader manifests = new StringReader(yaml(services));
            LoadedCluster loaded =
                    ClusterLoader.load(List.of(ManifestSource.of("many", manifests)), ClusterSettings.DEFAULT);
            ProxyConfig config =
                    KubeProxyConfiguration.none().proxyConfig(loaded.cluster(), new NodeChoice("", List.of()));
            if (loaded.problems().stream().anyMatch(Problem::isError)) {
                throw new IllegalStateException(loaded.problems().toString());
            }
            List<Ruleset> rulesets = Stream.of(IpFamily.values())
                    .map(family -> write(loaded.cluster(), config, family))
                    .toList();
            return TableCompiler.compile(rulesets, NodeNetwork.of(config.localAddresses()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Ruleset write(Cluster cluster, ProxyConfig config, IpFamily family) {
        return KubeProxyWriter.write(config, family, ProxiedServices.of(cluster, config.nodeName(), family))
                .ruleset();
    }

    /** A replay's configuration: one thread, no limits. */
    static PipelineConfig pipelineConfig() {
        return PipelineConfig.of(CapturePoint.CLIENT, ChecksumMode.TRUST, Sysctls.KUBE_PROXY, NodeAddresses.NONE, 1);
    }

    private static String yaml(int services) {
        StringBuilder yaml = new StringBuilder();
        for (int i = 0; i < services; i++) {
            String v4 = "10.%d.%d.%d".formatted(97 + (i >> 16), i >> 8 & 255, i & 255);
            String v6 = "fd00:10:97::%x:%x".formatted(i >> 16, i & 0xffff);
            yaml.append("""
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: s%1$d, namespace: default}
                    spec:
                      clusterIP: %2$s
                      clusterIPs: [%2$s, "%3$s"]
                      ipFamilies: [IPv4, IPv6]
                      ipFamilyPolicy: RequireDualStack
                      type: ClusterIP
                      ports:
                      - {name: tcp, port: 80, protocol: TCP, targetPort: 8080}
                      - {name: udp, port: 80, protocol: UDP, targetPort: 8080}
                    """.formatted(i, v4, v6));
            slice(yaml, i, "IPv4", "10." + (128 + (i >> 14)) + "." + (i >> 6 & 255) + "." + (i & 63) * 4);
            slice(yaml, i, "IPv6", "fd00:10:244::%x:%x".formatted(i >> 14, (i & 0x3fff) * 4));
        }
        return yaml.toString();
    }

    private static void slice(StringBuilder yaml, int service, String family, String firstAddress) {
        boolean isV4 = family.equals("IPv4");
        int cut = firstAddress.lastIndexOf(isV4 ? '.' : ':') + 1;
        int first = Integer.parseInt(firstAddress.substring(cut), isV4 ? 10 : 16);
        yaml.append("""
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: s%1$d-%2$s, namespace: default, labels: {kubernetes.io/service-name: s%1$d}}
                addressType: %3$s
                ports: [{name: tcp, port: 8080, protocol: TCP}, {name: udp, port: 8080, protocol: UDP}]
                endpoints:
                """.formatted(service, isV4 ? "v4" : "v6", family));
        for (int i = 0; i < 3; i++) {
            String address = firstAddress.substring(0, cut) + Integer.toString(first + i, isV4 ? 10 : 16);
            yaml.append("- {addresses: [\"").append(address).append("\"], conditions: {ready: true}}\n");
        }
    }
}
