package io.vipline.tools;

import io.vipline.dataplane.frame.FrameInterface;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.frame.capture.CaptureFormat;
import io.vipline.dataplane.frame.capture.CaptureWriter;
import io.vipline.rules.policy.ServicePortName;
import io.vipline.tools.generate.Destination;
import io.vipline.tools.generate.Destinations;
import io.vipline.tools.generate.FlowPlan;
import io.vipline.tools.generate.PayloadSizes;
import io.vipline.tools.generate.TrafficGenerator;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code vipline generate}. */
@Command(
        name = "generate",
        header = "Write a capture of clients that call a cluster's Services.",
        description = {
            "The capture is as seen by the clients: replies come from the address that was called. Cluster IPs are called"
                    + " by pods of the node, all other addresses by hosts outside. Equal inputs and seed make equal files.",
            ""
        },
        footer = {
            "  vipline generate -f cluster.yaml -w in.pcap",
            "  vipline generate -f cluster.yaml -w in.pcap --flows 10k --packets 10M --sizes 64",
            "  vipline generate -f cluster.yaml --services web,shop/cart:http --sizes 0,512,1400 -w - | tcpdump -nr -"
        })
final class Generate extends Verb {
    private static final long DEFAULT_FLOWS = 100;
    /** A handshake, two requests with their replies, a close. */
    private static final long DEFAULT_FRAMES_PER_FLOW = 10;

    private static final int SNAP_LENGTH = 262_144;
    private static final int FRAMES_BETWEEN_LOOKS = 1 << 12;

    @Mixin
    private ClusterOptions options;

    @Option(
            names = {"-w", "--write"},
            paramLabel = "FILE",
            required = true,
            description = "The capture to write: pcapng, or pcap if its name ends so; - for stdout.")
    private String output;

    @Option(
            names = "--flows",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many flows, each with a tuple of its own; 10k and 2M are understood."
                    + " Default: one for ten frames, or 100.")
    private Long flowsAsked;

    @Option(
            names = "--packets",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "How many frames in all. Default: ten a flow.")
    private Long framesAsked;

    @Option(
            names = "--sizes",
            paramLabel = "BYTES,…",
            description = "Bytes of payload of requests and replies, one drawn for each; or imix: frames of 60, 590 and"
                    + " 1514 bytes, 7:4:1. Default: ${DEFAULT-VALUE}.")
    private String sizes = "imix";

    @Option(
            names = "--services",
            paramLabel = "[NAMESPACE/]NAME[:PORT],…",
            split = ",",
            description = "Call these only. Default: all.")
    private List<String> services = new ArrayList<>();

    @Option(
            names = "--concurrent",
            paramLabel = "N",
            description = "How many flows go on at once. Default: ${DEFAULT-VALUE}, if there are so many.")
    private int concurrent = TrafficGenerator.MAX_CONCURRENT;

    @Option(names = "--one-way", description = "Nobody answers: what the clients send alone.")
    private boolean oneWay;

    @Override
    public Integer call() throws IOException {
        List<Destination> destinations =
                Destinations.of(options.cluster(), options.proxyConfig(), this::isWanted).stream()
                        .map(destination -> oneWay ? destination.withoutAnswers() : destination)
                        .toList();
        TrafficGenerator generator = generator(destinations);
        interruption().heed(() -> {});
        CaptureWriter writer = open();
        try (writer;
                MemorySink area = new MemorySink()) {
            while (!generator.isDone() && !interruption().isAsked()) {
                for (int i = 0; i < FRAMES_BETWEEN_LOOKS && !generator.isDone(); i++) {
                    generator.writeNext(area);
                    writer.write(area.memory(), area.last(), null);
                }
            }
        }
        report(generator, destinations, writer.writtenBytes());
        return generator.isDone() ? ExitCode.OK : ExitCode.FAILED;
    }

    private CaptureWriter open() throws IOException {
        List<FrameInterface> interfaces = List.of(new FrameInterface("clients", LinkType.ETHERNET, SNAP_LENGTH));
        CaptureFormat format = output.endsWith(".pcap")
                ? new CaptureFormat.Pcap(true)
                : new CaptureFormat.Pcapng(CaptureFormat.Direction.UNKNOWN, List.of());
        if (output.equals("-")) {
            return CaptureWriter.to(
                    new FileOutputStream(FileDescriptor.out).getChannel(), "stdout", format, interfaces);
        }
        return CaptureWriter.open(Path.of(output), format, interfaces);
    }

    private TrafficGenerator generator(List<Destination> destinations) {
        if (destinations.isEmpty()) {
            throw new ParameterException(
                    spec().commandLine(), "No Service there that has a TCP or UDP address to call.");
        }
        long frames = framesAsked != null
                ? framesAsked
                : (flowsAsked == null ? DEFAULT_FLOWS : flowsAsked) * DEFAULT_FRAMES_PER_FLOW;
        long flows = flowsAsked != null
                ? flowsAsked
                : Math.min(Math.ceilDiv(frames, DEFAULT_FRAMES_PER_FLOW), FlowPlan.capacity(destinations));
        try {
            FlowPlan plan = new FlowPlan(destinations, flows, options.seed());
            return new TrafficGenerator(plan, PayloadSizes.parse(sizes), flows, frames, concurrent, options.seed());
        } catch (IllegalArgumentException senseless) {
            throw new ParameterException(spec().commandLine(), senseless.getMessage(), senseless);
        }
    }

    private boolean isWanted(ServicePortName name) {
        if (services.isEmpty()) {
            return true;
        }
        for (String wanted : services) {
            int colon = wanted.indexOf(':');
            String service = colon < 0 ? wanted : wanted.substring(0, colon);
            String full = service.contains("/") ? service : "default/" + service;
            if (full.equals(name.namespace() + "/" + name.service())
                    && (colon < 0 || wanted.substring(colon + 1).equals(name.port()))) {
                return true;
            }
        }
        return false;
    }

    private void report(TrafficGenerator generator, List<Destination> destinations, long bytes) {
        long called = destinations.stream().map(Destination::service).distinct().count();
        err().println(String.format(
                Locale.ROOT,
                "%s%d frames, %d bytes: %d flows to %d addresses of %d Service ports",
                generator.isDone() ? "" : "stopped after ",
                generator.written(),
                bytes,
                generator.flowsBegun(),
                destinations.size(),
                called));
    }
}
