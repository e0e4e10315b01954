package io.vipline.rules.chain;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import io.vipline.rules.table.PacketKey;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * What a set of {@code ipset} holds ({@code net/netfilter/ipset}). Immutable; equal only to
 * itself.
 */
public final class AddressSet {
    /** Whether a packet is in a set. UNKNOWN: the set asks what is not known of the packet. */
    public enum Answer {
        YES,
        NO,
        UNKNOWN
    }

    /** One dimension of an entry. */
    public sealed interface Part {
        /** @param last null: all of {@code range} */
        record Addresses(Cidr range, IpAddress last) implements Part {
            boolean contains(long high, long low) {
                if (last == null) {
                    return range.contains(high, low);
                }
                return IpAddress.isV4(high, low) == last.isV4()
                        && compare(high, low, range.address()) >= 0
                        && compare(high, low, last) <= 0;
            }

            private static int compare(long high, long low, IpAddress to) {
                int byHigh = Long.compareUnsigned(high, to.high());
                return byHigh != 0 ? byHigh : Long.compareUnsigned(low, to.low());
            }
        }

        /** @param protocol IANA number; -1: any that has ports */
        record Ports(int protocol, PortRange range) implements Part {}

        /** @param wildcard whether a longer name that begins so matches, too */
        record Interface(String name, boolean wildcard) implements Part {}

        /** A MAC address or a mark: not told of packets here. */
        record Other(String text) implements Part {}
    }

    /** @param nomatch an exception from a wider entry */
    public record Entry(List<Part> parts, boolean nomatch) {
        public Entry {
            parts = List.copyOf(parts);
        }
    }

    /** By length of the first address's prefix, longest first: entries by that prefix. */
    private final TreeMap<Integer, TupleMap<List<Entry>>> byPrefix = new TreeMap<>((a, b) -> b - a);

    /** Entries that begin with something else. */
    private final List<Entry> others = new ArrayList<>();

    /** Of a {@code list:set}. */
    private final List<AddressSet> members;

    private boolean asksMore;

    /** @param members the sets that it is made of, if it is a list of sets */
    public AddressSet(List<Entry> entries, List<AddressSet> members) {
        this.members = List.copyOf(members);
        entries.forEach(this::add);
    }

    private void add(Entry entry) {
        asksMore |=
                entry.parts().stream().anyMatch(part -> part instanceof Part.Interface || part instanceof Part.Other);
        if (entry.parts().getFirst() instanceof Part.Addresses(Cidr range, IpAddress last) && last == null) {
            TupleMap<List<Entry>> ofLength = byPrefix.computeIfAbsent(range.prefixLength(), length -> new TupleMap<>());
            IpAddress first = range.address();
            List<Entry> bucket = ofLength.get(first.high(), first.low(), 0);
            if (bucket == null) {
                bucket = new ArrayList<>(1);
                ofLength.put(first.high(), first.low(), 0, bucket);
            }
            bucket.add(entry);
        } else {
            others.add(entry);
        }
    }

    /** Whether some entry asks for an interface, or for what is not told of packets. */
    public boolean asksInterface() {
        return asksMore || members.stream().anyMatch(AddressSet::asksInterface);
    }

    /**
     * Whether a packet is in the set.
     *
     * @param destination what the packet's destination has become; null if it is the key's
     * @param destinationPort below zero: the key's
     * @param sides which side of the packet each dimension looks at
     */
    public Answer contains(PacketKey key, IpAddress destination, int destinationPort, List<Match.Side> sides) {
        boolean unknown = false;
        for (AddressSet member : members) {
            Answer answer = member.contains(key, destination, destinationPort, sides);
            if (answer == Answer.YES) {
                return answer;
            }
            unknown |= answer == Answer.UNKNOWN;
        }
        Packet packet = Packet.of(key, destination, destinationPort, sides);
        for (var ofLength : byPrefix.entrySet()) {
            Answer answer = inPrefix(packet, ofLength.getKey(), ofLength.getValue());
            if (answer != null) {
                return answer;
            }
        }
        for (Entry entry : others) {
            Answer answer = packet.isIn(entry);
            if (answer == Answer.YES) {
                return answer;
            }
            unknown |= answer == Answer.UNKNOWN;
        }
        return unknown ? Answer.UNKNOWN : Answer.NO;
    }

    /** @return null if no entry with a first prefix of this length decides */
    private static Answer inPrefix(Packet packet, int length, TupleMap<List<Entry>> entries) {
        long high = packet.high(0);
        long low = packet.low(0);
        boolean v4 = IpAddress.isV4(high, low);
        int full = v4 ? length + 96 : length;
        if (full > 128) {
            return null;
        }
        List<Entry> bucket = entries.get(
                full >= 64 ? high : full == 0 ? 0 : high & -1L << (64 - full),
                full <= 64 ? 0 : low & (full == 128 ? -1L : -1L << (128 - full)),
                0);
        if (bucket == null) {
            return null;
        }
        Answer open = null;
        for (int i = 0; i < bucket.size(); i++) {
            Answer answer = packet.isIn(bucket.get(i));
            if (answer == Answer.YES) {
                return bucket.get(i).nomatch() ? Answer.NO : Answer.YES;
            }
            open = answer == Answer.UNKNOWN ? answer : open;
        }
        return open;
    }

    /** The packet as the dimensions see it. */
    private record Packet(PacketKey key, IpAddress destination, int destinationPort, List<Match.Side> sides) {
        static Packet of(PacketKey key, IpAddress destination, int destinationPort, List<Match.Side> sides) {
            return new Packet(key, destination, destinationPort, sides);
        }

        private boolean isSource(int dimension) {
            return dimension < sides.size() && sides.get(dimension) == Match.Side.SOURCE;
        }

        long high(int dimension) {
            return isSource(dimension)
                    ? key.sourceHigh
                    : destination == null ? key.destinationHigh : destination.high();
        }

        long low(int dimension) {
            return isSource(dimension) ? key.sourceLow : destination == null ? key.destinationLow : destination.low();
        }

        Answer isIn(Entry entry) {
            if (entry.parts().size() > sides.size()) {
                return Answer.NO;
            }
            Answer all = Answer.YES;
            for (int i = 0; i < entry.parts().size(); i++) {
                Answer one = isIn(entry.parts().get(i), i);
                if (one == Answer.NO) {
                    return one;
                }
                all = one == Answer.UNKNOWN ? one : all;
            }
            return all;
        }

        private Answer isIn(Part part, int dimension) {
            return switch (part) {
                case Part.Addresses addresses -> answer(addresses.contains(high(dimension), low(dimension)));
                case Part.Ports ports -> answer(hasPort(ports, dimension));
                case Part.Interface(String name, boolean wildcard) -> {
                    String actual = isSource(dimension) ? key.inInterface : null;
                    yield actual == null
                            ? Answer.UNKNOWN
                            : answer(wildcard ? actual.startsWith(name) : actual.equals(name));
                }
                case Part.Other _ -> Answer.UNKNOWN;
            };
        }

        private boolean hasPort(Part.Ports asked, int dimension) {
            boolean icmp = key.protocol == 1 || key.protocol == 58;
            int ofDestination = destinationPort >= 0 ? destinationPort : key.destinationPort;
            int port = icmp ? key.icmpTypeCode : isSource(dimension) ? key.sourcePort : ofDestination;
            return (asked.protocol() < 0 ? !icmp && port >= 0 : asked.protocol() == key.protocol)
                    && asked.range().contains(Math.max(0, port));
        }

        private static Answer answer(boolean holds) {
            return holds ? Answer.YES : Answer.NO;
        }
    }
}
