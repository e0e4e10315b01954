package io.vipline.rules.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Problem;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.DetectLocal;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A kube-proxy's file, its Node and its cluster give its configuration. */
class KubeProxyConfigurationTest {
    private static final String NODES = """
            apiVersion: v1
            kind: Node
            metadata: {name: b, labels: {topology.kubernetes.io/zone: z}}
            spec: {podCIDRs: [10.1.2.0/24, "fd00:2::/64"]}
            status: {addresses: [{type: InternalIP, address: 10.0.0.2}, {type: InternalIP, address: "fd00::2"}, {type: InternalIP, address: 10.0.0.3}, {type: ExternalIP, address: 1.1.1.1}]}
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: c}
            """;
    private static final String POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\n";

    private static KubeProxyConfiguration read(String fields) {
        String text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n" + fields;
        try {
            return KubeProxyConfiguration.read(ManifestSource.of("proxy.yaml", new StringReader(text)));
        } catch (IOException impossible) {
            throw new UncheckedIOException("reading a string", impossible);
        }
    }

    private static ProxyConfig config(String fields) {
        KubeProxyConfiguration configuration = read(fields);
        ProxyConfig config = configuration.proxyConfig(Loading.load(NODES).cluster(), new NodeChoice("", List.of()));
        assertThat(configuration.problems()).isEmpty();
        return config;
    }

    private static String text(DetectLocal detector) {
        return switch (detector) {
            case DetectLocal.None() -> "none";
            case DetectLocal.BySource(var cidrs) -> cidrs.toString();
            case DetectLocal.ByInterface(var pattern) -> pattern;
        };
    }

