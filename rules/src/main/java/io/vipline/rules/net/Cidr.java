package io.vipline.rules.net;

import java.util.Optional;

/**
 * An address range. Host bits are cleared, as Go's {@code ParseCIDR} does.
 *
 * @param address first address
 * @param prefixLength within the family: 0–32 or 0–128
 */
public record Cidr(IpAddress address, int prefixLength) {
    public Cidr {
        if (prefixLength < 0 || prefixLength > address.family().bits()) {
            throw new IllegalArgumentException("prefix length " + prefixLength + " of " + address);
        }
        int full = address.isV4() ? prefixLength + 96 : prefixLength;
        address = new IpAddress(address.high() & highMask(full), address.low() & lowMask(full));
    }

    private static long highMask(int length) {
        return length >= 64 ? -1L : length == 0 ? 0 : -1L << (64 - length);
    }

    private static long lowMask(int length) {
        return length <= 64 ? 0 : length >= 128 ? -1L : -1L << (128 - length);
    }

    public static Cidr host(IpAddress address) {
        return new Cidr(address, address.family().bits());
    }

    /** @return empty if the text is no CIDR; an address alone is none either */
    public static Optional<Cidr> parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        Optional<IpAddress> address = IpAddress.parse(text.substring(0, slash));
        String length = text.substring(slash + 1);
        if (address.isEmpty() || length.isEmpty() || length.length() > 3) {
            return Optional.empty();
        }
        int bits = 0;
        for (int i = 0; i < length.length(); i++) {
            char digit = length.charAt(i);
            if (digit < '0' || digit > '9') {
                return Optional.empty();
            }
            bits = bits * 10 + (digit - '0');
        }
        return bits > address.get().family().bits() ? Optional.empty() : Optional.of(new Cidr(address.get(), bits));
    }

    /** As {@link #parse}, for text known to be a CIDR or an address (which stands for itself alone). */
    public static Cidr of(String text) {
        return parse(text)
                .or(() -> IpAddress.parse(text).map(Cidr::host))
                .orElseThrow(() -> new IllegalArgumentException("neither a CIDR nor an address: " + text));
    }

    public IpFamily family() {
        return address.family();
    }

    public boolean isHost() {
        return prefixLength == family().bits();
    }

    public boolean contains(IpAddress other) {
        return contains(other.high(), other.low());
    }

    /** As {@link #contains(IpAddress)} without an object: halves as in {@link IpAddress}. False across families. */
    public boolean contains(long high, long low) {
        boolean v4 = address.isV4();
        if (v4 != IpAddress.isV4(high, low)) {
            return false;
        }
        int full = v4 ? prefixLength + 96 : prefixLength;
        return (high & highMask(full)) == address.high() && (low & lowMask(full)) == address.low();
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
