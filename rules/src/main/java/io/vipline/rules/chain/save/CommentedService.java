package io.vipline.rules.chain.save;

import io.vipline.rules.chain.Match;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Service port that a rule of kube-proxy's is about, from its comment. */
final class CommentedService {
    private static final String DNS_NAME = "[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?";

    /**
     * {@code ns/name:port cluster IP}, {@code masquerade traffic for ns/name:port external destinations}, {@code other
     * traffic to ns/name:port will be dropped …}: the name stands first, or after "for" or "to". Until 1.18 an unnamed
     * port left its colon there.
     */
    private static final Pattern NAME =
            Pattern.compile("(?:^|(?:^|.* )(?:for|to) )(" + DNS_NAME + "/" + DNS_NAME + "(?::[-a-z0-9]+)?):?(?: .*)?");

    private CommentedService() {}

    /** @return empty if the rule's comment names none */
    static String of(String chain, List<Match> matches) {
        if (!chain.startsWith("KUBE-")) {
            return "";
        }
        for (Match match : matches) {
            if (match instanceof Match.Comment(String text, boolean _)) {
                Matcher name = NAME.matcher(text);
                if (name.matches()) {
                    return name.group(1);
                }
            }
        }
        return "";
    }
}
