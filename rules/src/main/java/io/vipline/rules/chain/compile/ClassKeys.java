package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.TupleMap;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Collects from the rules that packets of one state can come to everything that they compare destinations with: what the
 * classes of a table are made of.
 */
final class ClassKeys {
    /** A destination that a rule names wholly. */
    record Triple(IpAddress host, int protocol, int port) {}

    final Set<Triple> triples = new LinkedHashSet<>();
    final Set<IpAddress> hosts = new LinkedHashSet<>();
    final Set<Integer> portKeys = new LinkedHashSet<>();
    final Set<Integer> protocols = new TreeSet<>(List.of(1, 6, 17, 58, 132));
    /** Every single address in any rule. */
    final Set<IpAddress> allHosts = new HashSet<>();

    final Set<Cidr> ranges = new LinkedHashSet<>();
    /** Whether rules ask of destinations what only each destination itself tells: membership in sets. */
    boolean asksEveryDestination;

    final Set<PortRange> portRanges = new LinkedHashSet<>();
    /** Every bit of the mark that some rule asks about. */
    int markMask;

    private final IndexedRuleset rules;
    private final Set<CtState> possible;

    private ClassKeys(IndexedRuleset rules, CtState state) {
        this.rules = rules;
        this.possible = EnumSet.of(state, CtState.INVALID, CtState.UNTRACKED, CtState.SNAT, CtState.DNAT);
    }

    static ClassKeys of(IndexedRuleset rules, CtState state) {
        ClassKeys keys = new ClassKeys(rules, state);
        Set<ChainIndex> seen = new HashSet<>();
        Deque<ChainIndex> open = new ArrayDeque<>();
        for (Hook hook : Hook.values()) {
            for (ChainIndex chain : rules.baseChains(hook)) {
                BaseChain base = chain.chain.base().orElseThrow();
                if ((state == CtState.NEW || !base.nat()) && seen.add(chain)) {
                    open.add(chain);
                }
            }
        }
        while (!open.isEmpty()) {
            keys.collect(open.remove(), seen, open);
        }
        return keys;
    }

    NamedValues named() {
        return new NamedValues(hosts, portKeys);
    }

    private void collect(ChainIndex chain, Set<ChainIndex> seen, Deque<ChainIndex> open) {
        for (IndexedRule rule : chain.rules) {
            if (!canApply(rule)) {
                continue;
            }
            collect(rule);
            ChainIndex called = rules.called(rule, chain.chain.table());
            if (called != null && seen.add(called)) {
                open.add(called);
            }
        }
    }

    /** Rules ahead of conntrack see every packet as INVALID, and a rule may make any packet UNTRACKED. */
    private boolean canApply(IndexedRule rule) {
        for (Match match : rule.matches) {
            if (match instanceof Match.ConnectionState asked
                    && !asked.negated()
                    && asked.states().stream().noneMatch(possible::contains)) {
                return false;
            }
        }
        return true;
    }

    private void collect(IndexedRule rule) {
        ExactTerms exact = rule.exact;
        if (exact.isTriple()) {
            triples.add(new Triple(exact.host(), exact.protocol(), exact.port()));
        }
        DestinationTerms.ranges(rule, cidr -> {
            if (!cidr.isHost()) {
                ranges.add(cidr);
                return;
            }
            allHosts.add(cidr.address());
            if (!exact.isTriple() || !cidr.address().equals(exact.host())) {
                hosts.add(cidr.address());
            }
        });
        DestinationTerms.portKeys(rule, portKeys::add);
        DestinationTerms.ports(rule, range -> {
            if (!range.isSingle()) {
                portRanges.add(range);
            }
        });
        for (Match match : rule.matches) {
            asksEveryDestination |= match instanceof Match.IpSet || match instanceof Match.AddressRange;
            if (match instanceof Match.Protocol protocol && protocol.number() != 0) {
                protocols.add(protocol.number());
            } else if (match instanceof Match.Mark mark) {
                markMask |= mark.mask();
            }
        }
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
