package io.vipline.rules.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.rules.CorpusScenario;
import io.vipline.rules.policy.ProxiedServices;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GoldenTextTest {
    @Test
    void the_full_sync_of_kube_proxys_own_overall_test_comes_out_byte_for_byte() throws IOException {
        CorpusScenario scenario = CorpusScenario.load("golden/overall.json").getFirst();
        StringBuilder text = new StringBuilder();
        SyncPrinter.print(
                KubeProxyWriter.write(
                        scenario.config(),
                        scenario.family(),
                        ProxiedServices.of(scenario.cluster(), scenario.config().nodeName(), scenario.family())),
                false,
                text);
        String golden = Files.readString(CorpusScenario.file("golden/overall.txt"));
        // kube-proxy's unit tests print the mark without leading zeros, a running kube-proxy with them
        String shortMarks = text.toString().replace("0x00004000", "0x4000");
        assertThat(normalise(shortMarks)).isEqualTo(normalise(golden)).isEqualTo(golden.strip());
    }

    /** Order-free form, as the corpus file's note says. */
    private static String normalise(String text) {
        List<String> out = new ArrayList<>();
        Map<String, List<String>> chains =
                new TreeMap<>(Comparator.comparing((String chain) -> !chain.equals("KUBE-NODEPORTS"))
                        .thenComparing(chain -> !chain.equals("KUBE-SERVICES"))
                        .thenComparing(Comparator.naturalOrder()));
        for (String line : text.lines().toList()) {
            if (line.startsWith("*")) {
                out.add(line);
            } else if (line.startsWith(":")) {
                chains.put(line.substring(1, line.indexOf(' ')), new ArrayList<>());
            } else if (line.startsWith("-A ")) {
                chains.get(line.split(" ")[1]).add(line);
            } else {
                chains.keySet().forEach(chain -> out.add(":" + chain + " - [0:0]"));
                for (String shared : List.of("KUBE-NODEPORTS", "KUBE-SERVICES")) {
                    chains.get(shared).sort(Comparator.comparing(GoldenTextTest::service));
                }
                chains.values().forEach(out::addAll);
                out.add(line);
                chains.clear();
            }
        }
        return String.join("\n", out);
    }

    /** The Service a rule is about; the rule that must be the last sorts there. */
    private static String service(String rule) {
        String comment = rule.substring(rule.indexOf("--comment ") + 10).replace("\"", "");
        return comment.contains("must be the last rule") ? "~" : comment.split("[ :]")[0];
    }
}
