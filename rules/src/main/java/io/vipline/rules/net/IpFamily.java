package io.vipline.rules.net;

/** The address families that kube-proxy runs one proxier each for. */
public enum IpFamily {
    IPV4("IPv4", 32),
    IPV6("IPv6", 128);

    private final String text;
    private final int bits;

    IpFamily(String text, int bits) {
        this.text = text;
        this.bits = bits;
    }

    /** As the Kubernetes API spells it: {@code IPv4} or {@code IPv6}. */
    public String text() {
        return text;
    }

    /** Length of an address in bits. */
    public int bits() {
        return bits;
    }
}
