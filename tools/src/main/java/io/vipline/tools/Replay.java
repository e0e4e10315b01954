package io.vipline.tools;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.replay.ReplayPlan;
import io.vipline.dataplane.replay.ReplayResult;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code vipline replay}: a capture through the rules. */
@Command(
        name = "replay",
        header = "Take a capture through the rules of a node.",
        footer = {
            "  vipline replay -f cluster.yaml in.pcap -w out.pcapng",
            "  vipline replay -f cluster.yaml in.pcapng --capture-point node -o json",
            "  vipline replay --rules iptables-save.txt --node-address 192.168.1.10 in.pcap -o json",
            "  vipline replay -f cluster.yaml --nodes 3 --all-nodes --trace in.pcap",
            "  tcpdump -w - | vipline replay -f cluster.yaml - --filter 'tcp port 80'"
        })
final class Replay extends Verb {
    /** RFC 791: every link takes so much. */
    private static final int LEAST_MTU = 68;

    @Mixin
    private ClusterOptions cluster;

    @Mixin
    private DumpOptions dumps;

    @Mixin
    private RouteOptions routes;

    @Mixin
    private SysctlOptions sysctls;

    @Parameters(paramLabel = "IN.pcap[ng]", description = "The capture: pcap or pcapng; - for stdin.")
    private String capture = "-";

    @Option(
            names = {"-w", "--write"},
            paramLabel = "OUT.pcap[ng]",
            description = "Write the frames as they leave; pcapng carries a comment with each. To stdout with -; the"
                    + " summary goes to stderr then.")
    private Path output;

    @Option(
            names = "--capture-point",
            paramLabel = "client|node",
            description = "Where the capture was taken: at the clients, who see answers come from the virtual IP, or"
                    + " on the node. Default: client.")
    private CapturePoint capturePoint = CapturePoint.CLIENT;

    @Option(
            names = "--checksum",
            paramLabel = "trust|verify|fill",
            description = "Judge no checksum, judge them as the kernel does, or finish those that offloading left"
                    + " open. Default: trust.")
    private ChecksumMode checksumMode = ChecksumMode.TRUST;

    @Option(names = "--filter", paramLabel = "EXPR", description = "A pcap filter; other frames are passed over.")
    private String filter = "";

    @Option(
            names = "--speed",
            paramLabel = "max|original|Nx",
            converter = SpeedConverter.class,
            description = "How fast: as fast as it goes, as captured, or N times that. Default: max.")
    private double speed = ReplayPlan.MAX_SPEED;

    @Option(names = "--repeat", paramLabel = "N", description = "Times to go through the capture. Default: 1.")
    private int repeat = 1;

    @Option(names = "--conntrack-max", paramLabel = "N", description = "Most connections at a time. Default: no limit.")
    private int conntrackMax;

    @Option(
            names = "--mtu",
            paramLabel = "BYTES",
            description =
                    "MTU of the links by which packets leave: longer ones are cut, or their senders told. Default:"
                            + " no limit.")
    private int mtuBytes = PipelineConfig.ANY_MTU;

    @Option(names = "--threads", paramLabel = "N", description = "Forwarder threads. Default: 1.")
    private int threads = 1;

    @Option(
            names = "--all-nodes",
            description = "Emulate every Node of the cluster, each with its rules and connections, and the load"
                    + " balancers in front. Frames are taken as they come to the cluster.")
    private boolean allNodes;

