package io.vipline.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vipline.dataplane.frame.live.NetworkNamespaces;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel of this machine judges Vipline, and is judged as a judge. */
class VerifyTest {
    private static final String CLUSTER = "examples/shop.yaml";
    /** SCTP, external IPs, policy Local, source ranges, session affinity, no endpoints, both families. */
    private static final String POLICIES = "../dataplane/src/test/resources/io/vipline/dataplane/frames.yaml";

    /** A Service of every kind in both families, with session affinity that can be waited for. */
    private static final String MIX = "src/test/resources/io/vipline/tools/verify/mix.yaml";

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private record Run(int exitCode, String out, String err) {
        String lastLine() {
            return out.strip().substring(out.strip().lastIndexOf('\n') + 1);
        }
    }

    @BeforeAll
    static void needsRoot() {
        assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the command ip");
    }

    private static Run verify(String... arguments) {
        return verifyCluster(CLUSTER, arguments);
    }

    private static Run verifyCluster(String cluster, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> all = new ArrayList<>(List.of("verify", "-f", cluster));
        all.addAll(List.of(arguments));
        int exitCode = Vipline.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
        return new Run(exitCode, out.toString(), err.toString());
    }

    @Test
    void theKernelAgreesOnEveryByte() {
        Run run = verify("--packets", "10000", "--seed", "4");
        assertThat(run.lastLine()).as(run.out()).isEqualTo("10000 frames, 0 differences");
        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
    }

    @Test
    void theKernelAgreesWherePoliciesAndProtocolsAreMany() {
        Run run = verifyCluster(POLICIES, "--packets", "10000", "--node", "n1");
        assertThat(run.lastLine()).as(run.out()).isEqualTo("10000 frames, 0 differences");
    }

    @Test
    void theKernelAgreesInNftablesMode(@TempDir Path folder) throws IOException {
        Path config = Files.writeString(
                folder.resolve("kube-proxy.yaml"),
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n");
        Run run = verify("--packets", "10000", "--config", config.toString());
        assertThat(run.lastLine()).as(run.out()).isEqualTo("10000 frames, 0 differences");
    }

    @Test
    void theKernelAgreesWhereEveryKindOfServiceIsThereInBothFamilies() {
        Run run = verifyCluster(MIX, "--packets", "10000", "--node", "n1");
        assertThat(run.lastLine()).as(run.out()).isEqualTo("10000 frames, 0 differences");
    }

    @ParameterizedTest
    @ValueSource(strings = {"iptables", "nftables"})
    void theKernelForgetsWhenViplineForgets(String mode, @TempDir Path folder) throws IOException {
        Path config = Files.writeString(
                folder.resolve("kube-proxy.yaml"),
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: " + mode + "\n");
        Run run = verifyCluster(MIX, "--over-time", "--packets", "3000", "--node", "n1", "--config", config.toString());
        assertThat(run.lastLine()).as(run.out()).isEqualTo("3000 frames, 0 differences");
    }

    @Test
    void theKernelAnswersAndHoldsAsMuchAsVipline() {
        Run run = verifyCluster(MIX, "--limits", "--node", "n1");
        assertThat(run.lastLine()).as(run.out()).matches("\\d+ frames, 0 differences");
        assertThat(run.out())
                .contains("200 at once from one address: the kernel answers 6, Vipline 6")
                .containsPattern("a table of \\d+, answers of assured connections: the kernel lets 1000 through");
    }

    @Test
    void aTimeoutThatIsASecondLongerIsFound() {
        Run run = verifyCluster(
                MIX, "--over-time", "--packets", "2000", "--node", "n1", "--inject", "timeout", "--show", "1000");
        assertThat(run.exitCode()).isEqualTo(ExitCode.DIFFERENCE);
        assertThat(run.out()).contains("TCP left alone", "UDP left alone", "SCTP left alone");
    }

    @Test
    void onlyOneKindOfRunAtATime() {
        Run run = verify("--over-time", "--limits");
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("only one at a time");
    }

    @ParameterizedTest
    @ValueSource(strings = {"checksum", "port", "rule"})
    void anInjectedFaultIsFoundAndShown(String fault) {
        Run run = verify("--packets", "2000", "--inject", fault);
        assertThat(run.exitCode()).isEqualTo(ExitCode.DIFFERENCE);
        assertThat(run.lastLine()).matches("2000 frames, [1-9]\\d* differences");
        assertThat(run.out()).contains("difference 1: ", "kernel", "Vipline", " ! ");
    }

    @Test
    void aKilledOneLeavesNoNamespaceBehind() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = List.of(
                java,
                "--add-exports",
                "java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.vipline.tools.Vipline",
                "verify",
                "-f",
                CLUSTER,
                "--packets",
                "100M");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        awaitNamespaces(process, 2);
        process.destroyForcibly().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
        awaitNamespaces(process, 0);
    }

    private static void awaitNamespaces(Process process, int count) throws Exception {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (namespacesOf(process) != count) {
            assertThat(System.nanoTime()).as("namespaces: " + count).isLessThan(deadlineNs);
            Thread.sleep(20);
        }
    }

    private static int namespacesOf(Process process) throws IOException {
        Path named = Path.of("/run/netns");
        int count = 0;
        if (Files.isDirectory(named)) {
            try (DirectoryStream<Path> ours = Files.newDirectoryStream(named, "vl-" + process.pid() + "-*")) {
                for (Path namespace : ours) {
                    count++;
                }
            }
        }
        return count;
    }
}
