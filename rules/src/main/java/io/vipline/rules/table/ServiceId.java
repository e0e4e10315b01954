package io.vipline.rules.table;

/**
 * A Service port.
 *
 * @param index dense, from 0 to {@link Table#services()} - 1; -1 for {@link #NONE}
 * @param name {@code namespace/name:port}, as kube-proxy's comments have it
 */
public record ServiceId(int index, String name) {
    public static final ServiceId NONE = new ServiceId(-1, "");
}
