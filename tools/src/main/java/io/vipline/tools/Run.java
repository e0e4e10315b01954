package io.vipline.tools;

import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.frame.live.LiveDevice;
import io.vipline.dataplane.frame.live.LivePath;
import io.vipline.dataplane.frame.live.LivePath.Threading;
import io.vipline.dataplane.frame.live.SinkAgent.Offload;
import io.vipline.rules.live.LiveRules;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.table.TableRef;
import io.vipline.tools.live.AddressSpec;
import io.vipline.tools.live.InterfaceSpec;
import io.vipline.tools.live.LiveSummary;
import io.vipline.tools.live.LiveTopology;
import io.vipline.tools.live.RouteSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.agrona.concurrent.SystemEpochNanoClock;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** {@code vipline run}: a node between real interfaces. */
@Command(
        name = "run",
        header = "Be a node between TAP devices and network interfaces.",
        description = {
            "Takes the frames that arrive on the interfaces through the rules of the node and routes them out again, until"
                    + " Ctrl-C. Answers ARP and neighbour discovery for the addresses of the node. Needs root, or"
                    + " CAP_NET_ADMIN and CAP_NET_RAW.",
            "When the manifests' files change, their rules come into force; connections stay where they are. Manifests"
                    + " that do not load change nothing.",
            "The kernel must not have the same addresses on the interfaces, or it answers, too.",
            ""
        },
        footer = {
            "  vipline run -f cluster.yaml --interface tap:vl0 --address vl0=192.168.0.1/24"
                    + " --interface packet:veth0 --address veth0=10.244.0.1/24",
            "  vipline run -f cluster.yaml … --route 10.244.1.0/24=veth0,via 10.244.0.2",
            "  vipline run -f cluster.yaml --interface tap:vl0@client --interface packet:veth0@node … -o json"
        })
final class Run extends Verb {
    @Mixin
    private ClusterOptions options;

    @Mixin
    private SysctlOptions sysctls;

    @Option(
            names = "--interface",
            paramLabel = "tap:NAME|packet:NAME",
            required = true,
            converter = InterfaceConverter.class,
            description = "A TAP device, made if it is not there and removed at the end, or a packet socket on an"
                    + " interface. NAME@NETNS is in another network namespace. Repeatable.")
    private List<InterfaceSpec> interfaces = new ArrayList<>();

    @Option(
            names = "--address",
            paramLabel = "IF=ADDRESS/LENGTH",
            converter = AddressConverter.class,
            description = "An address of the node on an interface. Repeatable.")
    private List<AddressSpec> addresses = new ArrayList<>();

    @Option(
            names = "--route",
            paramLabel = "CIDR=IF[,via ADDRESS]",
            converter = RouteConverter.class,
            description = "A route, beside those to the interfaces' own networks. Repeatable.")
    private List<RouteSpec> routes = new ArrayList<>();

    @Option(
            names = "--offload",
            paramLabel = "finish|keep",
            description =
                    "Finish checksums and cut super-frames that a sender's kernel left to its card, or leave both to"
                            + " the receiver. Default: finish.")
    private Offload offload = Offload.FINISH;

    @Option(
            names = "--threading",
            paramLabel = "dedicated|shared",
            description = "A thread each for source, forwarder and sink with rings between, or one for all."
                    + " Default: dedicated.")
    private Threading threading = Threading.DEDICATED;

    @Option(names = "--promiscuous", description = "Switch packet interfaces to take frames for other stations, too.")
    private boolean promiscuous;

    @Option(names = "--conntrack-max", paramLabel = "N", description = "Most connections at a time. Default: no limit.")
    private int conntrackMax;

