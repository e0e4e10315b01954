package io.vipline.dataplane.sysctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.frame.live.NetworkNamespaces;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Our settings beside those of a network namespace that nobody has touched. */
class SysctlsInTheKernelTest {
    private static final String NODE = "node";
    /** Does not decide what becomes of a packet of a connection: counts, logs, sizes. */
    private static final String OTHERS =
            "net\\.netfilter\\.nf_conntrack_(acct|buckets|count|events|expect_max|log_invalid|max|timestamp|.*low_thresh)";

    private static NetworkNamespaces bed;

    @BeforeAll
    static void makeNode() {
        Assumptions.assumeTrue(NetworkNamespaces.isAvailable(), "needs root and the command ip");
        bed = new NetworkNamespaces().add(NODE);
    }

    @AfterAll
    static void removeNode() {
        if (bed != null) {
            bed.close();
        }
    }

    private static Map<String, String> kernels() {
        Map<String, String> values = new TreeMap<>();
        bed.run(NODE, Duration.ofSeconds(30), "sysctl", "-a").out().lines().forEach(line -> {
            String[] sides = line.split(" = ", 2);
            if (sides.length == 2) {
                values.put(sides[0], sides[1]);
            }
        });
        return values;
    }

    @Test
    @DisplayName("every default is that of the kernel")
    void defaults() {
        Map<String, String> kernels = kernels();
        Map<String, String> ours = new TreeMap<>();
        for (Sysctl sysctl : Sysctl.values()) {
            ours.put(sysctl.dotted(), Long.toString(Sysctls.KERNEL.get(sysctl)));
        }
        assertThat(kernels).containsAllEntriesOf(ours);
    }

    @Test
    @DisplayName("there is no setting of conntrack that we do not know")
    void complete() {
        TreeSet<String> unknown = new TreeSet<>(kernels().keySet());
        unknown.removeIf(name -> !name.startsWith("net.netfilter.nf_conntrack_") || name.matches(OTHERS));
        Arrays.stream(Sysctl.values()).map(Sysctl::dotted).forEach(unknown::remove);
        assertThat(unknown).isEmpty();
    }

    @Test
    @DisplayName("what the kernel takes for a switch or a count we take, what it refuses we refuse")
    void bounds() {
        for (Sysctl sysctl : Sysctl.values()) {
            // the switches of interfaces take any number for on
            boolean isBounded = sysctl.unit() == Sysctl.Unit.SWITCH || sysctl.unit() == Sysctl.Unit.COUNT;
            if (isBounded && sysctl != Sysctl.ROUTE_LOCALNET) {
                for (long value : new long[] {0, 1, 2, 255, 256}) {
                    String write = "echo " + value + " > /proc/sys/" + sysctl.path();
                    boolean isTaken = bed.run(NODE, Duration.ofSeconds(30), "sh", "-c", write)
                            .succeeded();
                    assertThat(sysctl.takes(value)).as(write).isEqualTo(isTaken);
                }
                bed.sysctl(NODE, sysctl.path(), Long.toString(sysctl.kernelDefault()));
            }
        }
    }
}
