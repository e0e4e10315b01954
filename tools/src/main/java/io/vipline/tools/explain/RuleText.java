package io.vipline.tools.explain;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.nft.NftPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Rules as the mode that wrote them spells them: {@code iptables-save}'s lines, or nft's. */
final class RuleText {
    private static final Pattern NFT_COMMENT = Pattern.compile(" ?comment \"[^\"]*\"$");

    private RuleText() {}

    /** The whole rule. */
    static String whole(Chain chain, int index) {
        return NftPrinter.isOurs(chain)
                ? NftPrinter.rule(chain, index)
                : RulesetPrinter.rule(chain.name(), chain.rules().get(index));
    }

    /** What decides: the rule without its chain, its comments and the modules that only load its terms. */
    static String brief(Chain chain, int index) {
        if (NftPrinter.isOurs(chain)) {
            return NFT_COMMENT.matcher(NftPrinter.rule(chain, index)).replaceAll("");
        }
        Rule rule = chain.rules().get(index);
        List<String> words = new ArrayList<>();
        for (Match match : rule.matches()) {
            if (!(match instanceof Match.Comment) && !(match instanceof Match.Module)) {
                words.add(RulesetPrinter.match(match));
            }
        }
        words.add(RulesetPrinter.target(rule.target()));
        String text = String.join(" ", words).strip();
        return text.isEmpty() ? "only counts" : text;
    }

    static String term(Chain chain, Match match) {
        return NftPrinter.isOurs(chain) ? NftPrinter.term(chain, match) : RulesetPrinter.match(match);
    }

    /** Its comments, empty if it has none. */
    static String comment(Rule rule) {
        return rule.matches().stream()
                .filter(Match.Comment.class::isInstance)
                .map(match -> ((Match.Comment) match).text())
                .collect(Collectors.joining("; "));
    }

    /** As {@code iptables -L --line-numbers} counts; null in nftables mode, where a map holds many rules of ours. */
    static Integer number(Chain chain, int index) {
        return NftPrinter.isOurs(chain) ? null : index + 1;
    }
}