    @Option(names = "--duration", paramLabel = "SECONDS", description = "End after so long. Default: at Ctrl-C.")
    private long durationSeconds = Long.MAX_VALUE;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            description = "How the summary is printed. Default: table.")
    private SummaryFormat format = SummaryFormat.TABLE;

    /** How the summary is printed. */
    enum SummaryFormat {
        TABLE,
        JSON
    }

    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    @Override
    public Integer call() throws IOException {
        ProxyConfig config = options.proxyConfig();
        List<LiveDevice> devices = new ArrayList<>();
        try {
            for (InterfaceSpec spec : interfaces) {
                devices.add(spec.open(promiscuous));
            }
            LiveTopology topology = topology(devices, config);
            topology.notes().forEach(note -> err().println("vipline: note: " + note));
            noteKernelAddresses(topology);
            return forward(topology, devices, config);
        } finally {
            devices.forEach(LiveDevice::close);
        }
    }

    private void noteKernelAddresses(LiveTopology topology) {
        for (InterfaceSpec spec : interfaces) {
            for (IpAddress address : spec.kernelAddresses()) {
                if (topology.interfaces().isOwn(address.high(), address.low())) {
                    err().println("vipline: note: the kernel has " + address + " on " + spec.name()
                            + ", too, and answers" + " as well: take it away with 'ip address del'");
                }
            }
        }
    }

    private LiveTopology topology(List<LiveDevice> devices, ProxyConfig config) {
        try {
            return LiveTopology.of(devices, addresses, routes, config.nodeIps());
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec().commandLine(), wrong.getMessage(), wrong);
        }
    }

    private int forward(LiveTopology topology, List<LiveDevice> devices, ProxyConfig config) throws IOException {
        ProxyConfig onThisNode = topology.onThisNode(config);
        LiveRules rules = new LiveRules(options.cluster(), onThisNode);
        TableRef tables = new TableRef(rules.table());
        PipelineConfig pipeline = pipelineConfig(topology, onThisNode);
        LivePath.Plan plan =
                new LivePath.Plan(tables, pipeline, topology.interfaces(), topology.routes(), offload, threading);
        LivePath path = new LivePath(
                plan,
                devices,
                new SystemEpochNanoClock(),
                (device, cause) -> err().println("vipline: lost " + device.name() + ": " + cause.getMessage()));
        boolean failed;
        try (ManifestWatch watch = new ManifestWatch(options, topology::onThisNode, rules, tables, err())) {
            interruption().heed(() -> ended.complete(null));
            err().println("vipline: forwarding between "
                    + interfaces.stream().map(InterfaceSpec::toString).collect(Collectors.joining(", "))
                    + "; Ctrl-C ends");
            failed = awaitEnd(path, watch);
        } finally {
            path.close();
        }
        print(LiveSummary.of(path, devices));
        return failed ? ExitCode.FAILED : ExitCode.OK;
    }

    private PipelineConfig pipelineConfig(LiveTopology topology, ProxyConfig config) throws IOException {
        return PipelineConfig.of(
                        CapturePoint.NODE,
                        ChecksumMode.TRUST,
                        sysctls.over(options.conntrack(), Optional.of(config)),
                        topology.masqueradeAddresses(config),
                        options.seed())
                .withLimits(PipelineConfig.ANY_MTU, conntrackMax);
    }

    /** @return whether the path has stopped by itself */
    private boolean awaitEnd(LivePath path, ManifestWatch watch) {
        if (durationSeconds < Long.MAX_VALUE) {
            ended.completeOnTimeout(null, durationSeconds, TimeUnit.SECONDS);
        }
        try {
            CompletableFuture.anyOf(ended, path.failure(), watch.failure()).join();
            return false;
        } catch (CompletionException stopped) {
            err().println("vipline: stopped: " + stopped.getCause().getMessage());
            return true;
        }
    }

    private void print(LiveSummary summary) throws IOException {
        if (format == SummaryFormat.JSON) {
            out().println(Json.line(summary));
        } else {
            summary.print(out());
        }
        out().flush();
    }

    private static <T> T convert(String text, Function<String, Optional<T>> parse, String form) {
        return parse.apply(text).orElseThrow(() -> new TypeConversionException("'" + text + "' is not " + form));
    }

    static final class InterfaceConverter implements ITypeConverter<InterfaceSpec> {
        @Override
        public InterfaceSpec convert(String text) {
            return Run.convert(text, InterfaceSpec::parse, "tap:NAME or packet:NAME, with @NETNS or without");
        }
    }

    static final class AddressConverter implements ITypeConverter<AddressSpec> {
        @Override
        public AddressSpec convert(String text) {
            return Run.convert(text, AddressSpec::parse, "IF=ADDRESS/LENGTH, as in vl0=10.244.0.1/24");
        }
    }

    static final class RouteConverter implements ITypeConverter<RouteSpec> {
        @Override
        public RouteSpec convert(String text) {
            return Run.convert(text, RouteSpec::parse, "CIDR=IF or CIDR=IF,via ADDRESS of the same family");
        }
    }
}
