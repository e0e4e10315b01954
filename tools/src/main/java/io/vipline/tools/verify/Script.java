package io.vipline.tools.verify;

import io.vipline.dataplane.wire.Transport;
import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** What is said in a flow, packet by packet: written at once, then played in both worlds in step. */
final class Script {
    private static final long ANY_TIME_NS = TimeUnit.SECONDS.toNanos(1);

    private final String name;
    private Flow flow;
    private final List<Step> steps = new ArrayList<>();
    private final List<Arrival> history = new ArrayList<>();
    private final List<Integer> departures = new ArrayList<>();
    private int next;
    private long dueNs;
    private byte[] tags = {};
    private long playedNs;
    private long pauseNs;
    private boolean isTimed;
    private int movesFrom = Integer.MAX_VALUE;

    /** @param name the kind of story, for reports */
    Script(String name, Flow flow) {
        this.name = name;
        this.flow = flow;
    }

    String name() {
        return name;
    }

    /** The conversation that steps are written for. */
    Flow flow() {
        return flow;
    }

    /** From here on the steps are another conversation's. */
    void goOnWith(Flow other) {
        flow = other;
    }

    int position() {
        return next;
    }

    boolean isOver() {
        return next == steps.size();
    }

    /** When the next step is to be played; 0: at any time. */
    long dueNs() {
        return dueNs;
    }

    /** Whether it means something else when it is played late. */
    boolean isTimed() {
        return isTimed;
    }

    Step take() {
        return steps.get(next++);
    }

    /** Sets when the step after the one taken last is due. */
    void played(long nowNs) {
        dueNs = isOver() || !isTimed ? 0 : nowNs + steps.get(next).waitNs();
        playedNs = nowNs;
    }

    /**
     * How long after it was due the step is played that was taken last. One that is due at any time is so within a second:
     * after that a timeout may be over, and the shortest of all is not much longer.
     */
    long lateNs(long nowNs) {
        long byNs = dueNs > 0 ? dueNs : playedNs + ANY_TIME_NS;
        return playedNs == 0 ? 0 : nowNs - byNs;
    }

    /** Keeps in mind what was sent, for reports. @param departed how many packets left because of it */
    void note(Arrival sent, int departed) {
        history.add(sent);
        departures.add(departed);
    }

    /** What was sent before the step taken last, as text. */
    List<String> history() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < history.size(); i++) {
            lines.add(PacketText.line(history.get(i).packet()) + ": " + departures.get(i) + " out");
        }
        return lines;
    }

    /** Lets time pass before the step that is written next. */
    void pause(long waitNs) {
        pauseNs = waitNs;
        isTimed = true;
    }

    /** VLAN tags, as they stand before the type of what they carry, with which Vipline gets every packet. */
    void tag(byte[] vlanTags) {
        tags = vlanTags.clone();
    }

    byte[] tags() {
        return tags;
    }

    private void add(Step.Maker maker) {
        steps.add(new Step(flow, pauseNs, maker));
        pauseNs = 0;
    }

    List<Step> steps() {
        return steps;
    }

    /** From here on the conversation may go to another endpoint: its connection may be a new one. */
    void mayMove() {
        movesFrom = Math.min(movesFrom, steps.size());
    }

    /** Whether the step that was taken last may go to another endpoint than those before. */
    boolean mayHaveMoved() {
        return next > movesFrom;
    }

    void request(Header header, Segment segment) {
        Arrival arrival =
                new Arrival(flow.clientSide(), isV4(flow), header.packet(flow.client(), flow.service(), segment));
        add((of, world) -> Optional.of(arrival));
    }

    /** A packet of the client's with some bytes changed: {@code at} counts from the IP header. */
    void mangledRequest(Header header, Segment segment, int at, int xor) {
        byte[] packet = header.packet(flow.client(), flow.service(), segment);
        packet[at] ^= (byte) xor;
        raw(packet);
    }

    /** Any bytes, from the client's side. */
    void raw(byte[] packet) {
        raw(isV4(flow), packet);
    }

    /** @param isV4 what the link layer says */
    void raw(boolean isV4, byte[] packet) {
        Arrival arrival = new Arrival(flow.clientSide(), isV4, packet);
        add((of, world) -> Optional.of(arrival));
    }

    /** A packet to the client, or an error about one of the client's, as the client saw it: the endpoint sends it. */
    void answer(boolean isV4, byte[] packet) {
        add((flow, world) -> Optional.ofNullable(flow.view(world))
                .map(view -> new Arrival(
                        view.side(), isV4, Retargeting.toEndpoint(flow, view).apply(packet, packet))));
    }

    /** Pieces of a request, in an order given as indices; an index may come more than once or not at all. */
    void requestPieces(Header header, Segment segment, List<Integer> cuts, List<Integer> order) {
        List<byte[]> pieces = header.pieces(flow.client(), flow.service(), segment, cuts);
        for (int index : order) {
            raw(pieces.get(Math.min(index, pieces.size() - 1)));
        }
    }

    void reply(Header header, Segment segment) {
        add((flow, world) -> Optional.ofNullable(flow.view(world))
                .map(view ->
                        new Arrival(view.side(), isV4(flow), header.packet(view.endpoint(), view.source(), segment))));
    }

    void replyPieces(Header header, Segment segment, List<Integer> cuts, List<Integer> order) {
        for (int index : order) {
            add((flow, world) -> Optional.ofNullable(flow.view(world)).map(view -> {
                List<byte[]> pieces = header.pieces(view.endpoint(), view.source(), segment, cuts);
                return new Arrival(view.side(), isV4(flow), pieces.get(Math.min(index, pieces.size() - 1)));
            }));
        }
    }

    /**
     * An error about the latest request, as the endpoint or a router before it sends it.
     *
     * @param from the router; empty: the endpoint
     * @param quotedBytes how much of the request it quotes
     */
    void errorToClient(Header header, Segment.Icmp error, Optional<IpPort> from, int quotedBytes) {
        add((flow, world) -> Optional.ofNullable(flow.view(world)).map(view -> {
            Segment.Icmp quoting = quoting(error, view.request(), quotedBytes);
            return new Arrival(
                    view.side(), isV4(flow), header.packet(from.orElse(view.endpoint()), view.source(), quoting));
        }));
    }

    /** An error about the latest answer, as the client or a router before it sends it. */
    void errorToEndpoint(Header header, Segment.Icmp error, Optional<IpPort> from, int quotedBytes) {
        add((flow, world) -> Optional.ofNullable(flow.answer(world)).map(answer -> {
            Segment.Icmp quoting = quoting(error, answer, quotedBytes);
            return new Arrival(
                    flow.clientSide(), isV4(flow), header.packet(from.orElse(flow.client()), flow.service(), quoting));
        }));
    }

    private static Segment.Icmp quoting(Segment.Icmp error, byte[] packet, int bytes) {
        byte[] quoted = Arrays.copyOf(packet, Math.min(bytes, packet.length));
        return new Segment.Icmp(error.type(), error.code(), error.rest(), false, quoted);
    }

    private static boolean isV4(Flow flow) {
        return flow.client().address().isV4();
    }

    boolean isTcp() {
        return flow.protocol() == Transport.TCP;
    }
}
