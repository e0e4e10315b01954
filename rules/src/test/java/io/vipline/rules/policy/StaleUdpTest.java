package io.vipline.rules.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vipline.rules.CorpusScenario;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.ServedUdp;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Which conntrack entries kube-proxy deletes after a sync: the cases of its own unit tests. */
class StaleUdpTest {
    /** The node that a test which names none means. */
    private static final String ANY_NODE_ADDRESS = "192.168.18.46";

    @TestFactory
    List<DynamicTest> entriesStayOrGoAsBehindKubeProxy() {
        List<DynamicTest> tests = new ArrayList<>();
        for (CorpusScenario scenario : CorpusScenario.load("conntrack.json")) {
            ServedUdp served = ServedUdpServices.of(scenario.cluster(), "any");
            for (JsonNode entry : scenario.json().path("entries")) {
                tests.add(DynamicTest.dynamicTest(scenario.name() + ": " + entry, () -> judge(served, entry)));
            }
        }
        return tests;
    }

    private static void judge(ServedUdp served, JsonNode entry) {
        IpPort destination = new IpPort(
                address(
                        entry.path("origDst").isNull()
                                ? ANY_NODE_ADDRESS
                                : entry.path("origDst").asText()),
                entry.path("origDstPort").asInt());
        IpPort replySource = new IpPort(
                address(entry.path("replySrc").asText()),
                entry.path("replySrcPort").asInt());
        boolean isDeleted = entry.path("proto").asText().equals("UDP") && served.isStale(destination, replySource);
        assertThat(!isDeleted).isEqualTo(entry.path("keptAfterCleanup").asBoolean());
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }
}
