package io.vipline.rules.chain.save;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Values of options, as iptables spells them. */
final class SaveValues {
    /** What {@code /etc/protocols} calls those that rules name beside our own. */
    private static final Map<String, Integer> PROTOCOLS = Map.ofEntries(
            Map.entry("all", 0),
            Map.entry("icmp", 1),
            Map.entry("igmp", 2),
            Map.entry("ipencap", 4),
            Map.entry("ipv4", 4),
            Map.entry("tcp", 6),
            Map.entry("udp", 17),
            Map.entry("dccp", 33),
            Map.entry("ipv6", 41),
            Map.entry("gre", 47),
            Map.entry("esp", 50),
            Map.entry("ah", 51),
            Map.entry("icmpv6", 58),
            Map.entry("ipv6-icmp", 58),
            Map.entry("ospf", 89),
            Map.entry("vrrp", 112),
            Map.entry("sctp", 132),
            Map.entry("udplite", 136));

    private static final List<String> TCP_FLAGS = List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG");

    private SaveValues() {}

    static OptionalInt protocol(String text) {
        Integer known = PROTOCOLS.get(text.toLowerCase(Locale.ROOT));
        return known != null ? OptionalInt.of(known) : number(text, 255);
    }

    static OptionalInt number(String text, int most) {
        try {
            int number = Integer.parseInt(text);
            return number < 0 || number > most ? OptionalInt.empty() : OptionalInt.of(number);
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /** {@code 0x4000}, {@code 16384} or octal {@code 040000}, 32 bits. */
    static Optional<Integer> bits(String text) {
        try {
            long value = Long.decode(text);
            return value < 0 || value > 0xffff_ffffL ? Optional.empty() : Optional.of((int) value);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** {@code VALUE[/MASK]} as value and mask; all bits without a mask. */
    static Optional<int[]> masked(String text) {
        int slash = text.indexOf('/');
        Optional<Integer> value = bits(slash < 0 ? text : text.substring(0, slash));
        Optional<Integer> mask = slash < 0 ? Optional.of(-1) : bits(text.substring(slash + 1));
        return value.isEmpty() || mask.isEmpty() ? Optional.empty() : Optional.of(new int[] {value.get(), mask.get()});
    }

    /** {@code 80} or {@code 80:90}; either end may be missing. @param separator {@code :}, or {@code -} in targets */
    static Optional<PortRange> ports(String text, char separator) {
        int at = text.indexOf(separator);
        OptionalInt first = at == 0 ? OptionalInt.of(0) : number(at < 0 ? text : text.substring(0, at), 65_535);
        OptionalInt last = at < 0
                ? first
                : at == text.length() - 1 ? OptionalInt.of(65_535) : number(text.substring(at + 1), 65_535);
        return first.isEmpty() || last.isEmpty() || first.getAsInt() > last.getAsInt()
                ? Optional.empty()
                : Optional.of(new PortRange(first.getAsInt(), last.getAsInt()));
    }

    static Optional<List<PortRange>> portList(String text) {
        List<PortRange> ranges = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            Optional<PortRange> range = ports(one, ':');
            if (range.isEmpty()) {
                return Optional.empty();
            }
            ranges.add(range.get());
        }
        return Optional.of(ranges);
    }

    /** An address alone, with a prefix length, or with a mask that is one. */
    static Optional<Cidr> cidr(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return IpAddress.parse(text).map(Cidr::host);
        }
        if (text.indexOf('.', slash) < 0) {
            return Cidr.parse(text);
        }
        Optional<IpAddress> address = IpAddress.parse(text.substring(0, slash));
        Optional<IpAddress> mask = IpAddress.parse(text.substring(slash + 1));
        if (address.isEmpty()
                || mask.isEmpty()
                || !address.get().isV4()
                || !mask.get().isV4()) {
            return Optional.empty();
        }
        int length = Integer.bitCount(mask.get().v4());
        boolean prefix = mask.get().v4() == (length == 0 ? 0 : -1 << (32 - length));
        return prefix ? Optional.of(new Cidr(address.get(), length)) : Optional.empty();
    }

    static Optional<Set<CtState>> states(String text) {
        EnumSet<CtState> states = EnumSet.noneOf(CtState.class);
        for (String name : text.split(",", -1)) {
            try {
                states.add(CtState.valueOf(name.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
        return Optional.of(states);
    }

    /** Bits of the TCP header's byte 13. */
    static Optional<Integer> tcpFlags(String text) {
        int bits = 0;
        for (String name : text.split(",", -1)) {
            int index = TCP_FLAGS.indexOf(name);
            if (name.equals("ALL")) {
                bits |= 0x3f;
            } else if (index >= 0) {
                bits |= 1 << index;
            } else if (!name.equals("NONE")) {
                return Optional.empty();
            }
        }
        return Optional.of(bits);
    }
}
