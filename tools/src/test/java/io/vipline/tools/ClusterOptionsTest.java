package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The flags that load a cluster, seen through {@code get}. */
class ClusterOptionsTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private static String node(String name) {
        return "apiVersion: v1\nkind: Node\nmetadata: {name: " + name + "}\n";
    }

    @BeforeEach
    void writeFiles() throws IOException {
        Files.createDirectories(folder.resolve("deep/deeper"));
        Files.createDirectories(folder.resolve("none"));
        Files.writeString(folder.resolve("a.yaml"), node("a"));
        Files.writeString(folder.resolve("b.yml"), node("b"));
        Files.writeString(
                folder.resolve("c.json"),
                "{\"apiVersion\":\"v1\",\n\t\"kind\":\"Node\",\"metadata\":{\"name\":\"c\"}}");
        Files.writeString(folder.resolve("notes.txt"), "nothing of ours");
        Files.writeString(folder.resolve("deep/d.yaml"), node("d"));
        Files.writeString(folder.resolve("deep/deeper/e.yaml"), node("e"));
        Files.writeString(folder.resolve("broken.yaml.off"), "kind: [\n");
        Files.writeString(folder.resolve("proxy.conf"), "kind: KubeProxyConfiguration\nmode: ipvs\n");
        Files.writeString(folder.resolve("named.conf"), "kind: KubeProxyConfiguration\nhostnameOverride: B\n");
        Files.writeString(folder.resolve("lost.conf"), "kind: KubeProxyConfiguration\nhostnameOverride: lost\n");
    }

    private int get(String line) {
        String[] words =
                ("get nodes -o name " + line).replace("DIR", folder.toString()).split(" ");
        return Vipline.run(new PrintWriter(out), new PrintWriter(err, true), words);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            -f DIR/a.yaml                                | a
            -f DIR/a.yaml -f DIR/c.json                  | a c
            -f DIR                                       | a b c
            -f DIR -R                                    | a b c d e
            -f DIR/deep                                  | d
            --filename=DIR/deep --recursive              | d e
            -f -                                         | stdin
            -f - -f DIR/a.yaml                           | a stdin
            -f DIR/notes.txt                             | 4 DIR/notes.txt:1:1: this is no Kubernetes object
            -f DIR/nope.yaml                             | 1 DIR/nope.yaml: no such file
            -f DIR/none                                  | 1 no .yaml, .yml or .json file in this folder (-R looks into the folders within)
            -f DIR/broken.yaml.off                       | 4 DIR/broken.yaml.off:1:7: this document cannot be read
            -f DIR/a.yaml --node b                       | 4 --node: there is no Node "b", the cluster has a
            -f DIR --node b                              | a b c
            -f DIR --config DIR/named.conf               | a b c
            -f DIR --config DIR/lost.conf                | 4 there is no Node "lost"
            -f DIR --config DIR/lost.conf --node a       | a b c
            -f DIR --config DIR/proxy.conf               | 4 DIR/proxy.conf:2:7: mode "ipvs" is not emulated
            -f DIR --config DIR/a.yaml                   | 4 DIR/a.yaml:1:1: there is no KubeProxyConfiguration here
            -f DIR --config DIR/nope.conf                | 1 DIR/nope.conf: no such file
            -f DIR --node-address 1.2.3                  | 2 '1.2.3' is no address like 192.168.1.2/24
            -f DIR --service-cidr 10.0.0.0/33            | 2 '10.0.0.0/33' is no range of addresses like 10.96.0.0/12
            -f DIR --node-port-range 0-1                 | 2 '0-1' is no range of ports like 30000-32767
            -f DIR --nodes 2                             | a b c
            -R                                           | 2 Which manifests?
            """)
    void filesAndFlags(String line, String expected) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(node("stdin").getBytes(StandardCharsets.UTF_8)));
        try {
            int exitCode = get(line);
            if (Character.isDigit(expected.charAt(0))) {
                assertThat(exitCode).isEqualTo(expected.charAt(0) - '0');
                assertThat(err.toString()).contains(expected.substring(2).replace("DIR", folder.toString()));
                assertThat(out.toString()).isEmpty();
            } else {
                assertThat(exitCode).isZero();
                assertThat(out.toString().lines().map(name -> name.substring("node/".length())))
                        .containsExactly(expected.split(" "));
            }
        } finally {
            System.setIn(before);
        }
    }

    @Test
    @DisplayName("problems of manifests and configuration come together")
    void problemsComeTogether() {
        assertThat(get("-f DIR/broken.yaml.off -f DIR/notes.txt --config DIR/proxy.conf --node x"))
                .isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString().lines()).hasSize(3);
    }

    @Test
    @DisplayName("bytes that are no UTF-8 are shown, not swallowed")
    void bytesThatAreNoText() throws IOException {
        Files.write(folder.resolve("a.yaml"), node("a\u0000").getBytes(StandardCharsets.UTF_16BE));
        assertThat(get("-f DIR/a.yaml")).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString()).contains("a.yaml:1:1: this document cannot be read, the character U+0000");
    }
}
