package io.vipline.tools;

import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.tools.compile.CompiledNode;
import io.vipline.tools.compile.DumpedNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** {@code vipline compile}. */
@Command(
        name = "compile",
        header = "Print the rules that kube-proxy writes for a node.",
        description = {
            "The text is that of a full sync, as kube-proxy feeds it to iptables-restore: for IPv4, then for IPv6. What"
                    + " stands in a table: reachable and all endpoints, and the traffic that is refused.",
            "Of a dump, --rules, -o iptables gives the dump back, and the table has a line for each chain: its rules and"
                    + " how many of them ask what a dump does not tell.",
            "-o nft prints the rules of nftables mode, which nft -f loads alone, whatever the configuration's mode.",
            ""
        },
        footer = {
            "  vipline compile -f cluster.yaml -o iptables",
            "  vipline compile -f cluster.yaml --node worker-2 -o table",
            "  vipline compile -f cluster.yaml -o iptables --ip-family IPv4 --with-jumps | iptables-restore",
            "  vipline compile --rules iptables-save.txt -o table",
            "  vipline compile -f cluster.yaml --config kube-proxy.yaml -o nft | nft -f -"
        })
final class Compile extends Verb {
    private enum Output {
        IPTABLES,
        NFT,
        TABLE,
        JSON
    }

    @Mixin
    private ClusterOptions options;

    @Mixin
    private DumpOptions dumps;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "iptables, nft, table or json. Default: table on a terminal, else the text of the mode.")
    private Output output;

    @Option(
            names = "--ip-family",
            paramLabel = "IPv4|IPv6",
            converter = FamilyConverter.class,
            description = "One family only.")
    private IpFamily family;

    @Option(names = "--with-jumps", description = "The jumps from the built-in chains too: the text works alone.")
    private boolean withJumps;

    @Option(names = "--nfacct", description = "Count by nfacct, as kube-proxy does where the kernel can.")
    private boolean nfacct;

    @Option(
            names = "--random-fully",
            description = "Masquerade with random ports, as kube-proxy does where iptables can.")
    private boolean randomFully;

    @Override
    public Integer call() throws IOException {
        return dumps.isGiven() ? dumped() : written();
    }

    /** The rules of a dump, as they were understood. */
    private int dumped() throws IOException {
        options.refuseManifests();
        if (withJumps || nfacct || randomFully || output == Output.NFT) {
            throw new ParameterException(
                    spec().commandLine(),
                    "--with-jumps, --nfacct, --random-fully and -o nft are about what kube-proxy writes: not for --rules");
        }
        DumpedNode node = new DumpedNode(dumps.dumps(), families());
        switch (output == null ? defaultOutput(ProxyConfig.Mode.IPTABLES) : output) {
            case IPTABLES, NFT -> node.printIptables(out());
            case TABLE -> node.printTable(out());
            case JSON -> node.printJson(out());
        }
        return ExitCode.OK;
    }

    private List<IpFamily> families() {
        return family == null ? List.of(IpFamily.values()) : List.of(family);
    }

    private int written() throws IOException {
        ProxyConfig configured = options.proxyConfig();
        Output chosen = output == null ? defaultOutput(configured.mode()) : output;
        ProxyConfig config = inModeOf(chosen, configured);
        CompiledNode node = new CompiledNode(
                options.cluster(),
                config.withKernelFeatures(config.randomFully() || randomFully, config.nfacct() || nfacct),
                families());
        switch (chosen) {
            case IPTABLES -> node.printIptables(out(), withJumps);
            case NFT -> node.printNft(out());
            case TABLE -> node.printTable(out());
            case JSON -> node.printJson(out(), withJumps);
        }
        return ExitCode.OK;
    }

    /** A text of rules is of one mode, whatever mode is configured. */
    private ProxyConfig inModeOf(Output chosen, ProxyConfig config) {
        return switch (chosen) {
            case IPTABLES -> {
                if (config.mode() == ProxyConfig.Mode.NFTABLES) {
                    err().println("note: the configuration says mode nftables; these are the rules of iptables mode");
                }
                yield config.inIptablesMode();
            }
            case NFT -> config.inNftablesMode();
            case TABLE, JSON -> config;
        };
    }

    private static Output defaultOutput(ProxyConfig.Mode mode) {
        if (System.console() != null && System.console().isTerminal()) {
            return Output.TABLE;
        }
        return mode == ProxyConfig.Mode.NFTABLES ? Output.NFT : Output.IPTABLES;
    }

    static final class FamilyConverter implements ITypeConverter<IpFamily> {
        @Override
        public IpFamily convert(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "ipv4" -> IpFamily.IPV4;
                case "ipv6" -> IpFamily.IPV6;
                default -> throw new TypeConversionException("'" + text + "' is neither IPv4 nor IPv6");
            };
        }
    }
}
