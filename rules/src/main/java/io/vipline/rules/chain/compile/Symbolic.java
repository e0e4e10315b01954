package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Knowledge;
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
 * @param translation what DNAT decided; null if it has not
 * @param moved whether the translation changed anything; empty if not known
 * @param source null if not decided
 * @param recentSet lists of the {@code recent} match that took the source in
 * @param known what has been settled of questions that the packet does not answer
 */
record Symbolic(
        PacketClass arrival,
        IpAddress host,
        int port,
        Optional<Boolean> toNode,
        boolean fromNode,
        SymbolicMarks marks,
        boolean untracked,
        EndpointRef translation,
        Optional<Boolean> moved,
        SourceTranslation source,
        List<Integer> recentSet,
        Knowledge known) {
    static Symbolic arriving(PacketClass arrival, Optional<Boolean> toNode) {
        return new Symbolic(
                arrival,
                arrival.host(),
                arrival.port(),
                toNode,
                false,
                SymbolicMarks.arriving(arrival.state()),
                false,
                null,
                Optional.of(false),
                null,
                List.of(),
                Knowledge.NONE);
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

    Symbolic knowing(Knowledge now) {
        return now == known
                ? this
                : new Symbolic(
                        arrival,
                        host,
                        port,
                        toNode,
                        fromNode,
                        marks,
                        untracked,
                        translation,
                        moved,
                        source,
                        recentSet,
                        now);
    }

    Symbolic withFromNode(boolean now) {
        return new Symbolic(
                arrival, host, port, toNode, now, marks, untracked, translation, moved, source, recentSet, known);
    }

    Symbolic withToNode(boolean now) {
        return new Symbolic(
                arrival,
                host,
                port,
                Optional.of(now),
                fromNode,
                marks,
                untracked,
                translation,
                moved,
                source,
                recentSet,
                known);
    }

    Symbolic withMarks(SymbolicMarks changed) {
        return new Symbolic(
                arrival,
                host,
                port,
                toNode,
                fromNode,
                changed,
                untracked,
                translation,
                moved,
                source,
                recentSet,
                known);
    }

    Symbolic notTracked() {
        return new Symbolic(
                arrival, host, port, toNode, fromNode, marks, true, translation, moved, source, recentSet, known);
    }

    /**
     * @param to address {@link #UNCHANGED} and port 0 keep the packet's own
     * @param toNodeNow whether the new destination is an address of the node
     * @param registry asked for what the destination has become, as far as it is known
     */
    Symbolic translated(EndpointRef to, Optional<Boolean> toNodeNow, Registry registry) {
        int newPort = to.endpoint.port() == 0 || port == PacketClass.NONE ? port : to.endpoint.port();
        IpAddress newHost = to.endpoint.address().equals(UNCHANGED) ? host : to.endpoint.address();
        boolean samePort = newPort == port;
        boolean sameHost = newHost == null || newHost.equals(host);
        boolean hostsKnown = host != null || newHost == null;
        Optional<Boolean> changed = port != PacketClass.OTHER && !samePort || host != null && !sameHost
                ? Optional.of(true)
                : hostsKnown && samePort && sameHost ? Optional.of(false) : Optional.empty();
        boolean asAsked = newPort == to.endpoint.port() && newHost == to.endpoint.address();
        EndpointRef reached = asAsked || newPort == PacketClass.OTHER
                ? to
                : registry.endpoint(
                        to.service, new IpPort(newHost == null ? UNCHANGED : newHost, Math.max(0, newPort)));
        return new Symbolic(
                arrival,
                newHost,
                newPort,
                toNodeNow,
                fromNode,
                marks,
                untracked,
                reached,
                changed,
                source,
                recentSet,
                known.afterTranslation());
    }

    /** Of what differs most, for speed; equality compares everything. */
    @Override
    public int hashCode() {
        int hash = 31 * System.identityHashCode(translation) + marks.ofPacket().keep();
        hash = 31 * hash + marks.ofPacket().xor() + port;
        return 31 * hash + (fromNode ? 1 : 0) + (toNode.isPresent() ? 2 : 0) + (source == null ? 4 : 0);
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
                marks,
                untracked,
                EndpointRef.ANY,
                moved,
                source,
                List.of(),
                known);
    }

    Symbolic from(SourceTranslation decided) {
        return new Symbolic(
                arrival, host, port, toNode, fromNode, marks, untracked, translation, moved, decided, recentSet, known);
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
                marks,
                untracked,
                translation,
                moved,
                source,
                List.copyOf(lists),
                known);
    }
}