    @Option(names = "--trace", description = "With --all-nodes: print each frame's way from node to node.")
    private boolean trace;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            description = "How to print the summary. Default: table.")
    private ReplayFormat format = ReplayFormat.TABLE;

    /** How the summary is printed. */
    enum ReplayFormat {
        TABLE,
        JSON
    }

    @Override
    public Integer call() throws IOException {
        check(repeat >= 1, "--repeat takes 1 or more");
        check(threads >= 1 && threads <= 64, "--threads takes 1 to 64");
        check(conntrackMax >= 0, "--conntrack-max takes 1 or more, or 0 for no limit");
        check(mtuBytes >= LEAST_MTU, "--mtu takes " + LEAST_MTU + " or more");
        check(
                !capture.equals("-") || !cluster.readsStdin(),
                "Both -f and the capture are stdin, which can be read once.");
        check(!isOntoItself(), "-w names the capture itself: it would be gone before it is read");
        check(allNodes || !trace, "--trace shows the way between nodes: it goes with --all-nodes");
        if (allNodes) {
            return replayAllNodes();
        }
        NodeRules rules = NodeRules.of(cluster, dumps, routes);
        noteUnknownAddresses(rules);
        Table table = rules.compile();
        boolean isReadOnce = forwarders() == 1 && repeat == 1;
        CaptureInput input = isReadOnce ? new CaptureInput(capture, filter) : CaptureInput.rereadable(capture, filter);
        ReplayPlan plan = new ReplayPlan(table, pipelineConfig(rules), input::open, forwarders(), repeat, speed);
        ReplaySession session = new ReplaySession(plan, input, interruption(), err());
        ReplayOutcome outcome = output == null ? session.count() : session.write(output, rules);
        print(ReplaySummary.of(outcome.result(), table, outcome.sha256()), outcome.result());
        List<Problem> problems = new ArrayList<>(outcome.problems());
        note(problems);
        return problems.isEmpty() ? ExitCode.OK : ExitCode.BAD_INPUT;
    }

    private void noteUnknownAddresses(NodeRules rules) {
        for (IpFamily family : rules.withUnknownAddresses()) {
            err().println("vipline: note: which " + family.text()
                    + " addresses the node has (LOCAL) is not known; packets"
                    + " whose fate hangs on it are dropped as UNDECIDED: --node-address tells them");
        }
    }

    private boolean isOntoItself() throws IOException {
        return output != null
                && !ReplaySession.isStdout(output)
                && !capture.equals("-")
                && Files.exists(output)
                && Files.exists(Path.of(capture))
                && Files.isSameFile(output, Path.of(capture));
    }

    private void check(boolean holds, String what) {
        if (!holds) {
            throw new ParameterException(spec().commandLine(), what);
        }
    }

    private PipelineConfig pipelineConfig(NodeRules rules) throws IOException {
        return pipelineConfig(capturePoint, rules.masqueradeAddresses(), rules.config(), forwarders());
    }

    private PipelineConfig pipelineConfig(
            CapturePoint point, NodeAddresses addresses, Optional<ProxyConfig> node, int shares) throws IOException {
        return PipelineConfig.of(
                        point, checksumMode, sysctls.over(cluster.conntrack(), node), addresses, cluster.seed())
                .withLimits(mtuBytes, conntrackMax)
                .tellingOrigin(output != null)
                .withShare(0, shares);
    }

    private static String lineOf(ClusterReplay.Way way) {
        try {
            return Json.line(way);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int replayAllNodes() throws IOException {
        check(!dumps.isGiven(), "--all-nodes takes manifests: a dump is one node's");
        check(mtuBytes == PipelineConfig.ANY_MTU, "--mtu is for one node: with --all-nodes no link has a limit");
        check(repeat == 1 && speed == ReplayPlan.MAX_SPEED, "--repeat and --speed are for one node's packet loop");
        CaptureInput input = new CaptureInput(capture, filter);
        EmulatedCluster emulated = new EmulatedCluster(cluster.cluster(), cluster.proxyConfigs());
        PipelineConfig any =
                pipelineConfig(CapturePoint.NODE, NodeAddresses.NONE, Optional.of(cluster.proxyConfig()), 1);
        ClusterReplay replay = new ClusterReplay(
                emulated, cluster.proxyConfig().nodeName(), input, cluster.seed(), any::withNodeAddresses);
        PrintWriter to = ReplaySession.isStdout(output) ? err() : out();
        boolean isJson = format == ReplayFormat.JSON;
        ClusterReplaySummary summary =
                replay.run(output, !trace ? null : way -> to.println(isJson ? lineOf(way) : ClusterReplay.text(way)));
        if (isJson) {
            to.println(Json.line(summary));
        } else {
            summary.print(to);
        }
        to.flush();
        note(input.problems());
        return input.problems().isEmpty() ? ExitCode.OK : ExitCode.BAD_INPUT;
    }

    /** A full table turns flows away in their order, which only one forwarder knows. */
    private int forwarders() {
        return conntrackMax > 0 ? 1 : threads;
    }

    private void print(ReplaySummary summary, ReplayResult result) throws IOException {
        PrintWriter to = ReplaySession.isStdout(output) ? err() : out();
        if (format == ReplayFormat.JSON) {
            to.println(Json.line(summary));
        } else {
            new ReplayTable(to).print(summary, result.stopped());
        }
        to.flush();
    }

    /** What a replay left behind. @param sha256 of the file written; null without one */
    record ReplayOutcome(ReplayResult result, String sha256, List<Problem> problems) {}

    static final class SpeedConverter implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            if (text.equals("max")) {
                return ReplayPlan.MAX_SPEED;
            }
            if (text.equals("original")) {
                return 1.0;
            }
            try {
                double times = Double.parseDouble(text.endsWith("x") ? text.substring(0, text.length() - 1) : "");
                if (times > 0 && Double.isFinite(times)) {
                    return times;
                }
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is neither max, original nor a number like 10x");
            }
            throw new TypeConversionException("'" + text + "' is neither max, original nor a number like 10x");
        }
    }
}
