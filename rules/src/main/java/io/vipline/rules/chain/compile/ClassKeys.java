package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * All that the rules which packets of one state can come to compare destinations with: what the classes of a table are
 * made of. Rules come and go; values that tell packets apart where no class is wholly known only come.
 */
final class ClassKeys {
    /** A destination that a rule names wholly. */
    record Triple(IpAddress host, int protocol, int port) {}

    /** Connection states of packets, in the order of {@link io.vipline.rules.table.PacketKey}'s numbers. */
    static final List<CtState> STATES =
            List.of(CtState.NEW, CtState.ESTABLISHED, CtState.RELATED, CtState.INVALID, CtState.UNTRACKED);

    private static final int ALL_STATES = (1 << STATES.size()) - 1;

    private final Map<Triple, Integer> tripleCounts = new LinkedHashMap<>();
    private final Map<IpAddress, Integer> hostCounts = new LinkedHashMap<>();
    private final Map<Integer, Integer> portKeyCounts = new LinkedHashMap<>();
    /** Ports of {@link #triples}, as port keys. */
    private final Map<Integer, Integer> triplePortKeys = new HashMap<>();

    final Set<Triple> triples = Collections.unmodifiableSet(tripleCounts.keySet());
    /** Addresses in rules that do not also name a protocol and a port. */
    final Set<IpAddress> hosts = Collections.unmodifiableSet(hostCounts.keySet());
    /** {@link TupleMap#portKey} of single ports in rules that name no address. */
    final Set<Integer> portKeys = Collections.unmodifiableSet(portKeyCounts.keySet());

    final Set<Integer> protocols = new TreeSet<>(List.of(1, 6, 17, 58, 132));
    /** Every single address in any rule. */
    final Set<IpAddress> allHosts = new HashSet<>();

    final Set<Cidr> ranges = new LinkedHashSet<>();
    /** Whether rules ask of destinations what only each destination itself tells: membership in sets. */
    boolean asksEveryDestination;

    final Set<PortRange> portRanges = new LinkedHashSet<>();
    /** Every bit of the mark that some rule asks about. */
    int markMask;

    /**
     * States of packets that may match the terms, a bit for each of {@link #STATES}. Rules ahead of conntrack see every
     * packet as INVALID, and a rule may make any packet UNTRACKED.
     */
    static int states(Match[] matches) {
        int states = ALL_STATES;
        for (Match match : matches) {
            if (match instanceof Match.ConnectionState asked && !asked.negated()) {
                for (int state = 0; state < STATES.size(); state++) {
                    Set<CtState> possible = EnumSet.of(
                            STATES.get(state), CtState.INVALID, CtState.UNTRACKED, CtState.SNAT, CtState.DNAT);
                    if (Collections.disjoint(possible, asked.states())) {
                        states &= ~(1 << state);
                    }
                }
            }
        }
        return states;
    }

    NamedValues named() {
        return new NamedValues(hosts, portKeys);
    }

    /** Whether a rule names this port together with an address. */
    boolean isPortOfTriple(int portKey) {
        return triplePortKeys.containsKey(portKey);
    }

    /** How much there is of what only comes: whoever has relied on the classes must begin anew when it grows. */
    int distinctions() {
        return ranges.size()
                + portRanges.size()
                + protocols.size()
                + Integer.bitCount(markMask)
                + (asksEveryDestination ? 1 : 0);
    }

    void add(IndexedRule rule) {
        count(rule, 1);
        DestinationTerms.ranges(rule, cidr -> {
            if (cidr.isHost()) {
                allHosts.add(cidr.address());
            } else {
                ranges.add(cidr);
            }
        });
        DestinationTerms.ports(rule, range -> {
            if (!range.isSingle()) {
                portRanges.add(range);
            }
        });
        for (Match match : rule.matches) {
            asksEveryDestination |= match instanceof Match.IpSet
                    || match instanceof Match.AddressRange
                    || match instanceof Match.LocalOnInterface;
            if (match instanceof Match.Protocol protocol && protocol.number() != 0) {
                protocols.add(protocol.number());
            } else if (match instanceof Match.Mark mark) {
                markMask |= mark.mask();
            }
        }
    }

    void remove(IndexedRule rule) {
        count(rule, -1);
    }

    private void count(IndexedRule rule, int by) {
        ExactTerms exact = rule.exact;
        if (exact.isTriple()) {
            count(tripleCounts, new Triple(exact.host(), exact.protocol(), exact.port()), by);
            count(triplePortKeys, TupleMap.portKey(exact.protocol(), exact.port()), by);
        }
        DestinationTerms.ranges(rule, cidr -> {
            boolean ofTriple = exact.isTriple() && cidr.address().equals(exact.host());
            if (cidr.isHost() && !ofTriple) {
                count(hostCounts, cidr.address(), by);
            }
        });
        DestinationTerms.portKeys(rule, portKey -> count(portKeyCounts, portKey, by));
    }

    private static <K> void count(Map<K, Integer> counts, K key, int by) {
        counts.merge(key, by, (before, change) -> before + change == 0 ? null : before + change);
    }

    /** What the class of a protocol's packets says of their port if no rule names it. */
    static int otherPort(int protocol) {
        return DestinationTerms.hasPorts(protocol) ? PacketClass.OTHER : PacketClass.NONE;
    }

    /** Port of a key made by {@link TupleMap#portKey}. */
    static int portOf(int portKey) {
        return portKey & 0xffff;
    }

    static int protocolOf(int portKey) {
        return portKey >> 16 & 0xff;
    }
}
