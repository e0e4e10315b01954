package io.vipline.rules.chain.save;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Match.ConnectionTrait;
import io.vipline.rules.chain.Match.Side;
import io.vipline.rules.chain.Match.Trait;
import java.util.Optional;
import java.util.OptionalInt;

/** Terms of {@code -m conntrack} beside its states. @param start where the term begins, its {@code -m} included */
record SaveTupleTerms(SaveLine line, int start) {
    /** Empty if the option is none of them. */
    Optional<Match> read(String option, boolean negated) {
        return switch (option) {
            case "--ctorigsrc" -> address(option, false, Side.SOURCE, negated);
            case "--ctorigdst" -> address(option, false, Side.DESTINATION, negated);
            case "--ctreplsrc" -> address(option, true, Side.SOURCE, negated);
            case "--ctrepldst" -> address(option, true, Side.DESTINATION, negated);
            case "--ctorigsrcport" -> port(option, false, Side.SOURCE, negated);
            case "--ctorigdstport" -> port(option, false, Side.DESTINATION, negated);
            case "--ctreplsrcport" -> port(option, true, Side.SOURCE, negated);
            case "--ctrepldstport" -> port(option, true, Side.DESTINATION, negated);
            case "--ctproto" -> protocol(negated);
            case "--ctdir" -> direction(negated);
            case "--ctstatus" -> status(negated);
            default -> Optional.empty();
        };
    }

    private Optional<Match> address(String option, boolean ofReply, Side side, boolean negated) {
        String value = line.value(option);
        return Optional.of(SaveValues.cidr(value)
                .map(cidr -> new Match.TupleAddress(ofReply, side, cidr, text(), negated))
                .orElseThrow(() -> wrong(option, value)));
    }

    private Optional<Match> port(String option, boolean ofReply, Side side, boolean negated) {
        String value = line.value(option);
        return Optional.of(SaveValues.ports(value, ':')
                .map(ports -> new Match.TuplePort(ofReply, side, ports, text(), negated))
                .orElseThrow(() -> wrong(option, value)));
    }

    private Optional<Match> protocol(boolean negated) {
        String value = line.value("--ctproto");
        OptionalInt number = SaveValues.protocol(value);
        int protocol = number.orElseThrow(() -> wrong("--ctproto", value));
        return Optional.of(new ConnectionTrait(Trait.PROTOCOL, protocol, text(), negated));
    }

    private Optional<Match> direction(boolean negated) {
        String value = line.value("--ctdir");
        int direction = switch (value) {
            case "ORIGINAL" -> 0;
            case "REPLY" -> 1;
            default -> throw wrong("--ctdir", value);
        };
        return Optional.of(new ConnectionTrait(Trait.DIRECTION, direction, text(), negated));
    }

    private Optional<Match> status(boolean negated) {
        int bits = 0;
        String value = line.value("--ctstatus");
        for (String name : value.split(",", -1)) {
            bits |= switch (name) {
                case "NONE" -> 0;
                case "EXPECTED" -> ConnectionTrait.EXPECTED;
                case "SEEN_REPLY" -> ConnectionTrait.SEEN_REPLY;
                case "ASSURED" -> ConnectionTrait.ASSURED;
                case "CONFIRMED" -> ConnectionTrait.CONFIRMED;
                default -> throw wrong("--ctstatus", value);
            };
        }
        return Optional.of(new ConnectionTrait(Trait.STATUS, bits, text(), negated));
    }

    private String text() {
        return line.textFrom(start);
    }

    private SaveFault wrong(String option, String value) {
        return new SaveFault(start, option + " " + value + " is not what it takes", "correct the value");
    }
}
