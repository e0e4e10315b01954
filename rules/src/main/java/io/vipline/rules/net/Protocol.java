package io.vipline.rules.net;

import java.util.Locale;
import java.util.Optional;

/** IP protocols that have a name here; numbers are IANA's. */
public enum Protocol {
    ICMP(1),
    TCP(6),
    UDP(17),
    ICMPV6(58),
    SCTP(132);

    private final int number;

    Protocol(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** Lower case, as iptables writes it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Protocol> ofNumber(int number) {
        for (Protocol protocol : values()) {
            if (protocol.number == number) {
                return Optional.of(protocol);
            }
        }
        return Optional.empty();
    }

    /** @param text any case; {@code ipv6-icmp} is ICMPv6 as in iptables */
    public static Optional<Protocol> ofText(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.equals("ipv6-icmp")) {
            return Optional.of(ICMPV6);
        }
        for (Protocol protocol : values()) {
            if (protocol.text().equals(lower)) {
                return Optional.of(protocol);
            }
        }
        return Optional.empty();
    }
}
