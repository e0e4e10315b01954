package io.vipline.rules.net;

import java.util.Optional;

/**
 * An IPv4 or IPv6 address as two 64-bit halves in host order, so that one key layout serves both families. IPv4 is held
 * in its IPv4-mapped form ({@code ::ffff:a.b.c.d}, RFC 4291 2.5.5.2), which never appears as such on a wire that Linux
 * accepts ({@code net/ipv6/ip6_input.c} drops mapped sources).
 *
 * @param high bits 127–64, the first eight bytes of an IPv6 address; 0 for IPv4
 * @param low bits 63–0; for IPv4 {@code 0xffff} in bits 47–32 and the address in bits 31–0
 */
public record IpAddress(long high, long low) implements Comparable<IpAddress> {
    /** What an IPv4 address has in bits 63–32 of {@link #low()}. */
    public static final long V4_PREFIX = 0x0000_ffff_0000_0000L;

    public static IpAddress v4(int address) {
        return new IpAddress(0, V4_PREFIX | (address & 0xffff_ffffL));
    }

    public static IpAddress v6(long high, long low) {
        return new IpAddress(high, low);
    }

    public static boolean isV4(long high, long low) {
        return high == 0 && low >>> 32 == 0xffff;
    }

    public boolean isV4() {
        return isV4(high, low);
    }

    public IpFamily family() {
        return isV4() ? IpFamily.IPV4 : IpFamily.IPV6;
    }

    /** The IPv4 address as an int in host order; meaningless for IPv6. */
    public int v4() {
        return (int) low;
    }

    /**
     * Reads an address as kube-proxy's sloppy parser does: leading zeros of an IPv4 number are decimal ({@code 010} is
     * 10), IPv4-mapped IPv6 is IPv4.
     *
     * @return empty if the text is no address
     */
    public static Optional<IpAddress> parse(String text) {
        return IpText.parse(text);
    }

    /** As {@link #parse}, for text known to be an address. */
    public static IpAddress of(String text) {
        return parse(text).orElseThrow(() -> new IllegalArgumentException("not an IP address: " + text));
    }

    /** This address plus {@code n}, carrying through both halves. */
    public IpAddress plus(long n) {
        long sum = low + n;
        long carry = Long.compareUnsigned(sum, low) < 0 ? 1 : 0;
        return new IpAddress(high + carry, sum);
    }

    @Override
    public int compareTo(IpAddress other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /** Canonical text: dotted quad, or RFC 5952. */
    @Override
    public String toString() {
        return IpText.print(this);
    }
}
