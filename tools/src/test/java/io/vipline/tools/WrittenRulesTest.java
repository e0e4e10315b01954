package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Fields of manifests and of a kube-proxy's configuration, and the rules they end up in: {@code written-rules.txt}. */
class WrittenRulesTest {
    private static final String CONFIG = "--- config\n";

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> fieldsOfManifestsEndUpInRules() throws IOException {
        try (InputStream cases = WrittenRulesTest.class.getResourceAsStream("written-rules.txt")) {
            String text = new String(cases.readAllBytes(), StandardCharsets.UTF_8);
            return Stream.of(text.split("(?m)^== ")).skip(1).map(one -> {
                String name = one.lines().findFirst().orElseThrow();
                return DynamicTest.dynamicTest(name, () -> check(one.substring(name.length() + 1)));
            });
        }
    }

    private void check(String text) throws IOException {
        List<String> present = new ArrayList<>();
        List<String> absent = new ArrayList<>();
        StringBuilder given = new StringBuilder();
        for (String line : text.lines().toList()) {
            if (line.startsWith("> ")) {
                present.add("-A " + line.substring(2));
            } else if (line.startsWith("! ")) {
                absent.add(line.substring(2));
            } else {
                given.append(line).append('\n');
            }
        }
        String written = compile(given.toString());
        for (String line : present) {
            // a name that is left open stands for every such chain
            boolean open = line.endsWith("-");
            assertThat(written.lines()).as(written).anyMatch(one -> open ? one.startsWith(line) : one.equals(line));
        }
        absent.forEach(words -> assertThat(written).doesNotContain(words));
    }

    private String compile(String given) throws IOException {
        String[] parts = given.split(CONFIG);
        Path manifests = Files.writeString(folder.resolve("m.yaml"), parts[0]);
        List<String> arguments = new ArrayList<>(
                List.of("compile", "-o", "iptables", "--ip-family", "IPv4", "-f", manifests.toString()));
        if (parts.length > 1) {
            String kind = "{apiVersion: kubeproxy.config.k8s.io/v1alpha1, kind: KubeProxyConfiguration, ";
            Path config = Files.writeString(folder.resolve("c.yaml"), kind + parts[1].substring(1));
            arguments.addAll(List.of("--config", config.toString()));
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode =
                Vipline.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(String[]::new));
        assertThat(exitCode).as(err.toString()).isZero();
        return out.toString();
    }
}
