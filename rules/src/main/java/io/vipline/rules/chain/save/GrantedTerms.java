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
    static Optional<Match> read(String module, boolean negated, SaveLine line, int start) {
        String because = switch (module) {
            case "physdev" -> "the packet passes no bridge port";
            case "policy" -> "the packet is not IPsec's";
            case "rpfilter" -> REVERSE_PATH;
            case "rt", "frag", "hbh", "dst", "mh", "srh" -> "the packet has no such extension header";
            case "helper" -> "the connection belongs to no other";
            case "pkttype" -> "the packet was sent to this one machine";
            default -> "";
        };
        if (because.isEmpty()) {
            return Optional.empty();
        }
        boolean holds = isTrueOfPlain(module, line);
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
    private static boolean isTrueOfPlain(String module, SaveLine line) {
        return switch (module) {
            case "rpfilter" -> true;
            case "policy" -> line.rest().contains("--pol none");
            case "pkttype" -> line.peek().value().matches("unicast|host");
            default -> false;
        };
    }
}
