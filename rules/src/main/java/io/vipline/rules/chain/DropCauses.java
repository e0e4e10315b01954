package io.vipline.rules.chain;

import io.vipline.rules.table.Verdict.DropCause;
import java.util.Set;

/**
 * Why a rule drops, told from what the rule itself says: kube-proxy's comments ({@code pkg/proxy/iptables/proxier.go})
 * and terms.
 */
public final class DropCauses {
    /** Ends the comment of nftables mode's source-range rule. */
    public static final String OUTSIDE_SOURCE_RANGES = " traffic from outside its source ranges";

    /** nftables mode's comment ({@code pkg/proxy/nftables/proxier.go}). */
    public static final String UNALLOCATED_CLUSTER_IPS = "Drop traffic to unallocated ClusterIPs";

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
        if (text.contains("traffic not accepted by KUBE-FW-") || text.endsWith(OUTSIDE_SOURCE_RANGES)) {
            return DropCause.SOURCE_RANGES;
        }
        if (text.equals(UNALLOCATED_CLUSTER_IPS)) {
            return DropCause.UNALLOCATED_CLUSTER_IP;
        }
        return text.equals("block incoming localnet connections") ? DropCause.LOCALNET : DropCause.RULE;
    }
}
