package io.vipline.perf.scale;

import io.vipline.rules.chain.KubeProxyWriter;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.compile.TableCompiler;
import io.vipline.rules.chain.nft.KubeProxyNftWriter;
import io.vipline.rules.live.LiveRules;
import io.vipline.rules.model.Cluster;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.ProxiedServices;
import io.vipline.rules.policy.ProxyConfig;
import io.vipline.rules.policy.ProxyConfig.Mode;
import io.vipline.rules.policy.ServiceEndpoints;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.TableRef;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * One row of {@code perf/scale}: from objects to a table at one size, first in a cold JVM, then again and again; lookups in
 * it; and changes of one Service's endpoints until a table that knows is published.
 */
public final class Scale {
    private static final int CHANGES = 2_000;
    private static final int WORKING_SET = 1_000;

    private final LargeCluster size;
    private final ProxyConfig config;
    private final Cluster cluster;
    private Table table;

    private Scale(LargeCluster size, Mode mode) {
        this.size = size;
        config = LargeCluster.node(mode);
        cluster = size.cluster();
    }

    /** @param args Services, endpoints of each, mode, how often to compile, and what: {@code compile,lookup,change} */
    public static void main(String[] args) {
        LargeCluster size = new LargeCluster(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
        Scale scale = new Scale(size, Mode.valueOf(args[2].toUpperCase(Locale.ROOT)));
        List<String> parts = List.of(args[4].split(","));
        double objectsMb = heapMb();
        scale.print("%-10s %-9s", size.services() + "x" + size.endpoints(), args[2]);
        scale.compile(parts.contains("compile") ? Integer.parseInt(args[3]) : 0);
        scale.print("%8.0f %8.0f", objectsMb, heapMb() - objectsMb);
        if (parts.contains("lookup")) {
            scale.lookUp();
        } else {
            scale.print("%8s %8s", "-", "-");
        }
        if (parts.contains("change")) {
            scale.change();
        } else {
            scale.print("%8s %8s %8s", "-", "-", "-");
        }
        System.out.println();
    }

    private void print(String format, Object... values) {
        System.out.printf(" " + format, values);
        System.out.flush();
    }

    /** Prints the first, and the quickest of some more, in ms. @param turns none: only makes the table */
    private void compile(int turns) {
        double first = timedCompile();
        if (turns == 0) {
            print("%8s %8s", "-", "-");
            return;
        }
        double least = first;
        for (int i = 1; i < turns; i++) {
            least = Math.min(least, timedCompile());
        }
        print("%8.0f %8.0f", first, least);
    }

    private double timedCompile() {
        table = null;
        long start = System.nanoTime();
        List<ServiceEndpoints> services = ProxiedServices.of(cluster, config.nodeName(), IpFamily.IPV4);
        Ruleset rules = config.mode() == Mode.IPTABLES
                ? KubeProxyWriter.write(config, IpFamily.IPV4, services).ruleset()
                : KubeProxyNftWriter.write(config, IpFamily.IPV4, services).ruleset();
        table = TableCompiler.compile(List.of(rules), NodeNetwork.of(config.localAddresses()));
        double tookMs = (System.nanoTime() - start) / 1e6;
        if (table.endpoints() == 0) {
            throw new IllegalStateException("a table without endpoints");
        }
        return tookMs;
    }

    /** Prints ns: any Service's packets, and those of a thousand Services only. */
    private void lookUp() {
        Lookups lookups = new Lookups(table);
        int[] all = IntStream.range(0, size.services()).toArray();
        int[] some =
                new SplittableRandom(2).ints(WORKING_SET, 0, size.services()).toArray();
        print("%8.0f %8.0f", lookups.nanos(all), lookups.nanos(some));
    }

    /** Prints µs: median, 99th percentile and longest. */
    private void change() {
        table = null;
        LiveRules live = new LiveRules(cluster, config);
        TableRef published = new TableRef(live.table());
        SplittableRandom random = new SplittableRandom(1);
        Histogram tookNs = new Histogram(3);
        for (int i = -2 * CHANGES; i < CHANGES; i++) {
            int service = random.nextInt(size.services());
            // one endpoint less, or all of them back
            var slice = new Located<>(size.slice(service, size.endpoints() - (i & 1)), Origin.madeUp("change"));
            long start = System.nanoTime();
            live.putSlice(slice);
            published.publish(live.table());
            if (i >= 0) {
                tookNs.recordValue(System.nanoTime() - start);
            }
        }
        print(
                "%8.0f %8.0f %8.0f",
                tookNs.getValueAtPercentile(50) / 1e3,
                tookNs.getValueAtPercentile(99) / 1e3,
                tookNs.getMaxValue() / 1e3);
    }

    private static double heapMb() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
    }
}
