package io.vipline.rules.policy;

import io.vipline.rules.net.Protocol;

/**
 * What tells Service ports apart ({@code pkg/proxy/types.go}, ServicePortName).
 *
 * @param port name of the port; empty if it has none
 */
public record ServicePortName(String namespace, String service, String port, Protocol protocol) {
    /** {@code ns/name:port}, or {@code ns/name} for a port without a name: what comments show and hashes begin with. */
    public String text() {
        return port.isEmpty() ? namespace + "/" + service : namespace + "/" + service + ":" + port;
    }
}
