package io.vipline.rules.chain;

import static io.vipline.rules.policy.EndpointDraft.endpoints;
import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.Endpoint;
import io.vipline.rules.policy.PortDraft;
import io.vipline.rules.policy.ProxyDraft;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.policy.ServicePort;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What one Service port adds to the rules. Hashes are left out of the names: SVC, SVL, EXT, FW, and SEP/ip:port. */
class ServiceRulesTest {
    private static final PortDraft WEB = PortDraft.at("172.30.0.41");

    record Case(String name, ServicePort port, List<Endpoint> endpoints, ProxyDraft proxy, String rules) {}

    private static Stream<Case> clusterIpCases() {
        return Stream.of(
                new Case("no endpoints: the cluster IP is rejected", WEB.build(), List.of(), ProxyDraft.node(), """
                        filter KUBE-SERVICES -m comment --comment "ns/svc:p has no endpoints" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j REJECT
                        """),
                new Case(
                        "two endpoints: the first gets half, the last the rest",
                        WEB.build(),
                        endpoints("10.180.0.1:8080", "10.180.0.2:8080"),
                        ProxyDraft.node(),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVC
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.1:8080" -m statistic --mode random --probability 0.5000000000 -j SEP/10.180.0.1:8080
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.2:8080" -j SEP/10.180.0.2:8080
                        nat SEP/10.180.0.1:8080 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:8080 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:8080
                        nat SEP/10.180.0.2:8080 -m comment --comment ns/svc:p -s 10.180.0.2 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.2:8080 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.2:8080
                        """),
                new Case(
                        "a detector by source marks what comes from elsewhere",
                        WEB.build(),
                        endpoints("10.180.0.1:80"),
                        ProxyDraft.node().podsAt("fd00::/48", "10.0.0.0/8"),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVC
                        nat SVC -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.0.0.0/8 -j KUBE-MARK-MASQ
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.1:80" -j SEP/10.180.0.1:80
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
                        """),
                new Case(
                        "masqueradeAll marks everything, detector or not",
                        WEB.build(),
                        endpoints("10.180.0.1:80"),
                        ProxyDraft.node().podsAt("10.0.0.0/8").masqueradeAll(),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVC
                        nat SVC -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-MARK-MASQ
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.1:80" -j SEP/10.180.0.1:80
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
                        """),
                new Case(
                        "an unnamed UDP port with affinity: clients that were here come first",
                        PortDraft.at("172.30.0.53")
                                .named("dns", "", Protocol.UDP)
                                .port(53)
                                .affinity(600)
                                .build(),
                        endpoints("10.180.0.1:53", "10.180.0.2:53"),
                        ProxyDraft.node(),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/dns cluster IP" -m udp -p udp -d 172.30.0.53 --dport 53 -j SVC
                        nat SVC -m comment --comment "ns/dns -> 10.180.0.1:53" -m recent --name SEP/10.180.0.1:53 --rcheck --seconds 600 --reap -j SEP/10.180.0.1:53
                        nat SVC -m comment --comment "ns/dns -> 10.180.0.2:53" -m recent --name SEP/10.180.0.2:53 --rcheck --seconds 600 --reap -j SEP/10.180.0.2:53
                        nat SVC -m comment --comment "ns/dns -> 10.180.0.1:53" -m statistic --mode random --probability 0.5000000000 -j SEP/10.180.0.1:53
                        nat SVC -m comment --comment "ns/dns -> 10.180.0.2:53" -j SEP/10.180.0.2:53
                        nat SEP/10.180.0.1:53 -m comment --comment ns/dns -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:53 -m comment --comment ns/dns -m recent --name SEP/10.180.0.1:53 --set -m udp -p udp -j DNAT --to-destination 10.180.0.1:53
                        nat SEP/10.180.0.2:53 -m comment --comment ns/dns -s 10.180.0.2 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.2:53 -m comment --comment ns/dns -m recent --name SEP/10.180.0.2:53 --set -m udp -p udp -j DNAT --to-destination 10.180.0.2:53
                        """),
                new Case(
                        "internal policy Local without local endpoints drops",
                        PortDraft.at("172.30.0.41").internalLocal().build(),
                        endpoints("10.180.0.1:80"),
                        ProxyDraft.node().podsAt("10.0.0.0/8"),
                        """
                        filter KUBE-SERVICES -m comment --comment "ns/svc:p has no local endpoints" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j DROP
                        """),
                new Case(
                        "internal policy Local uses the local endpoints only",
                        PortDraft.at("172.30.0.41").internalLocal().build(),
                        endpoints("10.180.0.1:80 local", "10.180.0.2:80"),
                        ProxyDraft.node().podsBehind("cni+"),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVL
                        nat SVL -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -i cni+ -j KUBE-MARK-MASQ
                        nat SVL -m comment --comment "ns/svc:p -> 10.180.0.1:80" -j SEP/10.180.0.1:80
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
                        """));
    }

    private static Stream<Case> externalCases() {
        return Stream.of(
                new Case(
                        "everything external without endpoints is rejected, the health check still answered",
                        PortDraft.at("172.30.0.41")
                                .nodePort(3001)
                                .externalIp("192.168.99.22")
                                .vip("1.2.3.4")
                                .sourceRange("203.0.113.0/25")
                                .externalLocal()
                                .healthCheck(30000)
                                .build(),
                        endpoints("10.180.0.1:80 unready"),
                        ProxyDraft.node(),
                        """
                        filter KUBE-SERVICES -m comment --comment "ns/svc:p has no endpoints" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j REJECT
                        filter KUBE-EXTERNAL-SERVICES -m comment --comment "ns/svc:p has no endpoints" -m tcp -p tcp -d 192.168.99.22 --dport 80 -j REJECT
                        filter KUBE-EXTERNAL-SERVICES -m comment --comment "ns/svc:p has no endpoints" -m tcp -p tcp -d 1.2.3.4 --dport 80 -j REJECT
                        filter KUBE-EXTERNAL-SERVICES -m comment --comment "ns/svc:p has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 3001 -j REJECT
                        filter KUBE-NODEPORTS -m comment --comment "ns/svc:p health check node port" -m tcp -p tcp --dport 30000 -j ACCEPT
                        """),
                new Case(
                        "external policy Cluster masquerades; localhost node ports are counted if asked",
                        PortDraft.at("172.30.0.41").nodePort(3001).build(),
                        endpoints("10.180.0.1:80"),
                        ProxyDraft.node().nfacct(),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVC
                        nat KUBE-NODEPORTS -m comment --comment ns/svc:p -m tcp -p tcp -d 127.0.0.0/8 --dport 3001 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j EXT
                        nat KUBE-NODEPORTS -m comment --comment ns/svc:p -m tcp -p tcp --dport 3001 -j EXT
                        nat EXT -m comment --comment "masquerade traffic for ns/svc:p external destinations" -j KUBE-MARK-MASQ
                        nat EXT -j SVC
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.1:80" -j SEP/10.180.0.1:80
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
                        """),
                new Case(
                        "external policy Local: pods and node go anywhere, others to local endpoints",
                        PortDraft.at("172.30.0.41")
                                .externalIp("192.168.99.22")
                                .externalLocal()
                                .build(),
                        endpoints("10.180.0.1:80", "10.180.0.2:80 local"),
                        ProxyDraft.node().podsAt("10.0.0.0/8"),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVC
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p external IP" -m tcp -p tcp -d 192.168.99.22 --dport 80 -j EXT
                        nat SVC -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.0.0.0/8 -j KUBE-MARK-MASQ
                        nat EXT -m comment --comment "pod traffic for ns/svc:p external destinations" -s 10.0.0.0/8 -j SVC
                        nat EXT -m comment --comment "masquerade LOCAL traffic for ns/svc:p external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
                        nat EXT -m comment --comment "route LOCAL traffic for ns/svc:p external destinations" -m addrtype --src-type LOCAL -j SVC
                        nat EXT -j SVL
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.1:80" -m statistic --mode random --probability 0.5000000000 -j SEP/10.180.0.1:80
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.2:80" -j SEP/10.180.0.2:80
                        nat SVL -m comment --comment "ns/svc:p -> 10.180.0.2:80" -j SEP/10.180.0.2:80
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
                        nat SEP/10.180.0.2:80 -m comment --comment ns/svc:p -s 10.180.0.2 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.2:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.2:80
                        """),
                new Case(
                        "external policy Local without local endpoints drops what is not let in on the way",
                        PortDraft.at("172.30.0.41")
                                .nodePort(3001)
                                .externalLocal()
                                .build(),
                        endpoints("10.180.0.1:80"),
                        ProxyDraft.node(),
                        """
                        filter KUBE-EXTERNAL-SERVICES -m comment --comment "ns/svc:p has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 3001 -j DROP
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVC
                        nat KUBE-NODEPORTS -m comment --comment ns/svc:p -m tcp -p tcp --dport 3001 -j EXT
                        nat EXT -m comment --comment "masquerade LOCAL traffic for ns/svc:p external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
                        nat EXT -m comment --comment "route LOCAL traffic for ns/svc:p external destinations" -m addrtype --src-type LOCAL -j SVC
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.1:80" -j SEP/10.180.0.1:80
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
                        """),
                new Case(
                        "source ranges guard the VIPs; one that has the node's address lets the VIPs in too",
                        PortDraft.at("172.30.0.41")
                                .vip("1.2.3.4")
                                .sourceRange("203.0.113.9/32")
                                .sourceRange("192.168.0.0/24")
                                .build(),
                        endpoints("10.180.0.1:80"),
                        ProxyDraft.node(),
                        """
                        filter KUBE-PROXY-FIREWALL -m comment --comment "ns/svc:p traffic not accepted by FW" -m tcp -p tcp -d 1.2.3.4 --dport 80 -j DROP
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j SVC
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p loadbalancer IP" -m tcp -p tcp -d 1.2.3.4 --dport 80 -j FW
                        nat EXT -m comment --comment "masquerade traffic for ns/svc:p external destinations" -j KUBE-MARK-MASQ
                        nat EXT -j SVC
                        nat FW -m comment --comment "ns/svc:p loadbalancer IP" -s 203.0.113.9/32 -j EXT
                        nat FW -m comment --comment "ns/svc:p loadbalancer IP" -s 192.168.0.0/24 -j EXT
                        nat FW -m comment --comment "ns/svc:p loadbalancer IP" -s 1.2.3.4 -j EXT
                        nat FW -m comment --comment "other traffic to ns/svc:p will be dropped by KUBE-PROXY-FIREWALL"
                        nat SVC -m comment --comment "ns/svc:p -> 10.180.0.1:80" -j SEP/10.180.0.1:80
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -s 10.180.0.1 -j KUBE-MARK-MASQ
                        nat SEP/10.180.0.1:80 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
                        """),
                new Case(
                        "IPv6 endpoints stand in brackets",
                        PortDraft.at("fd00:10:96::a").build(),
                        endpoints("[fd00:10:244::5]:8080"),
                        ProxyDraft.node().podsAt("10.0.0.0/8", "fd00:10:244::/56"),
                        """
                        nat KUBE-SERVICES -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d fd00:10:96::a --dport 80 -j SVC
                        nat SVC -m comment --comment "ns/svc:p cluster IP" -m tcp -p tcp -d fd00:10:96::a --dport 80 ! -s fd00:10:244::/56 -j KUBE-MARK-MASQ
                        nat SVC -m comment --comment "ns/svc:p -> [fd00:10:244::5]:8080" -j SEP/[fd00:10:244::5]:8080
                        nat SEP/[fd00:10:244::5]:8080 -m comment --comment ns/svc:p -s fd00:10:244::5 -j KUBE-MARK-MASQ
                        nat SEP/[fd00:10:244::5]:8080 -m comment --comment ns/svc:p -m tcp -p tcp -j DNAT --to-destination [fd00:10:244::5]:8080
                        """));
    }

    @TestFactory
    Stream<DynamicTest> a_service_port_adds_the_rules_of_its_kind() {
        return Stream.concat(clusterIpCases(), externalCases())
                .map(one -> DynamicTest.dynamicTest(
                        one.name, () -> assertThat(written(one, false)).isEqualTo(one.rules)));
    }

    @TestFactory
    Stream<DynamicTest> large_clusters_lose_the_comments_of_endpoints_and_keep_the_others() {
        return Stream.concat(clusterIpCases(), externalCases())
                .map(one -> DynamicTest.dynamicTest(
                        one.name, () -> assertThat(written(one, true)).isEqualTo(withoutEndpointComments(one.rules))));
    }

    private static String withoutEndpointComments(String rules) {
        return rules.replaceAll("-m comment --comment \"\\S+ -> \\S+\" ", "")
                .replaceAll("(?m)^(nat SEP\\S+) -m comment --comment \\S+ ", "$1 ");
    }

    private static String written(Case one, boolean largeCluster) {
        IpFamily family = one.port.clusterIp().family();
        KubeProxyWriter writer = new KubeProxyWriter(one.proxy.build(), family, largeCluster);
        ServiceRules rules = writer.write(new ServiceEndpoints(one.port, one.endpoints));
        StringBuilder text = new StringBuilder();
        SyncPrinter.print(
                new KubeProxyRules(
                        new FixedRules(family, false, List.of(), List.of(), List.of(), List.of()), List.of(rules)),
                false,
                text);
        return readable(text.toString(), one);
    }

    /** {@code TABLE CHAIN …} for each rule, with short names of chains. */
    private static String readable(String text, Case one) {
        ChainNames names = new ChainNames();
        String hashed = ChainNames.hashed(one.port.name());
        String hash = names.service("", hashed);
        for (Endpoint endpoint : one.endpoints) {
            text = text.replace(names.endpoint(hashed, endpoint.text()), "SEP/" + endpoint.text());
        }
        for (String kind : List.of("SVC", "SVL", "EXT", "FW")) {
            text = text.replace("KUBE-" + kind + "-" + hash, kind);
        }
        List<String> lines = new ArrayList<>();
        String table = "";
        for (String line : text.lines().toList()) {
            if (line.startsWith("*")) {
                table = line.substring(1);
            } else if (line.startsWith("-A ")) {
                lines.add(table + line.substring(2));
            }
        }
        return String.join("\n", lines) + "\n";
    }
}
