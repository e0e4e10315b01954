package io.vipline.tools;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.policy.ProxyConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vipline demo}: what Vipline does, shown by the commands that do it. */
@Command(
        name = "demo",
        header = "Show what Vipline does, on a cluster and traffic of its own.",
        description = {
            "Needs neither root nor network. Every step shows the command that it runs: take them for your own cluster.",
            ""
        },
        footer = {
            "  vipline demo",
            "  vipline demo --directory /tmp/shop",
            "  vipline demo && wireshark vipline-demo/out.pcapng"
        })
final class Demo extends Verb {
    private static final long SEED = 1;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "Where the cluster's manifests and the captures go. Default: ${DEFAULT-VALUE}.")
    private Path directory = Path.of("vipline-demo");

    @Override
    public Integer call() throws IOException {
        Files.createDirectories(directory);
        Path cluster = directory.resolve("shop.yaml");
        Path input = directory.resolve("in.pcapng");
        Path output = directory.resolve("out.pcapng");
        DemoCluster.writeTo(cluster);
        title("A cluster: three nodes, their pods, and Services to reach them by. We are node-1.");
        step("get", "-f", cluster.toString(), "nodes,pods,services", "-o", "wide");
        title("Clients call the Services: pods by cluster IP, the world by load balancer and node port.");
        step("generate", "-f", cluster.toString(), "-w", input.toString(), "--flows", "4k", "--packets", "100k");
        title("Their packets go through the rules that kube-proxy would write on node-1.");
        step("replay", "-f", cluster.toString(), input.toString(), "-w", output.toString());
        title("One of them, rule by rule: from the world to the load balancer's address.");
        step("explain", "-f", cluster.toString(), "tcp 203.0.113.9:40000 > 192.0.2.1:80");
        title("How long the packet loop keeps a frame, in nanoseconds.");
        latency(cluster, input);
        title("What is left behind.");
        out().println("  " + cluster + "    the cluster: change it and run the commands above again");
        out().println("  " + input + "   what the clients sent and saw");
        out().println("  " + output
                + "  what left node-1, each frame with a comment: the Service, its endpoint, the rules");
        out().println();
        out().println("  wireshark " + output + "    # the comments: frame.comment contains \"DNAT\"");
        return ExitCode.OK;
    }

    private void title(String text) {
        out().println();
        out().println("== " + text);
    }

    /** Runs a verb as anybody could. */
    private void step(String... arguments) {
        List<String> shown = new ArrayList<>();
        for (String argument : arguments) {
            shown.add(argument.matches("[\\w./:,=-]+") ? argument : "'" + argument + "'");
        }
        out().println("$ vipline " + String.join(" ", shown));
        StringWriter notes = new StringWriter();
        int exitCode = Vipline.run(out(), new PrintWriter(notes), arguments);
        if (exitCode != ExitCode.OK) {
            throw new IllegalStateException(
                    "'vipline " + String.join(" ", shown) + "' ended with " + exitCode + ": " + notes);
        }
        notes.toString().lines().filter(line -> !line.startsWith("warning: ")).forEach(out()::println);
    }

    private void latency(Path cluster, Path input) throws IOException {
        Cluster shop = ClusterLoader.load(List.of(ManifestFiles.file(cluster)), ClusterSettings.DEFAULT)
                .cluster();
        ProxyConfig node = KubeProxyConfiguration.none().proxyConfig(shop, new NodeChoice("", List.of()));
        NodeRules rules = NodeRules.of(shop, node);
        PipelineConfig config = PipelineConfig.of(
                CapturePoint.CLIENT, ChecksumMode.TRUST, Sysctls.KUBE_PROXY, rules.masqueradeAddresses(), SEED);
        LoopLatency.of(input, rules.compile(), config).print(out());
    }
}