    @ParameterizedTest(name = "{0} detects {1}")
    @CsvSource(delimiter = '|', textBlock = """
            clusterCIDR: 10.244.0.0/16                                                       | [10.244.0.0/16]
            clusterCIDR: "10.244.0.0/16,fd00::/56"                                           | [10.244.0.0/16, fd00::/56]
            clusterCIDR: "10.244.0.0/16,10.3.0.0/16"                                         | [10.244.0.0/16]
            clusterCIDR: ""                                                                  | none
            mode: iptables                                                                   | none
            {detectLocalMode: ClusterCIDR, clusterCIDR: ""}                                  | none
            {detectLocalMode: NodeCIDR, clusterCIDR: 10.244.0.0/16}                          | [10.1.2.0/24, fd00:2::/64]
            {detectLocalMode: BridgeInterface, detectLocal: {bridgeInterface: cni0}}         | cni0
            {detectLocalMode: InterfaceNamePrefix, detectLocal: {interfaceNamePrefix: cali}} | cali+
            """)
    void detectorsFollowTheFile(String fields, String detector) {
        String block = fields.startsWith("{")
                ? Arrays.stream(fields.substring(1, fields.length() - 1).split(", (?=detectLocal:|clusterCIDR)"))
                        .collect(Collectors.joining("\n"))
                : fields;
        assertThat(text(config(block).detectLocal())).isEqualTo(detector);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            pods that we made up  | [10.244.0.0/16]
            no pods               | none
            """)
    void withoutAFileTheDetectorIsWhatWeMadeUp(String pods, String detector) {
        Cluster cluster = Loading.load(pods.startsWith("no") ? "" : POD).cluster();
        ProxyConfig config = KubeProxyConfiguration.none().proxyConfig(cluster, new NodeChoice("", List.of()));
        assertThat(text(config.detectLocal())).isEqualTo(detector);
        assertThat(config.mode()).isEqualTo(ProxyConfig.Mode.IPTABLES);
        assertThat(config.localhostNodePorts()).isTrue();
        assertThat(config.masqueradeBit()).isEqualTo(14);
        assertThat(config.nodePortAddresses()).isEmpty();
    }

    @ParameterizedTest(name = "{0}: {1}, localhost node ports {2}")
    @CsvSource(delimiter = '|', textBlock = """
            mode: ""                                         | []                             | true
            nodePortAddresses: [10.0.0.0/8]                  | [10.0.0.0/8]                   | true
            nodePortAddresses: [primary]                     | [10.0.0.2/32, fd00::2/128]     | true
            iptables: {localhostNodePorts: false}            | []                             | false
            mode: nftables                                   | [10.0.0.2/32, fd00::2/128]     | false
            {mode: nftables, nodePortAddresses: [10.0.0.0/8]} | [10.0.0.0/8]                  | false
            """)
    void nodePortAddressesFollowModeAndFile(String fields, String addresses, boolean localhost) {
        String block = fields.startsWith("{")
                ? fields.substring(1, fields.length() - 1).replace(", ", "\n")
                : fields;
        ProxyConfig config = config(block);
        assertThat(config.nodePortAddresses()).hasToString(addresses);
        assertThat(config.localhostNodePorts()).isEqualTo(localhost);
    }

    @Test
    @DisplayName("the back ends have their own masquerade settings")
    void masqueradeSettingsAreTheModes() {
        String both = "iptables: {masqueradeAll: true, masqueradeBit: 3}\nnftables: {masqueradeBit: 5}\n";
        ProxyConfig iptables = config(both);
        assertThat(iptables.masqueradeAll()).isTrue();
        assertThat(iptables.masqueradeBit()).isEqualTo(3);
        ProxyConfig nftables = config(both + "mode: nftables");
        assertThat(nftables.masqueradeAll()).isFalse();
        assertThat(nftables.masqueradeBit()).isEqualTo(5);
        assertThat(nftables.randomFully()).isTrue();
    }

    @Test
    @DisplayName("the Node has its zone, its InternalIPs, loopback and what --node-address adds")
    void theNode() {
        List<LocalAddress> more = List.of("192.168.9.9/24", "10.0.0.3/24", "10.9.0.0/16", "fd00::99").stream()
                .map(text -> NodeChoice.parseAddress(text).orElseThrow())
                .toList();
        ProxyConfig config =
                KubeProxyConfiguration.none().proxyConfig(Loading.load(NODES).cluster(), new NodeChoice("b", more));
        assertThat(config.nodeName()).isEqualTo("b");
        assertThat(config.zone()).isEqualTo("z");
        assertThat(config.nodeIps()).hasToString("[10.0.0.2, fd00::2, 10.0.0.3]");
        assertThat(config.localAddresses())
                .extracting(local -> local.interfaceName() + " " + local.address() + "/" + local.prefixLength())
                .containsExactly(
                        "lo 127.0.0.1/8",
                        "lo ::1/128",
                        "eth0 10.0.0.2/32",
                        "eth0 fd00::2/128",
                        "eth0 192.168.9.9/24",
                        "eth0 10.0.0.3/24",
                        "lo 10.9.0.0/16",
                        "eth0 fd00::99/128");
    }

    @Test
    @DisplayName("conntrack settings are read, in nanoseconds")
    void conntrack() {
        ConntrackSettings settings = read("""
                conntrack: {maxPerCore: 100, min: 5, tcpEstablishedTimeout: 24h0m0s, tcpCloseWaitTimeout: 0s, udpTimeout: 1.5m, tcpBeLiberal: true}
                """).conntrack();
        assertThat(settings.maxPerCore()).hasValue(100);
        assertThat(settings.min()).hasValue(5);
        assertThat(settings.tcpEstablishedTimeoutNs()).hasValue(86_400_000_000_000L);
        assertThat(settings.tcpCloseWaitTimeoutNs()).isEmpty();
        assertThat(settings.udpTimeoutNs()).hasValue(90_000_000_000L);
        assertThat(settings.udpStreamTimeoutNs()).isEmpty();
        assertThat(settings.tcpBeLiberal()).isTrue();
        ConntrackSettings silent = read("conntrack: {udpStreamTimeout: 4m}").conntrack();
        assertThat(silent.tcpEstablishedTimeoutNs()).hasValue(86_400_000_000_000L);
        assertThat(silent.tcpCloseWaitTimeoutNs()).hasValue(3_600_000_000_000L);
        assertThat(read("mode: iptables").conntrack()).isEqualTo(ConntrackSettings.DEFAULT);
        assertThat(config("conntrack: {tcpBeLiberal: true}").conntrackTcpBeLiberal())
                .isTrue();
    }

    @ParameterizedTest(name = "{0} is {1} ns")
    @CsvSource({
        "0, 0",
        "1s, 1000000000",
        "1h30m, 5400000000000",
        "100ms, 100000000",
        ".5s, 500000000",
        "1us2ns, 1002",
        "5, -1",
        "s, -1",
        "1x, -1",
        "1s?, -1",
        "'', -1"
    })
    void goDurations(String text, long ns) {
        assertThat(GoDuration.parseNs(text)).isEqualTo(ns < 0 ? OptionalLong.empty() : OptionalLong.of(ns));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            mode: ipvs                          | proxy.yaml:3:7: mode "ipvs" is not emulated, Vipline has iptables and nftables, write one of these
            clusterCIDR: ten                    | proxy.yaml:3:14: "ten" is no range of addresses, the field wants one, write it like 10.244.0.0/16
            nodePortAddresses: [10.0.0.1]       | proxy.yaml:3:21: "10.0.0.1" is no range of addresses, the field wants one, write it like 10.244.0.0/16
            detectLocalMode: Magic              | proxy.yaml:3:18: "Magic" is no detectLocalMode, there are ClusterCIDR, NodeCIDR, BridgeInterface and InterfaceNamePrefix, write one of these
            detectLocalMode: BridgeInterface    | proxy.yaml:1:1: detectLocal.bridgeInterface is empty, detectLocalMode asks for it, name the interface that pods come in by
            iptables: {masqueradeBit: 32}       | proxy.yaml:3:27: 32 is no bit of a mark, a mark has bits 0 to 31, write 14 or another of these
            iptables: {masqueradeAll: 1}        | proxy.yaml:3:27: "1" cannot stand here, iptables.masqueradeAll wants true or false, write true or false
            conntrack: {udpTimeout: soon}       | proxy.yaml:3:25: "soon" is no duration, udpTimeout wants one, write it like 1h30m
            clusterCIRD: 10.0.0.0/8             | proxy.yaml:3:1: unknown field "clusterCIRD", KubeProxyConfiguration has no such field, did you mean clusterCIDR?
            """)
    void problemsHaveTheirPlace(String fields, String problem) {
        KubeProxyConfiguration configuration = read(fields);
        configuration.proxyConfig(Loading.load("").cluster(), new NodeChoice("", List.of()));
        configuration.conntrack();
        assertThat(configuration.problems()).singleElement().hasToString(problem);
    }

    @Test
    @DisplayName("kubeadm's file of several kinds is read, one without the kind is not")
    void otherKinds() throws IOException {
        KubeProxyConfiguration found =
                read("hostnameOverride: ' Worker-1 '\nmetricsBindAddress: \"\"\n---\nkind: KubeletConfiguration\n");
        assertThat(found.problems()).isEmpty();
        assertThat(found.hostnameOverride()).hasValue("worker-1");
        KubeProxyConfiguration none = KubeProxyConfiguration.read(
                ManifestSource.of("kubelet.yaml", new StringReader("kind: KubeletConfiguration\n")));
        assertThat(none.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.isError()).isTrue());
    }

    @Test
    @DisplayName("a Node that is not there is an error that names those that are")
    void unknownNode() {
        KubeProxyConfiguration configuration = KubeProxyConfiguration.none();
        configuration.proxyConfig(Loading.load(NODES).cluster(), new NodeChoice("x", List.of()));
        assertThat(configuration.problems())
                .singleElement()
                .extracting(Problem::toString)
                .isEqualTo("--node: there is no Node \"x\", the cluster has b, c, name one of these");
    }
}
