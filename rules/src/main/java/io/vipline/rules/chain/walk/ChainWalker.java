package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.walk.Outcome.Assumption;
import io.vipline.rules.chain.walk.Outcome.Fate;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Interprets a rule set for one packet, as netfilter does ({@code net/netfilter/core.c}, {@code
 * net/ipv4/netfilter/ip_tables.c}, {@code net/netfilter/nf_nat_core.c}), except that it follows every branch where a draw
 * or something unknown decides. Written for clarity: rules are tried one after another. Safe to share between threads.
 *
 * <p>A packet whose source is an address of the node starts at OUTPUT, any other at PREROUTING. What the node sends to
 * itself leaves through POSTROUTING and comes in again through {@code lo}.
 */
public final class ChainWalker {
    /** Connection tracking stands here among the base chains of PREROUTING and OUTPUT. */
    private static final int CONNTRACK_PRIORITY = -200;

    private final NodeNetwork network;
    private final Map<Hook, List<Chain>> baseChains = new EnumMap<>(Hook.class);
    private final TargetAction action;

    public ChainWalker(Ruleset ruleset, NodeNetwork network) {
        this.network = network;
        this.action = new TargetAction(ruleset, network);
        for (Hook hook : Hook.values()) {
            baseChains.put(hook, ruleset.baseChains(hook));
        }
    }

    /** Every outcome, in the order of the rules that lead there. */
    public Walk walk(PacketDescription packet) {
        boolean fromNode = network.isLocal(packet.source());
        Fork fork = new Fork(new Branch(
                WalkedPacket.arriving(packet), new HookVisit(fromNode ? Hook.OUTPUT : Hook.PREROUTING, false)));
        for (Branch branch = fork.next(); branch != null; branch = fork.next()) {
            follow(branch, fork);
        }
        return new Walk(packet, fork.outcomes());
    }

    /** Follows a branch to its end, or to the point from which another branch has gone on already. */
    private void follow(Branch branch, Fork fork) {
        while (true) {
            if (fork.isJoinPoint(branch) && fork.joins(branch)) {
                return;
            } else if (branch.frame == null) {
                if (!nextBaseChain(branch, fork)) {
                    return;
                }
            } else if (branch.rule >= branch.frame.chain().rules().size()) {
                if (!endOfChain(branch, fork)) {
                    return;
                }
            } else if (!tryRule(branch, fork)) {
                return;
            }
        }
    }

    /** @return false if the way has ended */
    private boolean nextBaseChain(Branch branch, Fork fork) {
        List<Chain> chains = baseChains.get(branch.visit.hook());
        if (branch.baseIndex == chains.size()) {
            return nextHook(branch, fork);
        }
        if (fork.joins(branch)) {
            return false;
        }
        Chain chain = chains.get(branch.baseIndex++);
        if (!chain.base().orElseThrow().nat() || asksNat(branch)) {
            branch.begin(chain);
        }
        return true;
    }

    /** {@code nf_nat_inet_fn}: once, for the first packet, and no further once a mapping is made. */
    private static boolean asksNat(Branch branch) {
        boolean mapped =
                branch.visit.mapsDestination() ? branch.packet.endpoint() != null : branch.packet.source() != null;
        return branch.packet.opensConnection() && !branch.visit.looped() && !mapped;
    }

    private boolean nextHook(Branch branch, Fork fork) {
        HookVisit visit = branch.visit;
        boolean toNode = network.isLocal(branch.packet.destination());
        switch (visit.hook()) {
            case PREROUTING -> {
                branch.note(routed(branch, toNode));
                branch.enter(new HookVisit(toNode ? Hook.INPUT : Hook.FORWARD, visit.looped()));
                branch.local = toNode;
            }
            case OUTPUT -> {
                branch.note(routed(branch, toNode));
                branch.enter(new HookVisit(Hook.POSTROUTING, false));
                branch.local = toNode;
            }
            case FORWARD -> branch.enter(new HookVisit(Hook.POSTROUTING, false));
            case POSTROUTING -> {
                if (!branch.local) {
                    fork.end(branch, new Fate.Accepted(), branch.packet.service());
                    return false;
                }
                branch.enter(new HookVisit(Hook.PREROUTING, true));
            }
            case INPUT -> {
                fork.end(branch, new Fate.Accepted(), branch.packet.service());
                return false;
            }
        }
        return true;
    }

