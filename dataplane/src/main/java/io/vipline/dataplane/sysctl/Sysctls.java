package io.vipline.dataplane.sysctl;

import java.util.concurrent.TimeUnit;

/** What every {@link Sysctl} of a node is set to. Immutable; read when a data path is built, not per packet. */
public final class Sysctls {
    /** The kernel's defaults. */
    public static final Sysctls KERNEL = new Sysctls(defaults());

    /** The kernel's defaults with the two that kube-proxy sets if its configuration is silent. */
    public static final Sysctls KUBE_PROXY =
            KERNEL.with(Sysctl.TCP_TIMEOUT_ESTABLISHED, 86_400).with(Sysctl.TCP_TIMEOUT_CLOSE_WAIT, 3_600);

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

    /** Of a setting in seconds: nanoseconds. */
    public long ns(Sysctl sysctl) {
        if (sysctl.unit() != Sysctl.Unit.SECONDS) {
            throw new IllegalArgumentException(sysctl.dotted() + " is no time");
        }
        return TimeUnit.SECONDS.toNanos(get(sysctl));
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
