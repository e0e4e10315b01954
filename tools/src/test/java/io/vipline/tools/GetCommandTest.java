package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.model.Cluster;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GetCommandTest {
    private static final String WEB = """
            apiVersion: v1
            kind: Service
            metadata: {name: web, labels: {tier: front}}
            spec:
              type: LoadBalancer
              ipFamilyPolicy: PreferDualStack
              trafficDistribution: PreferSameNode
              selector: {app: web}
              ports:
              - {name: http, port: 80, targetPort: http}
              - {name: dns, port: 53, protocol: UDP}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: db, namespace: data}
            spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: outside}
            spec: {type: ExternalName, externalName: example.com}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 4
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web, "version": "1.10", on: "yes"}}
                spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db, namespace: data}
            spec:
              serviceName: db
              replicas: 2
              selector: {matchLabels: {app: db}}
              template:
                metadata: {labels: {app: db}}
                spec: {containers: [{name: c}]}
            ---
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: agent}
            spec:
              selector: {matchLabels: {app: agent}}
              template:
                metadata: {labels: {app: agent}}
                spec: {hostNetwork: true, containers: [{name: c}]}
            """;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int get(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "get";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Vipline.run(new PrintWriter(out), new PrintWriter(err, true), all);
    }

    private String file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("c.yaml"), yaml).toString();
    }

    @ParameterizedTest(name = "get {0}")
    @CsvSource(delimiter = '|', textBlock = """
            svc                        | web outside
            svc -A                     | db outside web
            svc -n data                | db
            service web                | web
            svc -l tier=front          | web
            svc -l !tier               | outside
            pods -n data               | db-0 db-1
            po -A -l app_in_(db,nope)  | db-0 db-1
            nodes                      | node-1 node-2
            ep -n data                 | db
            """)
    void namesFollowNamespaceNamesAndLabels(String line, String expected) throws IOException {
        List<String> arguments = new ArrayList<>();
        for (String word : line.split(" ")) {
            arguments.add(word.replace('_', ' '));
        }
        arguments.addAll(List.of("-f", file(WEB), "--nodes", "2", "-o", "name"));
        assertThat(get(arguments.toArray(String[]::new))).isZero();
        assertThat(out.toString().lines().map(name -> name.substring(name.indexOf('/') + 1)))
                .containsExactlyInAnyOrder(expected.split(" "));
    }

    @Test
    @DisplayName("tables look like kubectl's")
    void tablesLookLikeKubectls() throws IOException {
        assertThat(get("svc", "-A", "-o", "wide", "-f", file(WEB), "--nodes", "2"))
                .isZero();
        assertThat(out.toString()).isEqualTo("""
                NAMESPACE   NAME      TYPE           CLUSTER-IP   EXTERNAL-IP                PORT(S)                     AGE         SELECTOR
                data        db        ClusterIP      None         <none>                     5432/TCP                    <unknown>   app=db
                default     outside   ExternalName   <none>       example.com                <none>                      <unknown>   <none>
                default     web       LoadBalancer   10.96.0.11   192.0.2.1,2001:db8:1b::1   80:30000/TCP,53:30001/UDP   <unknown>   app=web
                """);
    }

    @Test
    @DisplayName("a name that is not there ends with 1, the others are shown")
    void missingNames() throws IOException {
        assertThat(get("svc", "web", "nope", "-o", "name", "-f", file(WEB))).isEqualTo(ExitCode.FAILED);
        assertThat(out).hasToString("service/web\n");
        assertThat(err).hasToString("Error (NotFound): services \"nope\" not found\n");
    }

    @ParameterizedTest(name = "get {0} is wrong usage")
    @ValueSource(strings = {"svcs", "svc -l a=b=c", "svc -o tabel", "svc --service-cidr 10", "svc --node-port-range 9"})
    void wrongUsage(String line) throws IOException {
        String[] words = (line + " -f " + file(WEB)).split(" ");
        assertThat(get(words)).isEqualTo(ExitCode.USAGE);
    }

    @Test
    @DisplayName("broken manifests end with 4, and every problem has its place")
    void brokenManifests() throws IOException {
        String path = file("""
                apiVersion: v1
                kind: Service
                metadata: {name: web}
                spec:
                  type: NodePort
                  ports: [{port: 80, nodePort: 99}]
                ---
                a: [
                ---
                kind: ConfigMap
                """);
        assertThat(get("svc", "-f", path)).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith(path + ":6:32: node port 99 of default/web is out of range, "))
                .anyMatch(line -> line.startsWith(path + ":8:4: "))
                .anyMatch(line -> line.startsWith("note: " + path + ":10:1: passed over ConfigMap"));
    }

    @ParameterizedTest(name = "of {0} as {1}, {2}")
    @CsvSource({
        "WEB, yaml, --nodes=3",
        "WEB, json, --nodes=3",
        "WEB, yaml, --service-cidr=fd00:1::/112",
        "WEB, yaml, '--service-cidr=fd00:1::/112,10.0.0.0/24'",
        "voting-app.yaml, yaml, --nodes=2",
        "guestbook.yaml, json, --nodes=2"
    })
    @DisplayName("a cluster printed whole and read again is the same")
    void roundTrip(String name, String format, String flag) throws IOException {
        Path shared = Path.of(System.getProperty("vipline.shared", "/nowhere"), "clusters", name);
        assumeTrue(name.equals("WEB") || Files.exists(shared), shared + " is not here");
        String path = name.equals("WEB") ? file(WEB) : shared.toString();
        assertThat(get("all", "-A", "-o", format, "-f", path, flag)).isZero();
        String printed = out.toString();
        Path again = Files.writeString(folder.resolve("again"), printed);
        out.getBuffer().setLength(0);
        assertThat(get("all", "-A", "-o", format, "-f", again.toString())).isZero();
        assertThat(out).hasToString(printed);
        Cluster cluster = load(printed);
        assertThat(cluster.madeUpPodCidrs()).isNotEmpty();
        assertThat(cluster.pods()).isNotEmpty();
    }

    private static Cluster load(String text) throws IOException {
        return ClusterLoader.load(
                        List.of(ManifestSource.of("printed", new StringReader(text))), ClusterSettings.DEFAULT)
                .cluster();
    }
}
