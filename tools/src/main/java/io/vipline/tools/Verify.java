package io.vipline.tools;

import io.vipline.dataplane.frame.FrameSource;
import io.vipline.dataplane.frame.live.NetworkNamespaces;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.tools.verify.CaptureFrames;
import io.vipline.tools.verify.Verification;
import io.vipline.tools.verify.Verification.Fault;
import io.vipline.tools.verify.Verification.Play;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vipline verify}. */
@Command(
        name = "verify",
        header = "Compare Vipline with the kernel, packet by packet.",
        description = {
            "Builds a node in a network namespace of its own, loads the rules into its kernel, and sends the same packets"
                    + " through it and through Vipline: requests, answers and errors of many conversations at once. What"
                    + " comes out must be the same, to the byte, but for what is drawn: the endpoint among several, the"
                    + " port of a masqueraded connection, the identification of packets that the node makes. The machine's"
                    + " own network is not touched. Needs root; exit 3 on a difference.",
            ""
        },
        footer = {
            "  sudo vipline verify -f cluster.yaml",
            "  sudo vipline verify -f cluster.yaml --packets 200k --seed 7",
            "  sudo vipline verify -f cluster.yaml --capture in.pcap"
        })
final class Verify extends Verb {
    @Mixin
    private ClusterOptions options;

    @Mixin
    private SysctlOptions sysctls;

    @Option(
            names = "--packets",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many packets to send. Default: 10k.")
    private long packets = 10_000;

    @Option(
            names = "--over-time",
            description =
                    "Send conversations in which time passes in place of those that are over at once: every timeout"
                            + " is set to two to six seconds, drawn by the seed, and waited for. 10k packets take half a minute.")
    private boolean overTime;

    @Option(
            names = "--limits",
            description = "Send more than a node answers or holds in place of conversations, and compare counts: ICMP"
                    + " errors of one address and of many, as the kernel limits them by default, and connections until the"
                    + " table is full, as large as the machine has it. Takes a minute or two.")
    private boolean limits;

    @Option(
            names = "--capture",
            paramLabel = "IN.pcap[ng]",
            description = "Send what is in a capture that was taken at the clients, in place of made-up conversations:"
                    + " what comes from a Service there is sent by the endpoint that was chosen.")
    private String capture;

    @Option(names = "--show", paramLabel = "N", description = "How many differences to print. Default: 20.")
    private int shown = 20;

    @Option(
            names = "--inject",
            paramLabel = "checksum|port|rule|timeout",
            description = "Judge the judge: make one of Vipline's checksums or ports wrong now and then, leave one of"
                    + " the kernel's rules out, or let Vipline's timeouts be a second longer.")
    private Fault fault = Fault.NONE;

    @Override
    public Integer call() throws IOException {
        if (!NetworkNamespaces.isAvailable()) {
            err().println("vipline: verify makes network namespaces and needs root, and the command ip");
            return ExitCode.FAILED;
        }
        NodeRules rules = NodeRules.of(options.cluster(), options.proxyConfig());
        interruption().heed(() -> {});
        Sysctls set = sysctls.over(options.conntrack(), Optional.of(options.proxyConfig()));
        Verification.Plan plan = new Verification.Plan(
                options.cluster(),
                options.proxyConfig(),
                rules.compile(),
                rules::walker,
                rules::services,
                play() == Play.LIMITS ? set : set.withoutErrorLimits(),
                options.seed(),
                packets,
                play(),
                capture(),
                fault);
        Verification.Result result = Verification.run(plan, interruption()::isAsked);
        result.print(out(), shown);
        out().flush();
        return result.differences().isEmpty() ? ExitCode.OK : ExitCode.DIFFERENCE;
    }

    private Play play() {
        if (Stream.of(overTime, limits, capture != null)
                        .filter(chosen -> chosen)
                        .count()
                > 1) {
            throw new CommandLine.ParameterException(
                    spec().commandLine(), "of --over-time, --limits and --capture only one at a time");
        }
        return overTime ? Play.OVER_TIME : limits ? Play.LIMITS : Play.AT_ONCE;
    }

    private Optional<CaptureFrames> capture() throws IOException {
        if (capture == null) {
            return Optional.empty();
        }
        CaptureInput input = new CaptureInput(capture, "");
        try (FrameSource source = input.open()) {
            CaptureFrames frames = Verification.capture(source, note -> err().println("vipline: note: " + note));
            note(input.problems());
            return Optional.of(frames);
        }
    }
}
