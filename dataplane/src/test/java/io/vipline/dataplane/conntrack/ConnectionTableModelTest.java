package io.vipline.dataplane.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import io.vipline.dataplane.wire.FlowHash;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/**
 * The table against a plain map that does the same: connections opened, found by either tuple, over in time, swept, given
 * up for room and removed, in any order, while the table grows.
 */
class ConnectionTableModelTest {
    private static final int STEPS = 30_000;
    private static final int PORTS = 5_000;

    /** A tuple as a packet carries it. */
    private record Tuple(long source, int sourcePort, long destination, int destinationPort) {
        Tuple reversed() {
            return new Tuple(destination, destinationPort, source, sourcePort);
        }
    }

    private record Entry(int number, Tuple original, Tuple reply, long expiryNs, boolean isAssured) {
        boolean isTranslated() {
            return !reply.equals(original.reversed());
        }
    }

    @Provide
    Arbitrary<Long> seeds() {
        return Arbitraries.longs();
    }

    /** Both, and what is asked of them. */
    private static final class Both implements AutoCloseable {
        private final SplittableRandom random;
        private final boolean isWide;
        private final ConnectionTable table;
        private final Map<Tuple, Entry> byTuple = new HashMap<>();
        private final List<Entry> entries = new ArrayList<>();
        private final Packet packet = new Packet();
        private final Connection connection = new Connection();
        private long nowNs = 1_000_000;
        private int most;

        Both(SplittableRandom random) {
            this.random = random;
            isWide = random.nextBoolean();
            table = new ConnectionTable(isWide ? Packet.IPV6 : Packet.IPV4, random.nextBoolean());
        }

        private Packet carrying(Tuple tuple) {
            packet.family = isWide ? Packet.IPV6 : Packet.IPV4;
            packet.protocol = 17;
            packet.hasPorts = true;
            packet.sourceHigh = isWide ? tuple.source >>> 3 : 0;
            packet.sourceLow = isWide ? tuple.source : IpAddress.V4_PREFIX | tuple.source;
            packet.destinationHigh = isWide ? tuple.destination >>> 3 : 0;
            packet.destinationLow = isWide ? tuple.destination : IpAddress.V4_PREFIX | tuple.destination;
            packet.sourcePort = tuple.sourcePort;
            packet.destinationPort = tuple.destinationPort;
            packet.hash = hash(tuple);
            return packet;
        }

        private int hash(Tuple tuple) {
            if (!isWide) {
                long addresses = tuple.source << 32 | tuple.destination;
                return FlowHash.ofV4(addresses, tuple.sourcePort << 16 | tuple.destinationPort, 17);
            }
            long from = FlowHash.side(tuple.source >>> 3, tuple.source, tuple.sourcePort);
            long to = FlowHash.side(tuple.destination >>> 3, tuple.destination, tuple.destinationPort);
            return FlowHash.of(from, to, 17);
        }

        private Tuple drawn() {
            return new Tuple(random.nextInt(1, 4), random.nextInt(PORTS), 1000 + random.nextInt(3), 80);
        }

        void open() {
            Tuple original = drawn();
            boolean isTranslated = random.nextInt(3) > 0;
            Tuple reply = isTranslated
                    ? new Tuple(2000 + random.nextInt(3), 8080, original.source, original.sourcePort)
                    : original.reversed();
            if (find(original) != null || find(original.reversed()) != null || find(reply) != null) {
                return;
            }
            if (find(reply.reversed()) != null) {
                return;
            }
            int entry = table.allocate();
            connection.wrap(table, entry).open(carrying(original), nowNs);
            if (isTranslated) {
                connection.replySource(
                        isWide ? reply.source >>> 3 : 0,
                        isWide ? reply.source : IpAddress.V4_PREFIX | reply.source,
                        reply.sourcePort);
                connection.set(Connection.DESTINATION_TRANSLATED);
            }
            boolean isAssured = random.nextInt(3) == 0;
            if (isAssured) {
                connection.set(Connection.ASSURED);
            }
            long expiryNs = nowNs + random.nextLong(1, 40_000);
            connection.expiryNs(expiryNs);
            table.insert(entry);
            add(new Entry(entry, original, reply, expiryNs, isAssured));
        }

        private void add(Entry entry) {
            entries.add(entry);
            most = Math.max(most, entries.size());
            byTuple.put(entry.original, entry);
            byTuple.put(entry.reply, entry);
        }

        private void forget(Entry entry) {
            entries.remove(entry);
            byTuple.remove(entry.original);
            byTuple.remove(entry.reply);
        }

        /** In both: by a tuple, and what is over is gone. */
        Entry find(Tuple tuple) {
            Entry expected = byTuple.get(tuple);
            if (expected != null && expected.expiryNs <= nowNs) {
                forget(expected);
                expected = null;
            }
            long found = table.find(carrying(tuple), false, nowNs);
            if (expected == null) {
                assertThat(found).as(tuple.toString()).isEqualTo(ConnectionTable.MISS);
            } else {
                int kind = tuple.equals(expected.original) ? ConnectionTable.ORIGINAL : ConnectionTable.REPLY;
                assertThat(found).as(tuple + " of " + expected).isEqualTo((long) expected.number << 2 | kind);
            }
            return expected;
        }

        void remove() {
            if (!entries.isEmpty()) {
                Entry gone = entries.get(random.nextInt(entries.size()));
                table.remove(gone.number);
                forget(gone);
            }
        }

        /** Gives one up that is near: one that is over or not assured. */
        void evict() {
            int before = table.size();
            boolean isDone = table.evict(hash(drawn()), nowNs);
            assertThat(table.size()).isEqualTo(isDone ? before - 1 : before);
            if (isDone) {
                List<Entry> gone =
                        entries.stream().filter(entry -> !isThere(entry)).toList();
                assertThat(gone).hasSize(1);
                assertThat(gone.getFirst().isAssured && gone.getFirst().expiryNs > nowNs)
                        .as("assured and not over")
                        .isFalse();
                forget(gone.getFirst());
            }
        }

        private boolean isThere(Entry entry) {
            return table.search(carrying(entry.original), false) >>> 2 == entry.number;
        }

        /** All there are, once: what is over is gone from both then. */
        void sweep() {
            table.sweep(nowNs, table.allocated());
            List.copyOf(entries).stream()
                    .filter(entry -> entry.expiryNs <= nowNs)
                    .forEach(this::forget);
        }

        @Override
        public void close() {
            table.close();
        }
    }

    @Property(tries = 8, shrinking = ShrinkingMode.OFF)
    void theTableHoldsWhatAMapWould(@ForAll("seeds") long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Both both = new Both(random)) {
            for (int step = 0; step < STEPS; step++) {
                both.nowNs += random.nextLong(2);
                switch (random.nextInt(100)) {
                    case 0 -> both.sweep();
                    case 1 -> both.evict();
                    case 2, 3, 4, 5 -> both.remove();
                    case 6, 7, 8, 9, 10, 11, 12, 13 -> both.find(both.drawn());
                    case 14, 15, 16 -> both.find(both.drawn().reversed());
                    default -> both.open();
                }
                assertThat(both.table.size()).isEqualTo(both.entries.size());
            }
            assertThat(both.most)
                    .as("connections at a time, for which the first index is too small")
                    .isGreaterThan(8192);
            List.copyOf(both.entries).forEach(entry -> {
                both.find(entry.original);
                both.find(entry.reply);
            });
        }
    }
}
