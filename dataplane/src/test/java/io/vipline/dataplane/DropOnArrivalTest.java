package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.save.IptablesSaveReader;
import io.vipline.rules.net.IpFamily;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a rule of PREROUTING drops is gone before routing looks at its time to live or its options. */
class DropOnArrivalTest {
    private static final TestNode.Rules RULES = TestNode.rulesOf("frames.yaml", "n1");

    private static TestNode node(String dump) throws IOException {
        Ruleset v4 = IptablesSaveReader.read("rules", new StringReader(dump))
                .ruleset(IpFamily.IPV4)
                .orElseThrow();
        TestNode.Rules rules =
                new TestNode.Rules(RULES.config(), List.of(v4, RULES.rulesets().getLast()));
        return new TestNode(rules, CapturePoint.NODE, ChecksumMode.TRUST);
    }

    @ParameterizedTest(name = "{0} {1}, {2}: {4} answers, {3}")
    @CsvSource({
        "raw,    PREROUTING, tcp 10.9.0.5:40000 > 10.9.0.9:80 S ttl 1,  RULE,        0",
        "raw,    PREROUTING, tcp 10.9.0.5:40000 > 10.9.0.9:80 SA ttl 1, RULE,        0",
        "mangle, PREROUTING, udp 10.9.0.5:40000 > 10.9.0.9:53 ttl 1,    RULE,        0",
        "filter, FORWARD,    tcp 10.9.0.5:40000 > 10.9.0.9:80 S ttl 1,  TTL_EXPIRED, 1",
        "filter, FORWARD,    tcp 10.9.0.5:40000 > 10.9.0.9:80 SA ttl 1, TTL_EXPIRED, 1",
        "filter, FORWARD,    tcp 10.9.0.5:40000 > 10.9.0.9:80 S,        RULE,        0",
    })
    void aRuleDropsBeforeOrAfterRouting(String table, String chain, String sent, String reason, int answers)
            throws IOException {
        String dump = "*" + table + "\n:" + chain + " ACCEPT [0:0]\n-A " + chain + " -s 10.9.0.5/32 -j DROP\nCOMMIT\n";
        try (TestNode node = node(dump)) {
            assertThat(node.send(sent)).hasSize(answers);
            assertThat(node.refused()).isEqualTo(Map.of(reason, 1L));
        }
    }
}
