package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;

/** Which of the rules that did not match a reader would have expected to. */
final class Expectation {
    private Expectation() {}

    /**
     * Notes the miss if the rule is about the packet's destination: it names this very address, or, naming none, this
     * port; or it stands in a chain that is only for this destination.
     */
    static void noteMiss(Branch branch, int index, Rule rule, Match failed, TermCheck check) {
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
        boolean named = addressHolds || portHolds || branch.frame.focused();
        if (named && !addressFails) {
            branch.note(new Step.Missed(branch.frame.chain(), index, rule, failed, Observation.against(failed, check)));
        }
    }
}
