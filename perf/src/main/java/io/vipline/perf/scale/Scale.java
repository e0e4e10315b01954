package io.vipline.perf.scale;

import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.manifest.ClusterLoader;
import io.vipline.rules.manifest.ClusterSettings;
import io.vipline.rules.manifest.ManifestSource;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.Mode;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.table.Table;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;

/**
 * One row of {@code perf/scale}: from objects to a table at one size, first in a cold JVM, then again and again. Times in
 * ms, heap in MB after a collection.
 */
public final class Scale {
    private final ProxyConfig config;
    private final NodeNetwork network;
    private final double[] best = {Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE};
    private double first;
    private Table table;

    private Scale(Mode mode) {
        config = LargeCluster.node(mode);
        network = NodeNetwork.of(config.localAddresses());
    }

    /** @param args Services, endpoints of each, mode, turns, and {@code parse} if manifests shall be read too */
    public static void main(String[] args) throws IOException {
        LargeCluster size = new LargeCluster(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
        int turns = Integer.parseInt(args[3]);
        Scale scale = new Scale(Mode.valueOf(args[2].toUpperCase(java.util.Locale.ROOT)));
        Cluster cluster = size.cluster();
        double objectsMb = heapMb();
        for (int i = 0; i < turns; i++) {
            scale.turn(cluster, i == 0);
        }
        double tableMb = heapMb() - objectsMb;
        double parse = args.length > 4 ? parse(size, turns) : Double.NaN;
        System.out.printf(
                "%-9s %9s %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f%n",
                args[0] + "x" + args[1],
                args[2],
                parse,
                scale.first,
                scale.best[3],
                scale.best[0],
                scale.best[1],
                scale.best[2],
                objectsMb,
                tableMb);
        if (scale.table.endpoints() == 0) {
            throw new IllegalStateException("a table without endpoints");
        }
    }

    private void turn(Cluster cluster, boolean isFirst) {
        table = null;
        long start = System.nanoTime();
        List<ServiceEndpoints> services = ProxiedServices.of(cluster, config.nodeName(), IpFamily.IPV4);
        long resolved = System.nanoTime();
        Ruleset rules = config.mode() == Mode.IPTABLES
                ? KubeProxyWriter.write(config, IpFamily.IPV4, services).ruleset()
                : KubeProxyNftWriter.write(config, IpFamily.IPV4, services).ruleset();
        long written = System.nanoTime();
        table = TableCompiler.compile(List.of(rules), network);
        long end = System.nanoTime();
        note(0, resolved - start);
        note(1, written - resolved);
        note(2, end - written);
        note(3, end - start);
        if (isFirst) {
            first = (end - start) / 1e6;
        }
    }

    private void note(int stage, long ns) {
        best[stage] = Math.min(best[stage], ns / 1e6);
    }

    private static double parse(LargeCluster size, int turns) throws IOException {
        String yaml = size.yaml();
        double least = Double.MAX_VALUE;
        for (int i = 0; i < turns; i++) {
            long start = System.nanoTime();
            ManifestSource source = ManifestSource.of("cluster.yaml", new StringReader(yaml));
            if (ClusterLoader.load(List.of(source), ClusterSettings.DEFAULT)
                            .cluster()
                            .services()
                            .size()
                    != size.services()) {
                throw new IllegalStateException("not all Services were read");
            }
            least = Math.min(least, (System.nanoTime() - start) / 1e6);
        }
        return least;
    }

    private static double heapMb() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
    }
}
