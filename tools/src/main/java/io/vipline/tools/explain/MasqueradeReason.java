package io.vipline.tools.explain;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Target;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Step;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.policy.ProxyConfig.LocalAddress;
import io.vipline.rules.table.SourceTranslation;
import java.util.List;
import java.util.Optional;

/** Which address a masqueraded packet leaves with, and which rule wanted it. */
final class MasqueradeReason {
    private MasqueradeReason() {}

    /**
     * The source that the packet leaves with: as SNAT says, or that of the interface by which it leaves; where no route
     * says which that is, the node's first.
     */
    static Optional<IpAddress> newSource(Outcome outcome, IpAddress destination, NodeNetwork network) {
        return switch (outcome.source()) {
            case SourceTranslation.None _ -> Optional.empty();
            case SourceTranslation.To to -> Optional.of(to.address());
            case SourceTranslation.Masquerade _ ->
                Optional.ofNullable(network.outInterface(destination.high(), destination.low()))
                        .flatMap(name -> network.addressOf(name, destination))
                        .or(() -> first(network.addresses(), destination));
        };
    }

    private static Optional<IpAddress> first(List<LocalAddress> addresses, IpAddress like) {
        return addresses.stream()
                .filter(local -> !local.interfaceName().equals("lo"))
                .map(LocalAddress::address)
                .filter(address -> address.family() == like.family())
                .findFirst();
    }

    /** Why the packet is masqueraded, told from the rule that marked it, or else from the one that translates. */
    static Optional<String> of(Outcome outcome) {
        if (!outcome.masquerades()) {
            return Optional.empty();
        }
        List<Step> steps = outcome.trail().steps();
        Step.Matched translates = null;
        Step.Matched marks = null;
        Step.Matched before = null;
        for (Step step : steps) {
            if (step instanceof Step.Matched matched) {
                switch (matched.rule().target()) {
                    case Target.SetMark mark when mark.xor() != 0 && marks(mark) -> marks = caller(before, matched);
                    case Target.Masquerade _, Target.Snat _ -> translates = matched;
                    default -> {}
                }
                before = matched;
            }
        }
        return marks == null
                ? Optional.ofNullable(translates)
                        .map(rule -> "the rule in " + rule.chain().name() + " asks for it")
                : Optional.of(reason(marks));
    }

    /** Marks are set before POSTROUTING, where {@code --xor-mark} clears them again. */
    private static boolean marks(Target.SetMark mark) {
        return mark.clear() != 0;
    }

    private static Step.Matched caller(Step.Matched before, Step.Matched marking) {
        boolean jumpedHere = before != null
                && before.rule().target() instanceof Target.Jump(String chain)
                && chain.equals(marking.chain().name());
        return jumpedHere ? before : marking;
    }

    private static String asked(Step.Matched rule) {
        return "a rule of " + rule.chain().name() + " asks for it: " + RuleText.brief(rule.chain(), rule.index());
    }

    private static String reason(Step.Matched marks) {
        Rule rule = marks.rule();
        for (Match match : rule.matches()) {
            switch (match) {
                case Match.Source(Cidr cidr, String _, boolean negated)
                when !negated && cidr.isHost() -> {
                    return "hairpin: " + cidr.address() + " reaches itself by its Service, and would see an answer"
                            + " from itself instead of the address that it asked";
                }
                case Match.Source(Cidr cidr, String _, boolean negated)
                when negated -> {
                    return "the client is outside the pod range " + cidr
                            + ", so the answer has to come back by this node to be translated";
                }
                case Match.InInterface in
                when in.negated() -> {
                    return "it does not arrive by a pod's interface (" + in.pattern()
                            + "), so the answer has to come back by this node to be translated";
                }
                case Match.AddressType type
                when type.side() == Match.Side.SOURCE -> {
                    return "it comes from the node itself";
                }
                default -> {}
            }
        }
        String chain = marks.chain().name();
        if (chain.startsWith("KUBE-EXT-") || chain.startsWith("KUBE-XLB-") || chain.startsWith("external-")) {
            return "an external destination under externalTrafficPolicy Cluster: the endpoint may be on another node,"
                    + " and the answer has to come back by this one (Local keeps the client's address)";
        }
        if (chain.startsWith("KUBE-SVC-")
                || chain.startsWith("KUBE-SVL-")
                || marks.chain().table().endsWith("kube-proxy")) {
            return "masqueradeAll is set";
        }
        return asked(marks);
    }
}
