package io.vipline.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.FrameSink;
import io.vipline.dataplane.frame.LinkType;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.route.Router;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.rules.chain.KubeProxyRules;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.KubeProxyConfiguration;
import io.vipline.rules.manifest.LoadedCluster;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.manifest.NodeChoice;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.TableRef;
import java.io.IOException;
import java.io.StringReader;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A whole pipeline with the rules of one node of a cluster, fed frame by frame. */
final class TestNode implements AutoCloseable {
    /** 2026-01-01. */
    private static final long BEGIN_NS = 1_767_225_600_000_000_000L;

    /** A frame that came out. */
    record Out(byte[] frame, int original, int endpointId) {}

    /** The rules that kube-proxy writes on a node, and whose they are. */
    record Rules(ProxyConfig config, List<Ruleset> rulesets) {
        NodeNetwork network() {
            return NodeNetwork.of(config.localAddresses());
        }

        Ruleset of(IpFamily family) {
            return rulesets.get(family.ordinal());
        }
    }

    final TableRef tables;
    final Counters counters;
    private final Arena arena = Arena.ofConfined();
    private final MemorySink sink = new MemorySink();
    private final List<Out> outs = new ArrayList<>();
    private final Pipeline pipeline;

    TestNode(Rules rules, CapturePoint capturePoint, ChecksumMode checksumMode) {
        this(rules.config(), TableCompiler.compile(rules.rulesets(), rules.network()), capturePoint, checksumMode);
    }

    TestNode(ProxyConfig node, Table table, CapturePoint capturePoint, ChecksumMode checksumMode) {
        this(table, config(node, capturePoint, checksumMode));
    }

    private TestNode(Table table, PipelineConfig config) {
        tables = new TableRef(table);
        counters = new Counters(table);
        pipeline = new Pipeline(tables, config, new Recorder(), counters, Router.TRANSPARENT);
    }

    /** A node whose links take packets of so many bytes. */
    static TestNode withMtu(Rules rules, CapturePoint capturePoint, ChecksumMode checksumMode, int mtuBytes) {
        Table table = TableCompiler.compile(rules.rulesets(), rules.network());
        PipelineConfig config = config(rules.config(), capturePoint, checksumMode);
        return new TestNode(table, config.withLimits(mtuBytes, 0));
    }

    private static PipelineConfig config(ProxyConfig node, CapturePoint capturePoint, ChecksumMode checksumMode) {
        NodeAddresses addresses = new NodeAddresses(node.nodeIp(IpFamily.IPV4), node.nodeIp(IpFamily.IPV6));
        return PipelineConfig.of(capturePoint, checksumMode, Sysctls.KUBE_PROXY, addresses, 1);
    }

    /** The rules of a node of a cluster in a test resource. */
    static Rules rulesOf(String resource, String node) {
        try (var in = TestNode.class.getResourceAsStream(resource)) {
            return rules(new String(in.readAllBytes(), StandardCharsets.UTF_8), node);
        } catch (IOException e) {
            throw new AssertionError(resource, e);
        }
    }

    static Rules rules(String yaml, String node) throws IOException {
        LoadedCluster loaded = ClusterLoader.load(
                List.of(ManifestSource.of("cluster.yaml", new StringReader(yaml))), ClusterSettings.DEFAULT);
        assertThat(loaded.problems()).as("errors").noneMatch(Problem::isError);
        ProxyConfig config =
                KubeProxyConfiguration.none().proxyConfig(loaded.cluster(), new NodeChoice(node, List.of()));
        List<Ruleset> rulesets = Stream.of(IpFamily.values())
                .map(family -> KubeProxyWriter.write(
                        config, family, ProxiedServices.of(loaded.cluster(), config.nodeName(), family)))
                .map(KubeProxyRules::ruleset)
                .toList();
        return new Rules(config, rulesets);
    }

    /** Sends a frame through. @return what came out because of it */
    List<Out> send(byte[] frame, int captured, long atNs) {
        outs.clear();
        FrameBatch batch = new FrameBatch();
        batch.memory.wrap(arena.allocate(Math.max(captured, 1), 8).address(), captured);
        batch.memory.putBytes(0, frame, 0, captured);
        batch.add(0, captured, frame.length, BEGIN_NS + atNs, 0, LinkType.ETHERNET);
        pipeline.process(batch);
        return List.copyOf(outs);
    }

    List<Out> send(String text) {
        byte[] frame = FrameText.frame(text);
        return send(frame, frame.length, 0);
    }

    /** What was dropped so far, by reason; rejected packets as REJECT, repeated fragments as DUPLICATE. */
    Map<String, Long> refused() {
        Map<String, Long> refused = new TreeMap<>();
        for (DropReason reason : DropReason.values()) {
            refused.put(reason.name(), counters.dropped[reason.ordinal()]);
        }
        refused.put("REJECT", counters.rejected);
        refused.put("DUPLICATE", counters.consumed[Counters.ConsumedReason.DUPLICATE_FRAGMENT.ordinal()]);
        refused.values().removeIf(count -> count == 0);
        return refused;
    }

    void finish() {
        pipeline.finish();
    }

    @Override
    public void close() {
        pipeline.close();
        sink.close();
        arena.close();
    }

    /** Keeps a copy of each record that is committed. */
    private final class Recorder implements FrameSink {
        @Override
        public int claim(int frameBytes) {
            return sink.claim(frameBytes);
        }

        @Override
        public NativeMemory memory() {
            return sink.memory();
        }

        @Override
        public void commit() {
            int record = sink.last();
            byte[] frame = new byte[FinishedFrame.length(sink.memory(), record)];
            sink.memory().getBytes(record + FinishedFrame.HEADER_BYTES, frame);
            outs.add(new Out(
                    frame,
                    sink.memory().getInt(record + FinishedFrame.ORIGINAL_LENGTH),
                    sink.memory().getInt(record + FinishedFrame.ENDPOINT_ID)));
            sink.commit();
        }

        @Override
        public void abort() {
            sink.abort();
        }
    }
}
