package io.vipline.rules.chain.compile;

import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.SourceTranslation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is known of the packets of a class at one point of their way. Immutable; equal if the rest of the way is.
 *
 * @param host the destination by now; null if the class does not say
 * @param port as in {@link PacketClass}
 * @param toNode whether the destination is an address of the node; empty if not known
 * @param fromNode whether the source is
 * @param keep bits of the mark that are still those of arrival
 * @param xor what the mark's bits, after {@code keep}, were flipped by
 * @param translation null if DNAT has not been decided
 * @param moved whether the translation changed anything; empty if not known
 * @param source null if not decided
 * @param recentSet lists of the {@code recent} match that took the source in
 */
record Symbolic(
        PacketClass arrival,
        IpAddress host,
        int port,
        Optional<Boolean> toNode,
        boolean fromNode,
        int keep,
        int xor,
        boolean untracked,
        Translation translation,
        Optional<Boolean> moved,
        SourceTranslation source,
        List<Integer> recentSet) {
    /**
     * What DNAT decided.
     *
     * @param endpoint port 0 keeps the packet's own; null: any endpoint, in what is evaluated once for many
     */
    record Translation(IpPort endpoint, String service) {
        static final Translation TO_ANY = new Translation(null, "");
    }

    static Symbolic arriving(PacketClass arrival, Optional<Boolean> toNode, boolean fromNode) {
        return new Symbolic(
                arrival,
                arrival.host(),
                arrival.port(),
                toNode,
                fromNode,
                -1,
                0,
                false,
                null,
                Optional.of(false),
                null,
                List.of());
    }

    int protocol() {
        return arrival.protocol();
    }

    boolean isTranslated() {
        return translation != null;
    }

    /** Whether the destination is wholly known. */
    boolean isExact() {
        return host != null && port != PacketClass.OTHER;
    }

    Symbolic withToNode(boolean known) {
        return new Symbolic(
                arrival,
                host,
                port,
                Optional.of(known),
                fromNode,
                keep,
                xor,
                untracked,
                translation,
                moved,
                source,
                recentSet);
    }

    Symbolic withMark(int clear, int flip) {
        return new Symbolic(
                arrival,
                host,
                port,
                toNode,
                fromNode,
                keep & ~clear,
                xor & ~clear ^ flip,
                untracked,
                translation,
                moved,
                source,
                recentSet);
    }

    Symbolic notTracked() {
        return new Symbolic(
                arrival, host, port, toNode, fromNode, keep, xor, true, translation, moved, source, recentSet);
    }

    /** @param toNodeNow whether the new destination is an address of the node */
    Symbolic translated(Translation by, Optional<Boolean> toNodeNow) {
        IpPort to = by.endpoint();
        int newPort = to.port() == 0 || port == PacketClass.NONE ? port : to.port();
        IpAddress newHost = to.address().equals(UNCHANGED) ? host : to.address();
        boolean samePort = newPort == port;
        boolean sameHost = newHost == null || newHost.equals(host);
        boolean hostsKnown = host != null || newHost == null;
        Optional<Boolean> changed = port != PacketClass.OTHER && !samePort || host != null && !sameHost
                ? Optional.of(true)
                : hostsKnown && samePort && sameHost ? Optional.of(false) : Optional.empty();
        IpPort reached = new IpPort(newHost == null ? UNCHANGED : newHost, Math.max(0, newPort));
        Translation now = new Translation(newPort == PacketClass.OTHER ? to : reached, by.service());
        return new Symbolic(
                arrival, newHost, newPort, toNodeNow, fromNode, keep, xor, untracked, now, changed, source, recentSet);
    }

    /** Stands in an endpoint for the packet's own address; IPv6's unspecified address, to which nobody translates. */
    static final IpAddress UNCHANGED = IpAddress.v6(0, 0);

    /** The same with what tells endpoints apart left out. */
    Symbolic toAnyEndpoint() {
        return new Symbolic(
                arrival,
                host,
                port,
                toNode,
                fromNode,
                keep,
                xor,
                untracked,
                Translation.TO_ANY,
                moved,
                source,
                List.of());
    }

    Symbolic from(SourceTranslation decided) {
        return new Symbolic(
                arrival, host, port, toNode, fromNode, keep, xor, untracked, translation, moved, decided, recentSet);
    }

    Symbolic rememberedIn(int list) {
        if (recentSet.contains(list)) {
            return this;
        }
        List<Integer> lists = new ArrayList<>(recentSet);
        lists.add(list);
        return new Symbolic(
                arrival,
                host,
                port,
                toNode,
                fromNode,
                keep,
                xor,
                untracked,
                translation,
                moved,
                source,
                List.copyOf(lists));
    }
}
