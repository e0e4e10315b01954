package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.Knowledge;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.SourceTranslation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The packet as it is at one point of its way: what rules have changed so far, and what has been assumed of it.
 *
 * @param endpoint what DNAT was asked for; null if it has not been
 * @param service of the rule that translated
 * @param source null until POSTROUTING or INPUT decided
 * @param recentSet lists that took the source in on the way
 * @param toNode whether the destination was assumed to be an address of the node; empty if nothing was
 */
record WalkedPacket(
        PacketDescription original,
        IpAddress destination,
        int destinationPort,
        Marks marks,
        boolean untracked,
        IpPort endpoint,
        String service,
        SourceTranslation source,
        List<String> recentSet,
        Knowledge known,
        Optional<Boolean> toNode) {
    static WalkedPacket arriving(PacketDescription packet) {
        return new WalkedPacket(
                packet,
                packet.destination(),
                packet.destinationPort(),
                Marks.arriving(packet.mark(), packet.state()),
                false,
                null,
                "",
                null,
                List.of(),
                Knowledge.NONE,
                Optional.empty());
    }

    WalkedPacket withMarks(Marks changed) {
        return new WalkedPacket(
                original,
                destination,
                destinationPort,
                changed,
                untracked,
                endpoint,
                service,
                source,
                recentSet,
                known,
                toNode);
    }

    WalkedPacket notTracked() {
        return new WalkedPacket(
                original,
                destination,
                destinationPort,
                marks,
                true,
                endpoint,
                service,
                source,
                recentSet,
                known,
                toNode);
    }

    /** @param to port 0 keeps the packet's own */
    WalkedPacket translated(IpPort to, String byService) {
        int port = to.port() == 0 || destinationPort < 0 ? destinationPort : to.port();
        return new WalkedPacket(
                original,
                to.address(),
                port,
                marks,
                untracked,
                to,
                byService,
                source,
                recentSet,
                known.afterTranslation(),
                to.address().equals(destination) ? toNode : Optional.empty());
    }

    WalkedPacket from(SourceTranslation translation) {
        return new WalkedPacket(
                original,
                destination,
                destinationPort,
                marks,
                untracked,
                endpoint,
                service,
                translation,
                recentSet,
                known,
                toNode);
    }

    WalkedPacket rememberedIn(String list) {
        if (recentSet.contains(list)) {
            return this;
        }
        List<String> lists = new ArrayList<>(recentSet);
        lists.add(list);
        return new WalkedPacket(
                original,
                destination,
                destinationPort,
                marks,
                untracked,
                endpoint,
                service,
                source,
                List.copyOf(lists),
                known,
                toNode);
    }

    WalkedPacket knowing(Knowledge now) {
        return now == known
                ? this
                : new WalkedPacket(
                        original,
                        destination,
                        destinationPort,
                        marks,
                        untracked,
                        endpoint,
                        service,
                        source,
                        recentSet,
                        now,
                        toNode);
    }

    WalkedPacket withToNode(boolean assumed) {
        return new WalkedPacket(
                original,
                destination,
                destinationPort,
                marks,
                untracked,
                endpoint,
                service,
                source,
                recentSet,
                known,
                Optional.of(assumed));
    }

    boolean isRemembered(String list) {
        return recentSet.contains(list) || original.recentLists().contains(list);
    }

    /** Whether the nat table is asked: only for the first packet of a tracked connection. */
    boolean opensConnection() {
        return original.state() == CtState.NEW && !untracked;
    }

    /** {@code net/netfilter/xt_conntrack.c}: the state, and whether NAT changed either end. */
    Set<CtState> states() {
        if (untracked) {
            return EnumSet.of(CtState.UNTRACKED);
        }
        Set<CtState> states = EnumSet.of(original.state());
        boolean moved = !destination.equals(original.destination()) || destinationPort != original.destinationPort();
        if (moved) {
            states.add(CtState.DNAT);
        }
        if (source != null) {
            states.add(CtState.SNAT);
        }
        return states;
    }
}
