package io.vipline.perf.speed;

import io.vipline.dataplane.Counters;
import io.vipline.dataplane.Pipeline;
import io.vipline.dataplane.PipelineConfig;
import io.vipline.dataplane.PipelineConfig.CapturePoint;
import io.vipline.dataplane.PipelineConfig.ChecksumMode;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.frame.MemorySink;
import io.vipline.dataplane.route.NodeAddresses;
import io.vipline.dataplane.sysctl.Sysctls;
import io.vipline.perf.scale.LargeCluster;
import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.table.Table;
import java.util.List;
import java.util.Optional;

/** The packet loop of a node of a {@link LargeCluster}, which tracks TCP's windows. Owned by one thread. */
final class Node implements AutoCloseable {
    private static final int ENDPOINTS = 3;

    final Counters counters;
    private final MemorySink sink = new MemorySink();
    private final Pipeline pipeline;

    Node(int services) {
        ProxyConfig config = LargeCluster.node(ProxyConfig.Mode.IPTABLES);
        LargeCluster size = new LargeCluster(services, ENDPOINTS);
        Table table = TableCompiler.compile(
                List.of(KubeProxyWriter.write(
                                config,
                                IpFamily.IPV4,
                                ProxiedServices.of(size.cluster(), config.nodeName(), IpFamily.IPV4))
                        .ruleset()),
                NodeNetwork.of(config.localAddresses()));
        counters = new Counters(table);
        PipelineConfig pipelineConfig = PipelineConfig.of(
                CapturePoint.NODE,
                ChecksumMode.TRUST,
                Sysctls.KUBE_PROXY,
                new NodeAddresses(Optional.of(config.nodeIps().getFirst()), Optional.empty()),
                1);
        pipeline = new Pipeline(table, pipelineConfig, sink, counters);
    }

    void process(FrameBatch frames) {
        pipeline.process(frames);
    }

    @Override
    public void close() {
        pipeline.close();
        sink.close();
    }
}
