package io.vipline.rules.manifest;

import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import io.vipline.rules.policy.ProxyConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A kube-proxy's configuration, or its absence: read from a {@code KubeProxyConfiguration}
 * (kubeproxy.config.k8s.io/v1alpha1), which may stand among kubeadm's other documents.
 */
public final class KubeProxyConfiguration {
    static final String KIND = "KubeProxyConfiguration";
    /** {@code INT_MAX} ticks of a kernel that has 250 a second. */
    private static final long LONGEST_TIMEOUT_NS = 8_589_934_000_000_000L;

    /** Fields that are right and do not matter here. */
    private static final Set<String> OTHER_FIELDS = Set.of(
            "apiVersion",
            "kind",
            "featureGates",
            "clientConnection",
            "logging",
            "healthzBindAddress",
            "metricsBindAddress",
            "bindAddress",
            "bindAddressHardFail",
            "enableProfiling",
            "showHiddenMetricsForVersion",
            "ipvs",
            "winkernel",
            "oomScoreAdj",
            "configSyncPeriod",
            "portRange",
            "windowsRunAsService");

    private final Parsed<KubeProxyFile> file;
    private final boolean given;
    private final ProblemLog problems;

    private KubeProxyConfiguration(Parsed<KubeProxyFile> file, boolean given, ProblemLog problems) {
        this.file = file;
        this.given = given;
        this.problems = problems;
    }

    /** What Vipline assumes when nothing is said: contract/cli.md, {@code --config}. */
    public static KubeProxyConfiguration none() {
        return new KubeProxyConfiguration(Parsed.madeUp(KubeProxyFile.EMPTY, "no --config"), false, new ProblemLog());
    }

    /** @throws IOException if the reader fails; what is wrong with the text is among {@link #problems} */
    public static KubeProxyConfiguration read(ManifestSource source) throws IOException {
        ProblemLog problems = new ProblemLog();
        TypedObjects typed = new TypedObjects(problems);
        Parsed<KubeProxyFile> found = null;
        int foundCount = 0;
        for (Tree document : ManifestReader.documents(source, problems)) {
            if (document.text("kind").equals(KIND)) {
                foundCount++;
                found = typed.read(source.name(), document, KubeProxyFile.class, OTHER_FIELDS);
            }
        }
        if (foundCount == 0) {
            problems.error(
                    new Origin(source.name(), 1, 1),
                    "there is no " + KIND + " here",
                    "--config reads that kind",
                    "give the config.conf of kube-proxy's ConfigMap");
        }
        return new KubeProxyConfiguration(
                found == null ? Parsed.madeUp(KubeProxyFile.EMPTY, source.name()) : found, true, problems);
    }

    /** The Node's name as the file has it. */
    public Optional<String> hostnameOverride() {
        return Optional.ofNullable(file.object().hostnameOverride())
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .filter(name -> !name.isEmpty());
    }

    /** The configuration of the kube-proxy of one Node; what is wrong with it is added to {@link #problems}. */
    public ProxyConfig proxyConfig(Cluster cluster, NodeChoice node) {
        return new ProxyConfigBuilder(file, given, problems).build(cluster, node);
    }

    public ConntrackSettings conntrack() {
        KubeProxyFile.Conntrack conntrack = file.object().conntrack();
        return conntrack == null
                ? ConntrackSettings.DEFAULT
                : new ConntrackSettings(
                        optional(conntrack.maxPerCore()),
                        optional(conntrack.min()),
                        durationNs(
                                or(
                                        conntrack.tcpEstablishedTimeout(),
                                        ConntrackSettings.DEFAULT_TCP_ESTABLISHED_TIMEOUT),
                                "tcpEstablishedTimeout"),
                        durationNs(
                                or(conntrack.tcpCloseWaitTimeout(), ConntrackSettings.DEFAULT_TCP_CLOSE_WAIT_TIMEOUT),
                                "tcpCloseWaitTimeout"),
                        durationNs(conntrack.udpTimeout(), "udpTimeout"),
                        durationNs(conntrack.udpStreamTimeout(), "udpStreamTimeout"),
                        Boolean.TRUE.equals(conntrack.tcpBeLiberal()));
    }

    private static OptionalInt optional(Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }

    private static String or(String text, String otherwise) {
        return ServiceDraft.isBlank(text) ? otherwise : text;
    }

    /** kube-proxy writes no timeout that is not above zero. */
    private OptionalLong durationNs(String text, String field) {
        if (ServiceDraft.isBlank(text)) {
            return OptionalLong.empty();
        }
        OptionalLong parsed = GoDuration.parseNs(text);
        if (parsed.isEmpty()) {
            problems.error(
                    file.at("conntrack", field),
                    "\"" + text + "\" is no duration",
                    field + " wants one",
                    "write it like 1h30m");
        } else if (parsed.getAsLong() > LONGEST_TIMEOUT_NS) {
            problems.error(
                    file.at("conntrack", field),
                    "\"" + text + "\" is too long",
                    "the kernel takes no timeout above 2386h5m34s",
                    "shorten it");
            return OptionalLong.empty();
        }
        return parsed.isPresent() && parsed.getAsLong() > 0 ? parsed : OptionalLong.empty();
    }

    public List<Problem> problems() {
        return new ArrayList<>(problems.all());
    }
}
