package io.vipline.rules.chain.save;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Match.Field;
import io.vipline.rules.chain.PortRange;
import java.util.Optional;
import java.util.OptionalInt;

/** Terms about fields of the IP header. @param start where the term begins, its {@code -m} included */
record SaveHeaderTerms(SaveLine line, int start) {
    private static final int MOST = 255;
    private static final int MOST_LENGTH = 65_535;
    private static final int DSCP_SHIFT = 2;
    private static final int ECN_MASK = 3;
    private static final int TCP_CWR = 0x80;
    private static final int TCP_ECE = 0x40;

    /** Empty if the option is none of the module's that is known. */
    Optional<Match> read(String module, String option, boolean negated) {
        return switch (option) {
            case "--ttl-eq", "--hl-eq" -> ttl(option, 0, negated);
            case "--ttl-lt", "--hl-lt" -> ttl(option, -1, negated);
            case "--ttl-gt", "--hl-gt" -> ttl(option, 1, negated);
            case "--length" -> length(negated);
            case "--tos" -> tos(negated);
            case "--dscp" -> field(Field.TOS, 0xff & ~ECN_MASK, bits(option, 63) << DSCP_SHIFT, negated);
            case "--ecn-ip-ect" -> field(Field.TOS, ECN_MASK, bits(option, ECN_MASK), negated);
            case "--ecn-tcp-cwr" -> Optional.of(new Match.TcpFlags(TCP_CWR, TCP_CWR, line.textFrom(start), negated));
            case "--ecn-tcp-ece" -> Optional.of(new Match.TcpFlags(TCP_ECE, TCP_ECE, line.textFrom(start), negated));
            default -> Optional.empty();
        };
    }

    /** @param side 0: this one; below 0: less; above: more */
    private Optional<Match> ttl(String option, int side, boolean negated) {
        int ttl = bits(option, MOST);
        int first = side < 0 ? 0 : ttl + side;
        int last = side > 0 ? MOST : ttl + side;
        return Optional.of(new Match.HeaderField(Field.TTL, MOST, first, last, line.textFrom(start), negated));
    }

    private Optional<Match> length(boolean negated) {
        String value = line.value("--length");
        PortRange range = SaveValues.ports(value, ':').orElseThrow(() -> wrong("--length", value));
        return Optional.of(new Match.HeaderField(
                Field.LENGTH, MOST_LENGTH, range.first(), range.last(), line.textFrom(start), negated));
    }

    private Optional<Match> tos(boolean negated) {
        String value = line.value("--tos");
        int[] masked = SaveValues.masked(value).orElseThrow(() -> wrong("--tos", value));
        return field(Field.TOS, masked[1] & MOST, masked[0], negated);
    }

    private Optional<Match> field(Field field, int mask, int value, boolean negated) {
        return Optional.of(new Match.HeaderField(field, mask, value, value, line.textFrom(start), negated));
    }

    private int bits(String option, int most) {
        String value = line.value(option);
        Optional<Integer> bits = SaveValues.bits(value);
        OptionalInt number = bits.isPresent() && bits.get() >= 0 && bits.get() <= most
                ? OptionalInt.of(bits.get())
                : OptionalInt.empty();
        return number.orElseThrow(() -> wrong(option, value));
    }

    private SaveFault wrong(String option, String value) {
        return new SaveFault(start, option + " " + value + " is not what it takes", "correct the value");
    }
}
