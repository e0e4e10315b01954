package io.vipline.tools.generate;

import io.vipline.rules.net.IpAddress;
import java.util.List;

/**
 * Numbers the flows that clients can open: flow {@code f} is the same whoever asks and whenever, and no two have one
 * tuple. Destinations take turns; at each, clients take turns; the port moves on when all have had theirs.
 */
public final class FlowPlan {
    /** Linux's {@code ip_local_port_range}; what is below serves when these run out. */
    private static final int EPHEMERAL_FIRST = 32_768;

    private static final int EPHEMERAL_PORTS = 28_232;
    private static final int ALL_FIRST = 1024;
    private static final int ALL_PORTS = 64_512;
    /** Prime to both counts of ports, so that its multiples visit all of them, in an order that looks like none. */
    private static final int PORT_STRIDE = 17_317;

    private final List<Destination> destinations;
    private final long seed;
    private final int firstPort;
    private final int ports;

    /**
     * @param flows how many will be asked for
     * @throws IllegalArgumentException if there are no destinations, or not so many tuples
     */
    public FlowPlan(List<Destination> destinations, long flows, long seed) {
        if (destinations.isEmpty()) {
            throw new IllegalArgumentException("no destination to send to");
        }
        this.destinations = List.copyOf(destinations);
        this.seed = seed;
        long capacity = capacity(destinations);
        if (flows > capacity) {
            throw new IllegalArgumentException("clients of these Services have " + capacity + " tuples to call with");
        }
        boolean ephemeral = flows <= capacity / ALL_PORTS * EPHEMERAL_PORTS;
        firstPort = ephemeral ? EPHEMERAL_FIRST : ALL_FIRST;
        ports = ephemeral ? EPHEMERAL_PORTS : ALL_PORTS;
    }

    /** How many flows there can be: as many at each destination as the one with the fewest clients allows. */
    public static long capacity(List<Destination> destinations) {
        long fewestClients =
                destinations.stream().mapToLong(d -> d.clients().count()).min().orElse(0);
        return fewestClients * ALL_PORTS * destinations.size();
    }

    /** Gives the conversation its ends. @param flow 0 to the number asked for, less one */
    void assign(long flow, Conversation conversation) {
        int count = destinations.size();
        long turn = flow / count;
        int index = (int) ((flow % count + Mix.of(seed + turn) % count) % count);
        Destination destination = destinations.get(index);
        Clients clients = destination.clients();
        long offset = Mix.of(seed ^ index);
        IpAddress client = clients.at((turn + offset) % clients.count());
        int port = (int) ((turn / clients.count() * PORT_STRIDE + offset) % ports);
        conversation.open(destination, client, firstPort + port, Mix.of(seed * 31 + flow));
    }
}
