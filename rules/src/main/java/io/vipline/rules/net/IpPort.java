package io.vipline.rules.net;

/**
 * An address and a port, printed as kube-proxy does: {@code 10.0.0.1:80}, {@code [fd00::1]:80}.
 *
 * @param port 0–65535
 */
public record IpPort(IpAddress address, int port) {
    @Override
    public String toString() {
        return address.isV4() ? address + ":" + port : "[" + address + "]:" + port;
    }
}
