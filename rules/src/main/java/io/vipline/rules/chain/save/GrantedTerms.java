package io.vipline.rules.chain.save;

import io.vipline.rules.chain.Match;
import java.util.Optional;

/**
 * Terms about what a packet's description does not tell and what is the same for nearly every packet. What they come to for
 * a plain first packet is taken for granted.
 */
final class GrantedTerms {
    private static final String REVERSE_PATH = "the packet came by the interface that leads to its source";

    private GrantedTerms() {}

    /** @return empty if the term is none of these; then the line stands where it stood */
    static Optional<Match> read(String module, String option, boolean negated, SaveLine line, int start) {
        String because = switch (module) {
            case "limit", "hashlimit" -> "the limit is not reached";
            case "connlimit" -> "the limit of connections is not reached";
            case "quota" -> "the quota is not used up";
            case "physdev" -> "the packet passes no bridge port";
            case "policy" -> "the packet is not IPsec's";
            case "rpfilter" -> REVERSE_PATH;
            case "tos", "dscp", "ecn" -> "the packet has no class of service";
            case "rt", "frag", "hbh", "dst", "mh", "srh" -> "the packet has no such extension header";
            case "helper" -> "the connection belongs to no other";
            case "pkttype" -> "the packet was sent to this one machine";
            default -> "";
        };
        if (because.isEmpty()) {
            return Optional.empty();
        }
        boolean holds = isTrueOfPlain(module, option, line);
        line.skipTerm();
        String text = line.textFrom(start);
        boolean turned = negated || module.equals("rpfilter") && text.contains("--invert");
        return Optional.of(new Match.Granted(holds != turned, because, text));
    }

    /** {@code -m rpfilter} without an option. */
    static Match reversePath(boolean inverted, String text) {
        return new Match.Granted(!inverted, REVERSE_PATH, text);
    }

    /** Whether it holds for a plain packet, negation aside. */
    private static boolean isTrueOfPlain(String module, String option, SaveLine line) {
        return switch (module) {
            case "limit", "quota", "rpfilter" -> true;
            case "hashlimit" -> !option.equals("--hashlimit-above");
            case "connlimit" -> !option.equals("--connlimit-above");
            case "policy" -> line.rest().contains("--pol none");
            case "tos", "dscp" -> line.peek().value().matches("0x0+(/.*)?|0");
            case "pkttype" -> line.peek().value().matches("unicast|host");
            default -> false;
        };
    }
}
