package io.vipline.rules.chain;

import io.vipline.rules.policy.ServicePort;
import java.util.List;
import java.util.Optional;

/**
 * All that one Service port puts into the rules of a node. Nothing in it depends on other Services but the omission of
 * comments in large clusters, so one Service's change needs one of these made anew.
 *
 * @param filter its rules in the shared chains of the filter table
 * @param nat its rules in the shared chains of the nat table
 * @param masquerade the rule of its internal chain that marks traffic from outside; also the first of that chain in
 *     {@code chains}, kept apart because kube-proxy writes it before the external chains
 * @param chains its own chains in the nat table: EXT, FW, SVC, SVL, then a SEP for each reachable endpoint
 */
public record ServiceRules(
        ServicePort port,
        List<AppendedRule> filter,
        List<AppendedRule> nat,
        Optional<AppendedRule> masquerade,
        List<Chain> chains) {
    public ServiceRules {
        filter = List.copyOf(filter);
        nat = List.copyOf(nat);
        chains = List.copyOf(chains);
    }
}