    private Step routed(Branch branch, boolean toNode) {
        IpAddress to = branch.packet.destination();
        return new Step.Routed(toNode, to, Optional.ofNullable(network.outInterface(to.high(), to.low())));
    }

    private static boolean endOfChain(Branch branch, Fork fork) {
        if (branch.returnToCaller()) {
            return true;
        }
        BaseChain base = branch.base.base().orElseThrow();
        branch.note(new Step.Policy(branch.base, base.accepts()));
        if (!base.accepts()) {
            fork.end(branch, new Fate.Dropped(DropCause.POLICY), "");
        }
        return base.accepts();
    }

    private boolean tryRule(Branch branch, Fork fork) {
        int index = branch.rule++;
        Rule rule = branch.frame.chain().rules().get(index);
        TermCheck check = check(branch);
        double probability = 1;
        Assumption assumption = null;
        for (Match match : rule.matches()) {
            switch (check.ask(match)) {
                case Answer.Yes() -> {}
                case Answer.No() -> {
                    Expectation.noteMiss(branch, index, rule, match, check);
                    return true;
                }
                case Answer.Chance(double chance) -> probability *= chance;
                case Answer.Unknown(String because) ->
                    assumption =
                            assumption != null ? assumption : new Assumption(RulesetPrinter.term(match), because, true);
            }
        }
        if (assumption != null) {
            followAssumed(branch, fork, assumption, probability);
            return true;
        }
        return actByChance(branch, fork, probability);
    }

    /** Another branch goes on as if the term held; this one, which is followed first, as if it did not. */
    private void followAssumed(Branch branch, Fork fork, Assumption assumption, double probability) {
        fork.joinAt(branch);
        branch.share /= 2;
        Branch held = new Branch(branch);
        held.assume(assumption);
        if (actByChance(held, fork, probability)) {
            fork.push(held);
        }
        branch.assume(new Assumption(assumption.term(), assumption.because(), false));
        int index = branch.rule - 1;
        Chain chain = branch.frame.chain();
        branch.note(new Step.Assumed(chain, index, chain.rules().get(index), assumption.term()));
    }

    private boolean actByChance(Branch branch, Fork fork, double probability) {
        if (probability < 1) {
            Branch unmatched = new Branch(branch);
            unmatched.share *= 1 - probability;
            fork.push(unmatched);
            branch.share *= probability;
        }
        return act(branch, fork, branch.rule - 1, probability);
    }

    private boolean act(Branch branch, Fork fork, int index, double probability) {
        Chain chain = branch.frame.chain();
        Rule rule = chain.rules().get(index);
        Optional<Fate> fate = action.act(branch, rule);
        String condition =
                branch.assumptions.isEmpty() ? "" : branch.assumptions.getLast().term();
        branch.note(new Step.Matched(
                chain, index, rule, TargetAction.outcome(rule, branch.packet), probability, condition));
        fate.ifPresent(end -> fork.end(branch, end, rule.service()));
        return fate.isEmpty();
    }

    private TermCheck check(Branch branch) {
        PacketDescription packet = branch.packet.original();
        String in = switch (branch.visit.hook()) {
            case PREROUTING, INPUT, FORWARD ->
                branch.visit.looped() ? "lo" : packet.inInterface().orElse(null);
            case OUTPUT, POSTROUTING -> "";
        };
        String out = switch (branch.visit.hook()) {
            case PREROUTING, INPUT -> "";
            case OUTPUT, FORWARD, POSTROUTING ->
                packet.outInterface()
                        .orElseGet(() -> network.outInterface(
                                branch.packet.destination().high(),
                                branch.packet.destination().low()));
        };
        boolean tracked = branch.base.base().orElseThrow().priority() >= CONNTRACK_PRIORITY;
        return new TermCheck(branch.packet, network, in, out, tracked);
    }
}
