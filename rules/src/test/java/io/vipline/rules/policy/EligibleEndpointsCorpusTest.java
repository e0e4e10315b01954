package io.vipline.rules.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vipline.rules.CorpusScenario;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class EligibleEndpointsCorpusTest {
    @TestFactory
    Stream<DynamicTest> endpoints_are_categorised_as_kube_proxys_own_tests_expect() {
        return CorpusScenario.load("topology.json").stream()
                .map(scenario -> DynamicTest.dynamicTest(scenario.name(), () -> check(scenario)));
    }

    private static void check(CorpusScenario scenario) {
        ProxyConfig config = scenario.config();
        List<ServiceEndpoints> services = ProxiedServices.of(scenario.cluster(), config.nodeName(), scenario.family());
        ServiceEndpoints service = services.getFirst();
        EligibleEndpoints eligible =
                EligibleEndpoints.categorize(service.port(), service.endpoints(), config.nodeName(), config.zone());
        JsonNode expected = scenario.json().path("expectCategorize");
        assertThat(texts(eligible.cluster())).as("cluster").isEqualTo(texts(expected.path("clusterEndpoints")));
        assertThat(texts(eligible.local())).as("local").isEqualTo(texts(expected.path("localEndpoints")));
        assertThat(texts(eligible.reachable()))
                .as("reachable")
                .isEqualTo(texts(expected.path("allReachableEndpoints")));
    }

    private static List<String> texts(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::text).toList();
    }

    /** null stands for a list that the Service never uses. */
    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
