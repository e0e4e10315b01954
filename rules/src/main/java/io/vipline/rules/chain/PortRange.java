package io.vipline.rules.chain;

/** Ports, both ends included. */
public record PortRange(int first, int last) {
    public static PortRange single(int port) {
        return new PortRange(port, port);
    }

    public boolean isSingle() {
        return first == last;
    }

    public boolean contains(int port) {
        return port >= first && port <= last;
    }

    /** As iptables writes it: {@code 80} or {@code 80:90}. */
    @Override
    public String toString() {
        return isSingle() ? Integer.toString(first) : first + ":" + last;
    }
}
