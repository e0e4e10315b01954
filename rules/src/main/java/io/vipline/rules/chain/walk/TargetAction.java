package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.DropCauses;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.chain.Target;
import io.vipline.rules.chain.walk.Outcome.Fate;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.SourceTranslation;
import java.util.Optional;

/** What targets do to a branch. */
final class TargetAction {
    /** Jumps within jumps: no kernel allows as many, so there is a loop. */
    private static final int MAX_DEPTH = 1000;

    private final Ruleset ruleset;
    private final NodeNetwork network;

    TargetAction(Ruleset ruleset, NodeNetwork network) {
        this.ruleset = ruleset;
        this.network = network;
    }

    /**
     * Lets the target act; the branch has been advanced to the next rule.
     *
     * @return the packet's fate, if this decided it
     */
    Optional<Fate> act(Branch branch, Rule rule) {
        remember(branch, rule);
        switch (rule.target()) {
            case Target.Continue(), Target.Ignored(String _) -> {}
            case Target.Accept() -> branch.frame = null;
            case Target.Drop() -> {
                return Optional.of(new Fate.Dropped(DropCauses.of(rule)));
            }
            case Target.Reject(String with, String _) -> {
                return Optional.of(new Fate.Rejected(with));
            }
            case Target.Return() -> branch.rule = Integer.MAX_VALUE;
            case Target.Jump(String name) -> {
                return enter(branch, rule, name, false);
            }
            case Target.Goto(String name) -> {
                return enter(branch, rule, name, true);
            }
            case Target.SetMark(int clear, int xor, String _) ->
                branch.packet = branch.packet.withMarks(branch.packet.marks().set(clear, xor));
            case Target.ConnectionMark(Target.MarkOperation operation, int ofPacket, int ofConnection, String _) -> {
                Marks marks = branch.packet.marks();
                branch.packet = branch.packet.withMarks(
                        switch (operation) {
                            case SET -> marks.setConnection(ofConnection, ofPacket);
                            case SAVE -> marks.save(ofPacket, ofConnection);
                            case RESTORE -> marks.restore(ofPacket, ofConnection);
                        });
            }
            case Target.NoTrack(String _) -> branch.packet = branch.packet.notTracked();
            case Target.Opaque(String text, String because)
            when isNat(branch) -> {
                return Optional.of(new Fate.Unknown(text + ": " + because));
            }
            // on the branch where the packet ends with it
            case Target.Opaque _ -> {
                return Optional.of(new Fate.Dropped(DropCauses.of(rule)));
            }
            case Target.Dnat(Optional<IpAddress> address, int port, String _) ->
                translate(branch, rule, new IpPort(address.orElse(branch.packet.destination()), port));
            case Target.Redirect(int port, String _) -> {
                return redirect(branch, rule, port);
            }
            case Target.Masquerade(boolean randomFully, Optional<PortRange> ports, String _) ->
                source(branch, new SourceTranslation.Masquerade(randomFully, first(ports), last(ports)));
            case Target.Snat(IpAddress address, Optional<PortRange> ports, boolean randomFully, String _) ->
                source(branch, new SourceTranslation.To(address, randomFully, first(ports), last(ports)));
        }
        return Optional.empty();
    }

    private static void remember(Branch branch, Rule rule) {
        for (Match match : rule.matches()) {
            if (match instanceof Match.Recent recent && recent.operation() == Match.RecentOperation.SET) {
                branch.packet = branch.packet.rememberedIn(recent.list());
            }
        }
    }

    private Optional<Fate> enter(Branch branch, Rule rule, String name, boolean instead) {
        Optional<Chain> chain = ruleset.chain(branch.base.table(), name);
        if (chain.isEmpty()) {
            return Optional.of(new Fate.Unknown("chain " + name + " is not among the rules"));
        }
        if (depth(branch.frame) > MAX_DEPTH) {
            return Optional.of(new Fate.Unknown("chain " + name + " calls itself"));
        }
        boolean focused = ExactTerms.of(rule.matches()).host() != null
                || ExactTerms.of(rule.matches()).hasPort();
        if (instead) {
            branch.replace(chain.get(), focused);
        } else {
            branch.call(chain.get(), focused);
        }
        return Optional.empty();
    }

    private static int depth(Branch.Frame frame) {
        int depth = 0;
        for (Branch.Frame at = frame; at != null; at = at.caller()) {
            depth++;
        }
        return depth;
    }

    /** Elsewhere the kernel refuses DNAT and REDIRECT; they do nothing here. */
    private static boolean mapsDestination(Branch branch) {
        return isNat(branch) && branch.visit.mapsDestination();
    }

    private static void translate(Branch branch, Rule rule, IpPort to) {
        if (mapsDestination(branch)) {
            branch.packet = branch.packet.translated(to, rule.service());
            branch.frame = null;
        }
    }

    private static void source(Branch branch, SourceTranslation translation) {
        if (isNat(branch) && branch.visit.mapsSource()) {
            branch.packet = branch.packet.from(translation);
            branch.frame = null;
        }
    }

    /** {@code nf_nat_redirect_ipv4}: to loopback for what the node sends, else to the interface of arrival. */
    private Optional<Fate> redirect(Branch branch, Rule rule, int port) {
        PacketDescription packet = branch.packet.original();
        if (!mapsDestination(branch)) {
            return Optional.empty();
        }
        if (branch.visit.hook() == Hook.OUTPUT) {
            translate(branch, rule, new IpPort(NodeNetwork.loopback(packet.destination()), port));
            return Optional.empty();
        }
        Optional<IpAddress> own = packet.inInterface().flatMap(name -> network.addressOf(name, packet.destination()));
        if (own.isEmpty()) {
            return Optional.of(new Fate.Unknown("REDIRECT goes to an address of the interface of arrival, not known"));
        }
        translate(branch, rule, new IpPort(own.get(), port));
        return Optional.empty();
    }

    private static boolean isNat(Branch branch) {
        return branch.base.base().orElseThrow().nat();
    }

    private static int first(Optional<PortRange> ports) {
        return ports.map(PortRange::first).orElse(0);
    }

    private static int last(Optional<PortRange> ports) {
        return ports.map(PortRange::last).orElse(0);
    }

    /** What a target came to, for a reader. */
    static String outcome(Rule rule, WalkedPacket after) {
        return switch (rule.target()) {
            case Target.Continue() -> "no target, goes on";
            case Target.Ignored(String text) -> text + ", goes on";
            case Target.Accept() -> "ACCEPT";
            case Target.Drop() -> "DROP";
            case Target.Return() -> "RETURN";
            case Target.Jump(String chain) -> "jump " + chain;
            case Target.Goto(String chain) -> "goto " + chain;
            case Target.Reject(String with, String _) -> "REJECT with " + with;
            case Target.Dnat _, Target.Redirect _ ->
                "DNAT " + new IpPort(after.destination(), Math.max(0, after.destinationPort()));
            case Target.Snat(IpAddress address, Optional<PortRange> _, boolean _, String _) -> "SNAT " + address;
            case Target.Masquerade _ -> "MASQUERADE";
            case Target.SetMark _ ->
                "mark 0x" + Integer.toHexString(after.marks().packet());
            case Target.NoTrack _ -> "NOTRACK";
            case Target.ConnectionMark mark -> mark.text() + ", goes on";
            case Target.Opaque(String text, String _) -> text;
        };
    }
}
