package io.vipline.rules.chain.save;

import io.vipline.rules.chain.PortRange;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** ICMP types as iptables and ipset name them ({@code extensions/libxt_icmp.h}, {@code lib/icmp.c}). */
final class IcmpNames {
    private static final Map<String, String> V4 = Map.ofEntries(
            Map.entry("echo-reply", "0"),
            Map.entry("pong", "0"),
            Map.entry("destination-unreachable", "3"),
            Map.entry("network-unreachable", "3/0"),
            Map.entry("host-unreachable", "3/1"),
            Map.entry("protocol-unreachable", "3/2"),
            Map.entry("port-unreachable", "3/3"),
            Map.entry("fragmentation-needed", "3/4"),
            Map.entry("source-quench", "4"),
            Map.entry("redirect", "5"),
            Map.entry("echo-request", "8"),
            Map.entry("ping", "8"),
            Map.entry("router-advertisement", "9"),
            Map.entry("router-solicitation", "10"),
            Map.entry("time-exceeded", "11"),
            Map.entry("ttl-exceeded", "11"),
            Map.entry("ttl-zero-during-transit", "11/0"),
            Map.entry("parameter-problem", "12"),
            Map.entry("timestamp-request", "13"),
            Map.entry("timestamp-reply", "14"));

    private static final Map<String, String> V6 = Map.ofEntries(
            Map.entry("destination-unreachable", "1"),
            Map.entry("packet-too-big", "2"),
            Map.entry("time-exceeded", "3"),
            Map.entry("ttl-exceeded", "3"),
            Map.entry("parameter-problem", "4"),
            Map.entry("echo-request", "128"),
            Map.entry("echo-reply", "129"),
            Map.entry("router-solicitation", "133"),
            Map.entry("router-advertisement", "134"),
            Map.entry("neighbour-solicitation", "135"),
            Map.entry("neighbor-solicitation", "135"),
            Map.entry("neighbour-advertisement", "136"),
            Map.entry("neighbor-advertisement", "136"),
            Map.entry("redirect", "137"));

    private IcmpNames() {}

    /** The number for a name; what is no name stays. */
    static String number(String text, boolean v6) {
        return (v6 ? V6 : V4).getOrDefault(text, text);
    }

    /** {@code echo-request} or {@code 8/0} as {@code type << 8 | code}. */
    static Optional<PortRange> typeAndCode(String text) {
        String number = number(text, false);
        int slash = number.indexOf('/');
        OptionalInt type = SaveValues.number(slash < 0 ? number : number.substring(0, slash), 255);
        OptionalInt code = slash < 0 ? OptionalInt.of(0) : SaveValues.number(number.substring(slash + 1), 255);
        return type.isEmpty() || code.isEmpty()
                ? Optional.empty()
                : Optional.of(PortRange.single(type.getAsInt() << 8 | code.getAsInt()));
    }
}
