package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;

/** Which of the rules that did not match a reader would have expected to. */
final class Expectation {
    private final Ruleset ruleset;

    Expectation(Ruleset ruleset) {
        this.ruleset = ruleset;
    }

    /**
     * Notes the miss if the rule is about the packet's destination: it names this very address, or, naming none, this
     * port; or it stands in a chain that is only for this destination; or it is for the node's own addresses and leads to
     * a chain that has the packet's port.
     */
    void noteMiss(Branch branch, int index, Rule rule, Match failed, TermCheck check) {
        boolean addressHolds = false;
        boolean addressFails = false;
        boolean portHolds = false;
        for (Match match : rule.matches()) {
            switch (match) {
                case Match.Destination d when check.ask(d) != Answer.YES -> addressFails = true;
                case Match.Destination d when d.cidr().isHost() -> addressHolds = true;
                case Match.DestinationPort p
                when check.ask(p) == Answer.YES && p.ports().isSingle() -> portHolds = true;
                default -> {}
            }
        }
        boolean named = addressHolds
                || portHolds
                || branch.frame.focused()
                || isToNode(failed) && leadsToPort(branch.frame.chain().table(), rule, check);
        if (named && !addressFails) {
            branch.note(new Step.Missed(branch.frame.chain(), index, rule, failed, Observation.against(failed, check)));
        }
    }

    private static boolean isToNode(Match failed) {
        return failed instanceof Match.AddressType type
                && type.side() == Match.Side.DESTINATION
                && type.types().contains("LOCAL")
                && !type.negated();
    }

    /** Whether a rule of the chain that it calls, as KUBE-NODEPORTS or DOCKER, names the packet's protocol and port. */
    private boolean leadsToPort(String table, Rule rule, TermCheck check) {
        String called = switch (rule.target()) {
            case Target.Jump(String name) -> name;
            case Target.Goto(String name) -> name;
            default -> "";
        };
        return ruleset.chain(table, called).stream()
                .flatMap(chain -> chain.rules().stream())
                .anyMatch(inside -> namesPort(inside, check));
    }

    private static boolean namesPort(Rule rule, TermCheck check) {
        boolean named = false;
        for (Match match : rule.matches()) {
            boolean isPort = match instanceof Match.DestinationPort
                    || match instanceof Match.MultiPort many && many.side() == Match.Side.DESTINATION;
            boolean asks = isPort || match instanceof Match.Protocol || match instanceof Match.Module;
            if (asks && check.ask(match) != Answer.YES) {
                return false;
            }
            named |= isPort;
        }
        return named;
    }
}
