package io.vipline.dataplane.underlay;

import io.vipline.dataplane.DropReason;
import io.vipline.dataplane.frame.FinishedFrame;
import io.vipline.dataplane.frame.FrameBatch;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.wire.Decoder;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The network that joins stations: takes each frame of a capture to where it enters the cluster, and from station to
 * station until it leaves or ends. Routing between stations costs no time to live, as on a switched network. Owned by one
 * thread.
 */
public final class Underlay implements AutoCloseable {
    private static final int LONGEST_RECORD_BYTES = FinishedFrame.HEADER_BYTES + (1 << 18);

    /** What a frame met at a station. @param left what went on because of it, and where to */
    public record Passage(Station station, Transit arriving, Fates fates, List<Departure> left) {}

    /** @param next where the frame goes; null: to a pod of the station, or out of the cluster */
    public record Departure(Transit frame, Station next) {}

    /** Is told of each step. */
    public interface Observer {
        /** A frame of the capture came to its first station. @param unbalanced it came to none: no node is healthy */
        void entered(Transit frame, boolean unbalanced);

        void passed(Passage passage);

        /** A frame leaves the cluster, or reaches its pod. @param record in {@code memory}, valid for the call */
        void left(Transit frame, NativeMemory memory, int record);
    }

    private record Arrival(Transit frame, int station) {}

    private final List<Station> stations;
    private final Topology topology;
    private final int gateway;
    private final long seed;
    private final Observer observer;
    private final NativeMemory area = NativeMemory.allocate(LONGEST_RECORD_BYTES);
    private final FrameBatch looked = new FrameBatch(1);
    private final Packet packet = new Packet();
    private final Answers answers = new Answers();
    private final Fates total = new Fates();
    private long bytes;
    private long next;
    private long hops;

    /**
     * @param stations closed with this
     * @param gateway where packets from outside enter that nobody has the address of
     * @param seed of the load balancers' choices
     */
    public Underlay(List<Station> stations, Topology topology, int gateway, long seed, Observer observer) {
        this.stations = List.copyOf(stations);
        this.topology = topology;
        this.gateway = gateway;
        this.seed = seed;
        this.observer = observer;
    }

    /** Takes each frame of a batch through the cluster. */
    public void process(FrameBatch frames) {
        for (int i = 0; i < frames.count; i++) {
            bytes += frames.original(i);
            enter(Transit.of(next++, frames, i, area));
        }
    }

    private void enter(Transit captured) {
        decode(captured);
        Transit frame = isIp() ? answers.asSent(captured, packet, area) : captured;
        decode(frame);
        answers.entered(packet);
        OptionalInt entry = entry();
        observer.entered(frame, entry.isEmpty());
        if (entry.isEmpty()) {
            total.drop(DropReason.NO_HEALTHY_NODE);
        } else {
            carry(new Arrival(frame, entry.getAsInt()));
        }
    }

    /** From a machine or a pod: there. Else to where the destination says. */
    private OptionalInt entry() {
        if (!isIp()) {
            return OptionalInt.of(gateway);
        }
        OptionalInt from = topology.wayTo(new IpAddress(packet.sourceHigh, packet.sourceLow));
        if (from.isPresent()) {
            return from;
        }
        IpAddress to = new IpAddress(packet.destinationHigh, packet.destinationLow);
        OptionalInt way = topology.wayTo(to);
        if (way.isPresent()) {
            return way;
        }
        return topology.isBalanced(to) ? topology.balance(packet, seed) : OptionalInt.of(gateway);
    }

    private void decode(Transit frame) {
        frame.fill(looked, area);
        Decoder.decode(looked, 0, packet);
    }

    /** Whether the frame decoded last holds IP that has addresses to go by. */
    private boolean isIp() {
        return packet.family != Packet.NOT_IP && packet.problem == null;
    }

    private void carry(Arrival first) {
        int passages = 0;
        ArrayDeque<Arrival> onTheWay = new ArrayDeque<>(List.of(first));
        while (!onTheWay.isEmpty()) {
            Arrival arrival = onTheWay.remove();
            Station station = stations.get(arrival.station);
            passages++;
            Fates fates = new Fates();
            List<Departure> departures = new ArrayList<>();
            for (Transit frame : station.process(arrival.frame, fates)) {
                OptionalInt next = next(frame, arrival.station);
                if (next.isEmpty() && !frame.isAnswer() && isIp()) {
                    answers.delivered(packet, passages);
                }
                departures.add(new Departure(frame, next.isPresent() ? stations.get(next.getAsInt()) : null));
                next.ifPresent(to -> onTheWay.add(new Arrival(frame, to)));
            }
            if (!arrival.frame.isAnswer()) {
                total.add(fates);
            }
            observer.passed(new Passage(station, arrival.frame, fates, departures));
            departures.forEach(this::depart);
        }
    }

    /** @return empty: the frame is where it goes to, or leaves the cluster */
    private OptionalInt next(Transit frame, int station) {
        decode(frame);
        if (!isIp()) {
            return OptionalInt.empty();
        }
        OptionalInt way = topology.wayTo(new IpAddress(packet.destinationHigh, packet.destinationLow));
        return way.isPresent() && way.getAsInt() == station ? OptionalInt.empty() : way;
    }

    private void depart(Departure departure) {
        if (departure.next == null) {
            departure.frame.write(area);
            observer.left(departure.frame, area, 0);
            return;
        }
        hops++;
        if (!departure.frame.isAnswer()) {
            total.goesOn();
        }
    }

    /** Ends a run: what still waits for its rest is given up. */
    public void finish() {
        for (Station station : stations) {
            station.finish(total);
        }
    }

    /** What became of the capture's frames, each counted once, where its way ended. */
    public Fates total() {
        return total;
    }

    /** Bytes of the capture's frames on the wire. */
    public long bytes() {
        return bytes;
    }

    /** How often a frame went from one station to another. */
    public long hops() {
        return hops;
    }

    public List<Station> stations() {
        return stations;
    }

    /** Where a transit's packet comes from and goes to, in words; empty if it is not IP. */
    public Optional<Packet> packetOf(Transit frame) {
        decode(frame);
        return isIp() ? Optional.of(packet) : Optional.empty();
    }

    @Override
    public void close() {
        stations.forEach(Station::close);
    }
}
