package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.AddressSet;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.NodeNetwork;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.table.PacketKey;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** What is asked of a packet when its class does not decide it. Equal questions are equal objects. */
sealed interface Predicate {
    boolean test(PacketKey key);

    static Predicate sourceIn(Cidr cidr) {
        IpAddress address = cidr.address();
        return cidr.isHost()
                ? new SourceIs(address.high(), address.low())
                : new SourceIn(address.high(), address.low(), maskHigh(cidr), maskLow(cidr));
    }

    static Predicate destinationIn(Cidr cidr) {
        IpAddress address = cidr.address();
        return new DestinationIn(address.high(), address.low(), maskHigh(cidr), maskLow(cidr));
    }

    private static int fullLength(Cidr cidr) {
        return cidr.address().isV4() ? cidr.prefixLength() + 96 : cidr.prefixLength();
    }

    private static long maskHigh(Cidr cidr) {
        int length = Math.min(64, fullLength(cidr));
        return length == 0 ? 0 : -1L << (64 - length);
    }

    private static long maskLow(Cidr cidr) {
        int length = fullLength(cidr) - 64;
        return length <= 0 ? 0 : -1L << (64 - length);
    }

    record SourceIs(long high, long low) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return key.sourceLow == low && key.sourceHigh == high;
        }
    }

    record SourceIn(long high, long low, long maskHigh, long maskLow) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return (key.sourceLow & maskLow) == low && (key.sourceHigh & maskHigh) == high;
        }
    }

    record DestinationIn(long high, long low, long maskHigh, long maskLow) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return (key.destinationLow & maskLow) == low && (key.destinationHigh & maskHigh) == high;
        }
    }

    /** Whether the source, or the destination, is from {@code first} to {@code last}. */
    record InRange(boolean ofSource, IpAddress first, IpAddress last) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            long high = ofSource ? key.sourceHigh : key.destinationHigh;
            long low = ofSource ? key.sourceLow : key.destinationLow;
            return IpAddress.isV4(high, low) == first.isV4()
                    && compare(high, low, first) >= 0
                    && compare(high, low, last) <= 0;
        }

        private static int compare(long high, long low, IpAddress to) {
            int byHigh = Long.compareUnsigned(high, to.high());
            return byHigh != 0 ? byHigh : Long.compareUnsigned(low, to.low());
        }
    }

    /**
     * Whether the packet is in a set.
     *
     * @param host what the destination was translated to; null: the packet's own
     * @param port of the destination; below zero: the packet's own
     */
    record InSet(AddressSet set, List<Match.Side> sides, IpAddress host, int port) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return set.contains(key, host, port, sides) == AddressSet.Answer.YES;
        }
    }

    record SourceLocal(NodeNetwork network) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return network.isLocal(key.sourceHigh, key.sourceLow);
        }
    }

    record DestinationLocal(NodeNetwork network) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return network.isLocal(key.destinationHigh, key.destinationLow);
        }
    }

    /** Whether it is not known if the destination is of the types. */
    record DestinationMayHaveType(NodeNetwork network, Set<String> types) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return network.mayHaveType(types, key.destinationHigh, key.destinationLow);
        }
    }

    /** Whether this interface has the destination's address. */
    record DestinationOn(NodeNetwork network, String interfaceName) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return network.interfaceOf(key.destinationHigh, key.destinationLow).equals(interfaceName);
        }
    }

    record SourceType(NodeNetwork network, Set<String> types) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return network.hasType(types, key.sourceHigh, key.sourceLow);
        }
    }

    record DestinationType(NodeNetwork network, Set<String> types) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return network.hasType(types, key.destinationHigh, key.destinationLow);
        }
    }

    record SourcePort(Ports ports) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return ports.contains(key.sourcePort);
        }
    }

    record DestinationPort(Ports ports) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return ports.contains(key.destinationPort);
        }
    }

    record EitherPort(Ports ports) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return ports.contains(key.sourcePort) || ports.contains(key.destinationPort);
        }
    }

    /** {@code (mark & mask) == value} of the mark on arrival. */
    record Mark(int mask, int value) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return (key.mark & mask) == value;
        }
    }

    record TcpFlags(int mask, int compare) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return (key.tcpFlags & mask) == compare;
        }
    }

    /** @param hops by how much the field is less than on arrival */
    record Header(Match.Field field, int hops, int mask, int first, int last) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            int value = value(key, field) - hops & mask;
            return value >= first && value <= last;
        }

        static int value(PacketKey key, Match.Field field) {
            return switch (field) {
                case TTL -> key.ttl;
                case LENGTH -> key.lengthBytes;
                case TOS -> key.tos;
            };
        }
    }

    record HeaderIsKnown(Match.Field field) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return Header.value(key, field) >= 0;
        }
    }

    /** @param code -1: any */
    record IcmpType(int type, int code) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            return key.icmpTypeCode >> 8 == type && (code < 0 || (key.icmpTypeCode & 0xff) == code);
        }
    }

    /**
     * Whether translation to this destination changes anything.
     *
     * @param address null: the packet's own
     * @param port 0 or below: the packet's own
     */
    record Moved(IpAddress address, int port) implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            boolean otherAddress =
                    address != null && (key.destinationLow != address.low() || key.destinationHigh != address.high());
            return otherAddress || port > 0 && key.destinationPort >= 0 && key.destinationPort != port;
        }
    }

    /** Stands for {@link Moved} in what is evaluated once for many endpoints; never in a finished table. */
    record MovedToEndpoint() implements Predicate {
        @Override
        public boolean test(PacketKey key) {
            throw new IllegalStateException("a question about no endpoint in particular");
        }
    }

    /** Sets of ports as the bounds of ranges, in pairs, both ends included. */
    record Ports(int[] bounds) {
        boolean contains(int port) {
            for (int i = 0; i < bounds.length; i += 2) {
                if (port >= bounds[i] && port <= bounds[i + 1]) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Ports ports && Arrays.equals(bounds, ports.bounds);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bounds);
        }
    }
}
