package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.AskedQuestions;
import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Question;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.RulesetPrinter;
import io.vipline.rules.chain.Target;
import io.vipline.rules.chain.walk.Outcome.Assumption;
import io.vipline.rules.chain.walk.Outcome.Fate;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.Verdict.DropCause;
import java.util.ArrayList;
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
    static final String NO_NODE_ADDRESS = "not known: --node-address tells which addresses the node has";

    /** Connection tracking stands here among the base chains of PREROUTING and OUTPUT. */
    private static final int CONNTRACK_PRIORITY = -200;

    private final NodeNetwork network;
    private final Map<Hook, List<Chain>> baseChains = new EnumMap<>(Hook.class);
    private final TargetAction action;
    private final AskedQuestions asked;
    private final Expectation expectation;

    public ChainWalker(Ruleset ruleset, NodeNetwork network) {
        this.network = network;
        this.asked = new AskedQuestions(ruleset);
        this.expectation = new Expectation(ruleset);
        this.action = new TargetAction(ruleset, network);
        for (Hook hook : Hook.values()) {
            baseChains.put(hook, ruleset.baseChains(hook));
        }
    }

    /** Every outcome, in the order of the rules that lead there. */
    public Walk walk(PacketDescription packet) {
        boolean fromNode = network.isLocal(packet.source());
        Branch first = new Branch(
                WalkedPacket.arriving(packet), new HookVisit(fromNode ? Hook.OUTPUT : Hook.PREROUTING, false));
        if (network.mayBeLocal(packet.source()) && packet.inInterface().isEmpty()) {
            first.note(new Step.Granted(takenForAnothers(packet.source())));
        }
        Fork fork = new Fork(first);
        for (Branch branch = fork.next(); branch != null; branch = fork.next()) {
            follow(branch, fork);
        }
        return new Walk(packet, fork.outcomes());
    }

    private static String takenForAnothers(IpAddress address) {
        return address + " is not the node's own (--node-address tells which are)";
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
        branch.packet =
                branch.packet.knowing(branch.packet.known().about(asked.from(branch.visit.hook(), branch.baseIndex)));
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
        switch (visit.hook()) {
            case PREROUTING, OUTPUT -> route(branch, fork);
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

    private void route(Branch branch, Fork fork) {
        WalkedPacket packet = branch.packet;
        IpAddress destination = packet.destination();
        boolean leaves = packet.original()
                .outInterface()
                .filter(out -> !out.equals("lo"))
                .isPresent();
        boolean mayEnd = !leaves && packet.toNode().isEmpty() && network.mayBeLocal(destination);
        if (mayEnd && packet.endpoint() == null) {
            String term = destination + " is an address of the node";
            Branch ends = new Branch(branch);
            branch.share /= 2;
            ends.share = branch.share;
            branch.assume(new Assumption(term, NO_NODE_ADDRESS, false));
            ends.assume(new Assumption(term, NO_NODE_ADDRESS, true));
            routed(ends, true);
            fork.push(ends);
            routed(branch, false);
            return;
        }
        if (mayEnd) {
            branch.note(new Step.Granted(takenForAnothers(destination)));
        }
        routed(
                branch,
                network.isLocal(destination) || !leaves && packet.toNode().orElse(false));
    }

    private void routed(Branch branch, boolean toNode) {
        HookVisit visit = branch.visit;
        boolean sent = visit.hook() == Hook.OUTPUT;
        IpAddress to = branch.packet.destination();
        if (network.mayBeLocal(to)) {
            branch.packet = branch.packet.withToNode(toNode);
        }
        branch.note(new Step.Routed(toNode, to, Optional.ofNullable(network.outInterface(to.high(), to.low()))));
        branch.local = toNode;
        branch.enter(
                sent
                        ? new HookVisit(Hook.POSTROUTING, false)
                        : new HookVisit(toNode ? Hook.INPUT : Hook.FORWARD, visit.looped()));
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
        List<Doubt> doubts = List.of();
        boolean fails = false;
        for (Match match : rule.matches()) {
            switch (check.ask(match)) {
                case Answer.Yes() -> {}
                case Answer.No() -> {
                    expectation.noteMiss(branch, index, rule, match, check);
                    return true;
                }
                case Answer.Chance(double chance) -> probability *= chance;
                case Answer.Unknown(String because) -> doubts = with(doubts, new Doubt(match, term(match), because));
                case Answer.Granted(boolean holds, String because) -> {
                    branch.note(new Step.Granted(because));
                    fails |= !holds;
                }
            }
        }
        if (fails) {
            return true;
        }
        boolean translates = branch.base.base().orElseThrow().nat();
        if (!translates && rule.target() instanceof Target.Opaque(String text, String because)) {
            doubts = with(doubts, new Doubt(null, text, because));
        }
        if (!doubts.isEmpty()) {
            followDoubted(branch, fork, doubts, probability);
            return true;
        }
        return actByChance(branch, fork, probability);
    }

    /** @param match null if it is the target whose effect is not known: then it is that the packet ends there */
    private record Doubt(Match match, String term, String because) {
        Assumption taken(boolean holds) {
            return new Assumption(term, because, holds);
        }
    }

    private static String term(Match match) {
        return RulesetPrinter.term(match);
    }

    private static List<Doubt> with(List<Doubt> doubts, Doubt another) {
        List<Doubt> more = new ArrayList<>(doubts);
        more.add(another);
        return more;
    }

    /** Another branch goes on as if the terms held; this one, which is followed first, as if they did not. */
    private void followDoubted(Branch branch, Fork fork, List<Doubt> doubts, double probability) {
        fork.joinAt(branch);
        branch.share /= 2;
        Branch held = new Branch(branch);
        for (Doubt doubt : doubts) {
            held.assume(doubt.taken(true));
            settle(held, doubt, true);
        }
        if (actByChance(held, fork, probability)) {
            fork.push(held);
        }
        branch.assume(doubts.getFirst().taken(false));
        if (doubts.size() == 1) {
            settle(branch, doubts.getFirst(), false);
        }
        int index = branch.rule - 1;
        Chain chain = branch.frame.chain();
        branch.note(new Step.Assumed(
                chain, index, chain.rules().get(index), doubts.getFirst().term()));
    }

    /** Keeps in mind how a doubt was settled on this branch, as far as a later rule may ask the same. */
    private void settle(Branch branch, Doubt doubt, boolean holds) {
        if (doubt.match() instanceof Match.AddressType type) {
            boolean has = holds != type.negated();
            branch.packet = branch.packet.withToNode(type.types().contains("LOCAL") == has);
        } else if (doubt.match() != null) {
            Question.of(doubt.match())
                    .filter(asked::isAskedAgain)
                    .ifPresent(question -> branch.packet = branch.packet.knowing(
                            branch.packet.known().with(question, holds != Question.isNegated(doubt.match()))));
        }
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
                        .or(() ->
                                branch.packet.toNode().filter(toNode -> toNode).map(toNode -> "lo"))
                        .orElseGet(() -> network.outInterface(
                                branch.packet.destination().high(),
                                branch.packet.destination().low()));
        };
        boolean tracked = branch.base.base().orElseThrow().priority() >= CONNTRACK_PRIORITY;
        boolean forwarded = branch.visit.hook() == Hook.FORWARD
                || branch.visit.hook() == Hook.POSTROUTING && !network.isLocal(packet.source());
        return new TermCheck(branch.packet, network, new TermCheck.Where(in, out, tracked, forwarded));
    }
}
