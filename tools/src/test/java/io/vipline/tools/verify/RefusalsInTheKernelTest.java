package io.vipline.tools.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.live.NetworkNamespaces;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.save.IptablesSaveReader;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What REJECT sends, by each of its options, at FORWARD and at INPUT: the kernel's answers are ours to the byte. */
class RefusalsInTheKernelTest {
    private static final String NODE = """
            {apiVersion: v1, kind: Node, metadata: {name: here},
             status: {addresses: [{type: InternalIP, address: 192.168.0.1}, {type: InternalIP, address: 'fd00::1'}]}}
            """;
    private static final List<String> V4 = List.of(
            "icmp-net-unreachable",
            "icmp-host-unreachable",
            "icmp-proto-unreachable",
            "icmp-port-unreachable",
            "icmp-net-prohibited",
            "icmp-host-prohibited",
            "icmp-admin-prohibited",
            "tcp-reset");

    private static final List<String> V6 = List.of(
            "icmp6-no-route",
            "icmp6-adm-prohibited",
            "icmp6-addr-unreachable",
            "icmp6-port-unreachable",
            "icmp6-policy-fail",
            "icmp6-reject-route",
            "tcp-reset");
    private static final int FIRST_PORT = 100;
    private static final int SYN = 2;
    private static final int FIN = 1;
    private static final int ACK = 16;
    private static final int RST = 4;

    @Test
    void answersAreThoseOfTheKernel() throws IOException {
        Assumptions.assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the command ip");
        Cluster cluster = ClusterLoader.load(
                        List.of(ManifestSource.of("node.yaml", new StringReader(NODE))), ClusterSettings.DEFAULT)
                .cluster();
        ProxyConfig config = KubeProxyConfiguration.none().proxyConfig(cluster, new NodeChoice("here", List.of()));
        Set<IpAddress> pods = Set.of(IpAddress.of("10.244.0.2"), IpAddress.of("fd00:244::2"));
        NodeLayout layout = new NodeLayout(
                config, NodeNetwork.of(config.localAddresses()), pods, "pods", NodeLayout.LINK_MTU_BYTES);
        Table table = TableCompiler.compile(
                List.of(ruleset(V4, IpFamily.IPV4), ruleset(V6, IpFamily.IPV6)), layout.network());
        Sysctls sysctls = Sysctls.KUBE_PROXY.withoutErrorLimits();
        try (KernelNode kernel = new KernelNode(layout, sysctls);
                EmulatedNode emulated = new EmulatedNode(
                        table, layout, EmulatedNode.config(layout, sysctls, 1), Verification.Fault.NONE)) {
            // the test bed's node keeps some answers to itself, for other tests
            kernel.load("*raw\n-F OUTPUT\nCOMMIT\n", "iptables-restore", "--noflush");
            kernel.load("*raw\n-F OUTPUT\nCOMMIT\n", "ip6tables-restore", "--noflush");
            kernel.load(text(V4), "iptables-restore", "--noflush");
            kernel.load(text(V6), "ip6tables-restore", "--noflush");
            long nowNs = 1_767_225_600_000_000_000L;
            for (Arrival arrival : arrivals()) {
                nowNs += 1_000_000;
                List<Departure> ours = emulated.pass(arrival, nowNs);
                List<Departure> kernels = kernel.pass(arrival, ours.size());
                assertThat(texts(ours))
                        .as(HexFormat.of().formatHex(arrival.packet()))
                        .isEqualTo(texts(kernels));
            }
        }
    }

    private static String text(List<String> refusals) {
        StringBuilder text = new StringBuilder("*filter\n");
        for (int i = 0; i < refusals.size(); i++) {
            for (String chain : List.of("FORWARD", "INPUT")) {
                String rule = " --dport " + (FIRST_PORT + i) + " -j REJECT --reject-with " + refusals.get(i) + "\n";
                text.append("-A ").append(chain).append(" -p tcp -m tcp").append(rule);
                if (!refusals.get(i).equals("tcp-reset")) {
                    text.append("-A ").append(chain).append(" -p udp -m udp").append(rule);
                }
            }
        }
        // where no rule refuses a datagram the kernel does itself, for want of a socket
        return text.append("-A INPUT -p udp -j DROP\nCOMMIT\n").toString();
    }

    private static Ruleset ruleset(List<String> refusals, IpFamily family) throws IOException {
        String chains = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";
        String text = text(refusals).replaceFirst("\\*filter\n", chains);
        return IptablesSaveReader.read("refusals", new StringReader(text))
                .ruleset(family)
                .orElseThrow();
    }

    private static List<Arrival> arrivals() {
        List<Segment> segments = List.of(
                new Segment.Udp("question".getBytes(java.nio.charset.StandardCharsets.US_ASCII), true),
                new Segment.Tcp(7000, 0, SYN, 65_535, new byte[] {2, 4, 5, (byte) 0xb4}, new byte[0]),
                new Segment.Tcp(7000, 99, ACK, 65_535, new byte[0], new byte[11]),
                new Segment.Tcp(7000, 99, FIN | ACK, 65_535, new byte[0], new byte[3]),
                new Segment.Tcp(7000, 0, RST, 0, new byte[0], new byte[0]));
        List<Arrival> arrivals = new ArrayList<>();
        int client = 20_000;
        for (boolean isV4 : List.of(true, false)) {
            IpAddress from = IpAddress.of(isV4 ? "203.0.113.9" : "2001:db8::9");
            for (String to : isV4 ? List.of("10.244.0.2", "192.168.0.1") : List.of("fd00:244::2", "fd00::1")) {
                for (int i = 0; i < (isV4 ? V4 : V6).size(); i++) {
                    for (Segment segment : segments) {
                        IpPort source = new IpPort(from, client++);
                        IpPort destination = new IpPort(IpAddress.of(to), FIRST_PORT + i);
                        byte[] packet = Header.plain(61, client).withTos(4).packet(source, destination, segment);
                        arrivals.add(new Arrival(Side.OUTSIDE, isV4, packet));
                    }
                }
            }
        }
        return arrivals;
    }

    /**
     * Without what the kernel is free to choose: the identification of an ICMP error, with the checksum over it, and its
     * flow label.
     */
    private static List<String> texts(List<Departure> departures) {
        return departures.stream()
                .map(departure -> {
                    byte[] packet = departure.packet().clone();
                    if (packet[0] >> 4 == 4 && packet[9] == 1) {
                        packet[4] = packet[5] = packet[10] = packet[11] = 0;
                    } else if (packet[0] >> 4 == 6 && packet[6] == 58) {
                        packet[1] = (byte) (packet[1] & 0xf0);
                        packet[2] = packet[3] = 0;
                    }
                    return departure.side() + " " + HexFormat.of().formatHex(packet);
                })
                .toList();
    }
}
