package io.vipline.perf.scale;

import io.vipline.rules.live.LiveRules;
import io.vipline.rules.model.Located;
import io.vipline.rules.model.Origin;
import io.vipline.rules.policy.ProxyConfig.Mode;
import io.vipline.rules.table.TableRef;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/** One Service's endpoints change, again and again: how long until a table that knows is published, in µs. */
public final class EndpointChange {
    private static final int WARM_UP = 3_000;
    private static final int CHANGES = 2_000;

    private EndpointChange() {}

    /** @param args Services, endpoints of each, mode */
    public static void main(String[] args) {
        LargeCluster size = new LargeCluster(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
        Mode mode = Mode.valueOf(args[2].toUpperCase(Locale.ROOT));
        LiveRules live = new LiveRules(size.cluster(), LargeCluster.node(mode));
        TableRef published = new TableRef(live.table());
        SplittableRandom random = new SplittableRandom(1);
        double[] took = new double[CHANGES];
        for (int i = 0; i < WARM_UP + CHANGES; i++) {
            int service = random.nextInt(size.services());
            // one endpoint less, or all of them back
            var slice = new Located<>(size.slice(service, size.endpoints() - (i & 1)), Origin.madeUp("change"));
            long start = System.nanoTime();
            live.putSlice(slice);
            published.publish(live.table());
            if (i >= WARM_UP) {
                took[i - WARM_UP] = (System.nanoTime() - start) / 1e3;
            }
        }
        Arrays.sort(took);
        System.out.printf(
                "%-9s %9s %9.0f %9.0f %9.0f%n",
                args[0] + "x" + args[1], args[2], took[CHANGES / 2], took[CHANGES * 99 / 100], took[CHANGES - 1]);
    }
}
