package io.vipline.tools;

import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.ConntrackSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.LoadedCluster;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.manifest.NodePortRange;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The flags of every verb that works on a cluster. The cluster is loaded once, when first asked for; warnings go to
 * stderr then. An error among the problems ends the verb: {@link InputException} with all of them.
 */
public final class ClusterOptions {
    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE|DIR|-",
            description = "Manifests: a file, a folder or stdin; YAML or JSON. Repeatable.")
    private List<String> filenames = new ArrayList<>();

    @Option(
            names = {"-R", "--recursive"},
            description = "Look into the folders within a folder too.")
    private boolean recursive;

    @Option(names = "--config", paramLabel = "FILE", description = "A KubeProxyConfiguration.")
    private Path configuration;

    @Option(names = "--node", paramLabel = "NAME", description = "The Node that we are. Default: the first by name.")
    private String nodeName = "";

    @Option(
            names = "--node-address",
            paramLabel = "CIDR",
            converter = LocalAddressConverter.class,
            description =
                    "One more address of the Node, or a whole range of them. Its InternalIP if it says none. Repeatable.")
    private List<LocalAddress> nodeAddresses = new ArrayList<>();

    @Option(names = "--nodes", paramLabel = "N", description = "How many Nodes to make up if none is given.")
    private int madeUpNodes;

    @Option(
            names = "--service-cidr",
            paramLabel = "CIDR",
            split = ",",
            converter = CidrConverter.class,
            description = "Range of cluster IPs. Default: 10.96.0.0/12, fd00:10:96::/108. Repeatable.")
    private List<Cidr> serviceCidrs = new ArrayList<>();

    @Option(
            names = "--node-port-range",
            paramLabel = "FIRST-LAST",
            converter = NodePortRangeConverter.class,
            description = "Range of node ports. Default: 30000-32767.")
    private NodePortRange nodePorts = NodePortRange.DEFAULT;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of every random draw. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec mixee;

    /** @throws ParameterException if there are manifests, too, where the rules come from a dump */
    void refuseManifests() {
        if (!filenames.isEmpty()) {
            throw new ParameterException(mixee.commandLine(), "Which rules? Either manifests, -f, or a dump, --rules.");
        }
    }

    boolean readsStdin() {
        return filenames.contains("-");
    }

    /** What {@code --node-address} gives. */
    List<LocalAddress> nodeAddresses() {
        return List.copyOf(nodeAddresses);
    }

    private record Loaded(
            Cluster cluster, ProxyConfig proxyConfig, ConntrackSettings conntrack, Map<Path, String> stamps) {}

    private Loaded loaded;

    /** @throws IOException if a file cannot be read */
    public Cluster cluster() throws IOException {
        return loaded().cluster();
    }

    /** The Node that we are and its kube-proxy's configuration. */
    public ProxyConfig proxyConfig() throws IOException {
        return loaded().proxyConfig();
    }

    /** Those of all Nodes, in the order of their names: what {@code --node-address} says is of the Node that we are. */
    List<ProxyConfig> proxyConfigs() throws IOException {
        ProxyConfig ours = proxyConfig();
        KubeProxyConfiguration kubeProxy = kubeProxy();
        return cluster().nodes().stream()
                .map(node -> node.object().getMetadata().getName())
                .sorted()
                .map(name -> name.equals(ours.nodeName())
                        ? ours
                        : kubeProxy.proxyConfig(loaded.cluster(), new NodeChoice(name, List.of())))
                .toList();
    }

    /** What the configuration says of connection tracking. */
    public ConntrackSettings conntrack() throws IOException {
        if (!filenames.isEmpty()) {
            return loaded().conntrack();
        }
        KubeProxyConfiguration kubeProxy = kubeProxy();
        if (kubeProxy.problems().stream().anyMatch(Problem::isError)) {
            throw new InputException(kubeProxy.problems());
        }
        return kubeProxy.conntrack();
    }

    private KubeProxyConfiguration kubeProxy() throws IOException {
        return configuration == null
                ? KubeProxyConfiguration.none()
                : KubeProxyConfiguration.read(ManifestFiles.file(configuration));
    }

    public long seed() {
        return seed;
    }

    /** Of the manifests' files that can be read again, all but stdin; other ones when they have changed. */
    Map<Path, String> stamps() {
        return readsStdin() ? Map.of() : ManifestFiles.stamps(filenames, recursive);
    }

    /** As they were when the manifests in use were loaded, or before. */
    Map<Path, String> loadedStamps() throws IOException {
        return loaded().stamps();
    }

    /** Reads the manifests again; if they do not load, what was loaded stays. */
    void reload() throws IOException {
        loaded = load();
    }

    private Loaded loaded() throws IOException {
        if (loaded == null) {
            loaded = load();
        }
        return loaded;
    }

    private Loaded load() throws IOException {
        if (filenames.isEmpty()) {
            throw new ParameterException(mixee.commandLine(), "Which manifests? -f FILE, a folder, or - for stdin.");
        }
        Map<Path, String> stamps = stamps();
        KubeProxyConfiguration kubeProxy = kubeProxy();
        String name = nodeName.isEmpty() ? kubeProxy.hostnameOverride().orElse("") : nodeName;
        NodeChoice choice = new NodeChoice(name, nodeAddresses);
        LoadedCluster manifests = ClusterLoader.load(
                ManifestFiles.sources(filenames, recursive),
                new ClusterSettings(madeUpNodes, name, serviceCidrs, nodePorts, choice.reachableAddresses()));
        ProxyConfig proxyConfig = kubeProxy.proxyConfig(manifests.cluster(), choice);
        ConntrackSettings conntrack = kubeProxy.conntrack();
        Set<Problem> problems = new LinkedHashSet<>(manifests.problems());
        problems.addAll(kubeProxy.problems());
        if (problems.stream().anyMatch(Problem::isError)) {
            throw new InputException(List.copyOf(problems));
        }
        FailureReport.print(List.copyOf(problems), mixee.commandLine().getErr());
        return new Loaded(manifests.cluster(), proxyConfig, conntrack, stamps);
    }

    static final class CidrConverter implements ITypeConverter<Cidr> {
        @Override
        public Cidr convert(String text) {
            return Cidr.parse(text).orElseThrow(() -> wrong(text, "no range of addresses like 10.96.0.0/12"));
        }
    }

    static final class LocalAddressConverter implements ITypeConverter<LocalAddress> {
        @Override
        public LocalAddress convert(String text) {
            Optional<LocalAddress> address = NodeChoice.parseAddress(text);
            return address.orElseThrow(() -> wrong(text, "no address like 192.168.1.2/24"));
        }
    }

    static final class NodePortRangeConverter implements ITypeConverter<NodePortRange> {
        @Override
        public NodePortRange convert(String text) {
            return NodePortRange.parse(text).orElseThrow(() -> wrong(text, "no range of ports like 30000-32767"));
        }
    }

    private static TypeConversionException wrong(String text, String what) {
        return new TypeConversionException("'" + text + "' is " + what);
    }
}
