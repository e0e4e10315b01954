package io.vipline.rules.chain.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vipline.rules.CorpusScenario;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** kube-proxy's own packet flows, on the walker and on the compiled table. */
class CorpusFlowTest {
    @TestFactory
    Stream<DynamicContainer> every_flow_of_kube_proxys_own_tests_comes_out_as_there() {
        return CorpusScenario.load("packetflow.json").stream().map(CorpusFlowTest::flows);
    }

    @TestFactory
    Stream<DynamicContainer> every_flow_under_topology_hints_comes_out_as_there() {
        return CorpusScenario.load("topology.json").stream().map(CorpusFlowTest::flows);
    }

    @TestFactory
    Stream<DynamicContainer> every_flow_of_nftables_modes_tests_comes_out_as_there() {
        return CorpusScenario.load("packetflow-nftables.json").stream().map(CorpusFlowTest::flows);
    }

    private static Ruleset rules(CorpusScenario scenario) {
        List<ServiceEndpoints> services =
                ProxiedServices.of(scenario.cluster(), scenario.config().nodeName(), scenario.family());
        return switch (scenario.config().mode()) {
            case IPTABLES ->
                KubeProxyWriter.write(scenario.config(), scenario.family(), services)
                        .ruleset();
            case NFTABLES ->
                KubeProxyNftWriter.write(scenario.config(), scenario.family(), services)
                        .ruleset();
        };
    }

    private static DynamicContainer flows(CorpusScenario scenario) {
        Ruleset rules = rules(scenario);
        NodeNetwork network = NodeNetwork.of(scenario.config().localAddresses());
        ChainWalker walker = new ChainWalker(rules, network);
        Table table = TableCompiler.compile(List.of(rules), network);
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode flow : scenario.json().path("flows")) {
            PacketDescription packet = packet(flow);
            String name = flow.path("name").asText();
            tests.add(DynamicTest.dynamicTest(
                    name + ": walked", () -> check(flow, Distribution.of(walker.walk(packet)))));
            tests.add(DynamicTest.dynamicTest(
                    name + ": looked up",
                    () -> check(flow, Distribution.of(table, Distribution.key(packet), Distribution.FRESH))));
        }
        return DynamicContainer.dynamicContainer(scenario.name(), tests);
    }

    private static PacketDescription packet(JsonNode flow) {
        return PacketDescription.first(
                Protocol.ofText(flow.path("protocol").asText()).orElseThrow().number(),
                IpAddress.of(flow.path("sourceIP").asText()),
                40000,
                IpAddress.of(flow.path("destIP").asText()),
                flow.path("destPort").asInt());
    }

    private static void check(JsonNode flow, Map<String, Double> shares) {
        String output = flow.path("output").asText();
        TreeSet<String> expected = new TreeSet<>();
        for (String one : output.split(", ")) {
            expected.add(one.isEmpty() ? "ACCEPT" : one);
        }
        TreeSet<String> actual = new TreeSet<>();
        shares.keySet()
                .forEach(words -> actual.add(words.startsWith("DNAT") ? words.split(" ")[1] : words.split(" ")[0]));
        assertThat(actual).as("%s", shares).isEqualTo(expected);
        boolean masquerades = shares.keySet().stream().anyMatch(words -> words.contains("masquerade"));
        assertThat(masquerades).as("%s", shares).isEqualTo(flow.path("masq").asBoolean());
        double sum = shares.values().stream().mapToDouble(Double::doubleValue).sum();
        assertThat(sum).isBetween(1 - 1e-9, 1 + 1e-9);
    }
}
