package io.vipline.rules.chain;

import io.vipline.rules.table.Verdict.DropCause;
import java.util.Set;

/**
 * Why a rule drops, told from what the rule itself says: kube-proxy's comments ({@code pkg/proxy/iptables/proxier.go})
 * and terms.
 */
public final class DropCauses {
    private DropCauses() {}

    public static DropCause of(Rule rule) {
        for (Match match : rule.matches()) {
            DropCause cause = switch (match) {
                case Match.Comment comment -> ofComment(comment.text());
                case Match.ConnectionState state
                when !state.negated() && state.states().equals(Set.of(CtState.INVALID)) -> DropCause.INVALID_STATE;
                default -> DropCause.RULE;
            };
            if (cause != DropCause.RULE) {
                return cause;
            }
        }
        return DropCause.RULE;
    }

    private static DropCause ofComment(String text) {
        if (text.endsWith("has no local endpoints")) {
            return DropCause.NO_LOCAL_ENDPOINTS;
        }
        if (text.contains("traffic not accepted by KUBE-FW-")) {
            return DropCause.SOURCE_RANGES;
        }
        return text.equals("block incoming localnet connections") ? DropCause.LOCALNET : DropCause.RULE;
    }
}
