package io.vipline.rules.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vipline.rules.CorpusScenario;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.Protocol;
import io.vipline.rules.policy.KubeProxyOutcome.Fate;
import io.vipline.rules.policy.KubeProxyOutcome.Outcome;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.KubeProxyOutcome.Reached;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The second opinion must itself be right. */
class KubeProxyOutcomeCorpusTest {
    @TestFactory
    Stream<DynamicContainer> packets_fare_as_in_kube_proxys_own_tests() {
        return Stream.of("packetflow.json", "topology.json", "packetflow-nftables.json")
                .flatMap(file -> CorpusScenario.load(file).stream())
                .map(scenario -> DynamicContainer.dynamicContainer(scenario.name(), flows(scenario)));
    }

    private static Stream<DynamicTest> flows(CorpusScenario scenario) {
        KubeProxyOutcome outcome = new KubeProxyOutcome(
                ProxiedServices.of(scenario.cluster(), scenario.config().nodeName(), scenario.family()),
                scenario.config(),
                scenario.family());
        return scenario.json()
                .path("flows")
                .valueStream()
                .map(flow -> DynamicTest.dynamicTest(flow.path("name").asText(), () -> {
                    Outcome actual = outcome.of(packet(flow));
                    String expected = flow.path("output").asText();
                    assertThat(text(actual)).isEqualTo(expected.equals("ACCEPT") ? "" : expected);
                    assertThat(actual.endpoints().stream().anyMatch(Reached::masquerade))
                            .as("masqueraded")
                            .isEqualTo(flow.path("masq").asBoolean());
                }));
    }

    private static Packet packet(JsonNode flow) {
        return new Packet(
                Protocol.ofText(flow.path("protocol").asText()).orElseThrow(),
                IpAddress.of(flow.path("sourceIP").asText()),
                IpAddress.of(flow.path("destIP").asText()),
                flow.path("destPort").asInt(),
                "");
    }

    private static String text(Outcome outcome) {
        if (outcome.endpoints().isEmpty()) {
            return text(outcome.fate());
        }
        return outcome.endpoints().stream()
                .map(reached -> reached.endpoint() + (reached.fate() == Fate.PASSES ? "" : ", " + text(reached.fate())))
                .collect(Collectors.joining(", "));
    }

    private static String text(Fate fate) {
        return switch (fate) {
            case PASSES -> "";
            case REJECTED -> "REJECT";
            case DROPPED -> "DROP";
        };
    }
}
