package io.vipline.tools;

import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.IpFamily;
import io.vipline.tools.explain.AddressBook;
import io.vipline.tools.explain.Explanation;
import io.vipline.tools.explain.ExplanationGraph;
import io.vipline.tools.explain.ExplanationTree;
import io.vipline.tools.explain.PacketLine;
import io.vipline.tools.explain.PacketLine.MalformedPacket;
import io.vipline.tools.explain.hint.Hints;
import io.vipline.tools.explain.hint.Scene;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code vipline explain}: what happens to a packet, and why. */
@Command(
        name = "explain",
        header = "Show what happens to a packet, rule by rule, and why.",
        description = {
            "Hook by hook: the rules that matched, each with its line of the manifests or the dump, and, after ✗, those about"
                    + " the same destination that did not, with what the packet has instead. A percentage is the chance to"
                    + " come there, → the endpoints it leads to. What files alone cannot tell is followed both ways, after ?.",
            "A packet from an address of the node starts at OUTPUT, any other at PREROUTING. Names are those of Services"
                    + " (web, web.shop, web.shop.svc.cluster.local), pods and Nodes.",
            ""
        },
        footer = {
            "  vipline explain -f cluster.yaml 'tcp 10.0.0.5:40000 > 10.96.0.10:80'",
            "  vipline explain -f cluster.yaml 'tcp 10.0.0.5:40000 > web.shop:80' -o json",
            "  vipline explain -f cluster.yaml --node worker-2 'in eth0 udp [fd00::5]:40000 > [fd00:10:96::a]:53 state NEW'",
            "  vipline explain -f cluster.yaml 'tcp client:40000 > web:80' -o mermaid",
            "  vipline explain -f cluster.yaml --packets packets.txt -o json | jq .verdict",
            "  iptables-save | vipline explain --rules - --node-address 192.168.1.10 'tcp 10.0.0.5:40000 > 192.168.1.10:80'"
        })
final class Explain extends Verb {
    @Mixin
    private ClusterOptions cluster;

    @Mixin
    private DumpOptions dumps;

    @Mixin
    private RouteOptions routes;

    @Parameters(
            arity = "0..*",
            paramLabel = "PACKET",
            description = "[in IF] [out IF] tcp|udp|sctp|icmp SRC:PORT > DST:PORT [flags S] [state NEW] [mark 0x0]"
                    + " [ttl N] [length N] [tos N] [type T/C];"
                    + " service.namespace may stand for an address.")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--packets",
            paramLabel = "FILE|-",
            description = "Packets, one a line; answered one JSON line each.")
    private String packets;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json|dot|mermaid",
            description = "How to show it. Default: table, a tree; json with --packets.")
    private ExplainFormat format;

    /** How an explanation is shown. */
    enum ExplainFormat {
        TABLE,
        JSON,
        DOT,
        MERMAID
    }

    private NodeRules rules;
    private PacketLine lines;
    private Explanation.Surroundings surroundings;
    private final Map<IpFamily, ChainWalker> walkers = new EnumMap<>(IpFamily.class);
    private Hints hints;

    @Override
    public Integer call() throws IOException {
        if ((packets == null) == words.isEmpty()) {
            throw new ParameterException(spec().commandLine(), "Which packet? Give one, or --packets FILE.");
        }
        if ("-".equals(packets) && cluster.readsStdin()) {
            throw new ParameterException(
                    spec().commandLine(), "Both -f and --packets are stdin, which can be read once.");
        }
        rules = NodeRules.of(cluster, dumps, routes);
        lines = new PacketLine(rules.names());
        surroundings = new Explanation.Surroundings(rules.network(), new AddressBook(rules.cluster()));
        hints = new Hints(rules.config().map(config -> new Scene(rules.cluster(), config, rules.network())));
        for (IpFamily family : IpFamily.values()) {
            walkers.put(family, rules.walker(family));
        }
        return packets == null ? one(String.join(" ", words)) : all();
    }

    private int one(String line) throws IOException {
        try {
            explain(line, format == null ? ExplainFormat.TABLE : format);
            return ExitCode.OK;
        } catch (MalformedPacket e) {
            throw new ParameterException(spec().commandLine(), e.getMessage(), e);
        }
    }

    private int all() throws IOException {
        List<Problem> problems = new ArrayList<>();
        int number = 0;
        try (BufferedReader reader = packets.equals("-")
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(Path.of(packets))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (!line.isBlank()) {
                    explainLine(line.strip(), new Origin(packets, number, 1), problems);
                }
                if (!reader.ready()) {
                    out().flush(); // who asks one by one waits for the answer
                }
            }
        }
        note(problems);
        return problems.isEmpty() ? ExitCode.OK : ExitCode.BAD_INPUT;
    }

    private void explainLine(String line, Origin origin, List<Problem> problems) throws IOException {
        try {
            explain(line, format == null ? ExplainFormat.JSON : format);
        } catch (MalformedPacket e) {
            problems.add(Problem.error(origin, e.getMessage(), "it cannot be explained", "mend the line"));
            Map<String, String> answer = new LinkedHashMap<>();
            answer.put("packet", line);
            answer.put("error", e.getMessage());
            out().println(Json.line(answer));
        }
    }

    private void print(Explanation explanation, ExplainFormat as) throws IOException {
        switch (as) {
            case TABLE -> new ExplanationTree(out(), Palette.ofTerminal()).print(explanation);
            case JSON -> out().println(Json.line(explanation));
            case DOT -> ExplanationGraph.dot(explanation, out());
            case MERMAID -> ExplanationGraph.mermaid(explanation, out());
        }
    }

    private void explain(String line, ExplainFormat as) throws IOException, MalformedPacket {
        PacketLine.Line read = lines.parse(line);
        PacketDescription packet = read.packet();
        IpFamily family = packet.source().family();
        if (!rules.has(family)) {
            print(Explanation.withoutRules(line, packet), as);
            return;
        }
        Walk walk = walkers.get(family).walk(packet);
        List<String> said = new ArrayList<>(read.notes());
        said.addAll(hints.of(packet, walk));
        print(Explanation.of(line, walk, surroundings, said), as);
    }
}
