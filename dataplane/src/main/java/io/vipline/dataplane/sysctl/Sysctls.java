package io.vipline.dataplane.sysctl;

import java.util.concurrent.TimeUnit;

/** What every {@link Sysctl} of a node is set to. Immutable; read when a data path is built, not per packet. */
public final class Sysctls {
    /** The kernel's defaults. */
    public static final Sysctls KERNEL = new Sysctls(defaults());

    /** The kernel's defaults with those that kube-proxy sets if its configuration is silent. */
    public static final Sysctls KUBE_PROXY = KERNEL.with(Sysctl.TCP_TIMEOUT_ESTABLISHED, 86_400)
            .with(Sysctl.TCP_TIMEOUT_CLOSE_WAIT, 3_600)
            .with(Sysctl.ROUTE_LOCALNET, 1);

    private final long[] values;

    private Sysctls(long[] values) {
        this.values = values;
    }

    private static long[] defaults() {
        Sysctl[] all = Sysctl.values();
        long[] values = new long[all.length];
        for (Sysctl sysctl : all) {
            values[sysctl.ordinal()] = sysctl.kernelDefault();
        }
        return values;
    }

    /** In the unit of the setting. */
    public long get(Sysctl sysctl) {
        return values[sysctl.ordinal()];
    }

    /** Of a setting that is a time: nanoseconds. */
    public long ns(Sysctl sysctl) {
        return switch (sysctl.unit()) {
            case SECONDS -> TimeUnit.SECONDS.toNanos(get(sysctl));
            case MILLISECONDS -> TimeUnit.MILLISECONDS.toNanos(get(sysctl));
            case SWITCH, COUNT, NUMBER, BYTES -> throw new IllegalArgumentException(sysctl.dotted() + " is no time");
        };
    }

    /** The same, but that ICMP errors are sent as often as there is cause for. */
    public Sysctls withoutErrorLimits() {
        return with(Sysctl.ICMP_RATELIMIT, 0)
                .with(Sysctl.ICMPV6_RATELIMIT, 0)
                .with(Sysctl.ICMP_MSGS_PER_SEC, 1_000_000)
                .with(Sysctl.ICMP_MSGS_BURST, 1_000_000);
    }

    public boolean isOn(Sysctl sysctl) {
        return get(sysctl) != 0;
    }

    /** The same with one setting changed. @throws IllegalArgumentException if the kernel does not take the value */
    public Sysctls with(Sysctl sysctl, long value) {
        if (!sysctl.takes(value)) {
            throw new IllegalArgumentException(
                    sysctl.dotted() + " takes 0 to " + sysctl.unit().highest() + ", not " + value);
        }
        long[] changed = values.clone();
        changed[sysctl.ordinal()] = value;
        return new Sysctls(changed);
    }
}
