package io.vipline.tools.verify;

import io.vipline.rules.net.IpPort;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A conversation between a client and an address, and what each world has made of it so far. An ICMP query's identifier
 * is the port of both ends.
 *
 * @param clientSide the link by which the client's packets arrive
 * @param views filled by {@link #learn}, as {@code answers}
 * @param endpoints where the rules may lead it to; empty: nowhere else than where the client sends it
 * @param sticksTo a conversation whose endpoint it must have, by session affinity
 */
record Flow(
        int protocol,
        IpPort client,
        IpPort service,
        Side clientSide,
        Set<IpPort> endpoints,
        Optional<Flow> sticksTo,
        Map<World, View> views,
        Map<World, byte[]> answers) {
    /**
     * A conversation as its far end sees it in one world.
     *
     * @param request the latest packet that arrived there
     */
    record View(Side side, IpPort source, IpPort endpoint, byte[] request) {}

    static Flow of(int protocol, IpPort client, IpPort service, Side clientSide, Set<IpPort> endpoints) {
        return new Flow(
                protocol,
                client,
                service,
                clientSide,
                endpoints,
                Optional.empty(),
                new EnumMap<>(World.class),
                new EnumMap<>(World.class));
    }

    /** The same client's next conversation with the same Service, from another port. */
    Flow again(int port, Optional<Flow> endpointOf) {
        return new Flow(
                protocol,
                new IpPort(client.address(), port),
                service,
                clientSide,
                endpoints,
                endpointOf,
                new EnumMap<>(World.class),
                new EnumMap<>(World.class));
    }

    /** Takes note of what left because of a packet. */
    void learn(World world, Arrival arrival, List<Departure> departures) {
        PacketView sent = new PacketView(arrival.packet());
        boolean isRequest = sent.hasPorts()
                ? sent.source().equals(client) && sent.destination().equals(service)
                : sent.source().address().equals(client.address());
        for (Departure departure : departures) {
            PacketView packet = new PacketView(departure.packet());
            boolean isUntranslated =
                    !endpoints.isEmpty() && packet.destination().equals(service);
            boolean isOwn = packet.protocol() == protocol && packet.hasPorts() && !isUntranslated;
            if (isOwn && isToClient(packet)) {
                answers.put(world, departure.packet());
            } else if (isOwn && isRequest) {
                views.put(world, new View(departure.side(), packet.source(), packet.destination(), departure.packet()));
            }
        }
    }

    private boolean isToClient(PacketView packet) {
        return packet.destination().equals(client) && packet.source().equals(service);
    }

    /** Whether one world masquerades it and the other does not, as with a pod that meets itself in one only. */
    boolean isMasqueradedInOne() {
        return isKnown(World.KERNEL)
                && isKnown(World.VIPLINE)
                && view(World.KERNEL).source().equals(client)
                        != view(World.VIPLINE).source().equals(client);
    }

    boolean isKnown(World world) {
        return views.containsKey(world);
    }

    View view(World world) {
        return views.get(world);
    }

    /** The latest packet that came back to the client; null if none did. */
    byte[] answer(World world) {
        return answers.get(world);
    }

    @Override
    public String toString() {
        return ProtocolName.of(protocol) + " " + client + " > " + service;
    }
}
