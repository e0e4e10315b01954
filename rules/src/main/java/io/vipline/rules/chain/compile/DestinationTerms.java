package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.TupleMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Which values rules compare destinations with, whether they ask for them or against them. */
final class DestinationTerms {
    /** TCP, UDP, DCCP, SCTP, UDP-Lite: what {@code xt_multiport} knows. */
    static final List<Integer> PROTOCOLS_WITH_PORTS = List.of(6, 17, 33, 132, 136);

    private DestinationTerms() {}

    static boolean hasPorts(int protocol) {
        return PROTOCOLS_WITH_PORTS.contains(protocol);
    }

    /** Every range that a destination port is compared with. */
    static List<PortRange> ports(Rule rule) {
        List<PortRange> ranges = new ArrayList<>(1);
        for (Match match : rule.matches()) {
            switch (match) {
                case Match.DestinationPort(PortRange range, boolean _) -> ranges.add(range);
                case Match.MultiPort(Match.Side side, List<PortRange> several, boolean _)
                when side != Match.Side.SOURCE -> ranges.addAll(several);
                default -> {}
            }
        }
        return ranges;
    }

    /** {@link TupleMap#portKey} of each single port that the rule asks about while naming no address. */
    static void portKeys(Rule rule, ExactTerms exact, IntConsumer keys) {
        if (exact.host() != null) {
            return;
        }
        for (PortRange range : ports(rule)) {
            if (range.isSingle()) {
                List<Integer> protocols = exact.protocol() >= 0 ? List.of(exact.protocol()) : PROTOCOLS_WITH_PORTS;
                protocols.forEach(protocol -> keys.accept(TupleMap.portKey(protocol, range.first())));
            }
        }
    }

    /** Every range that a destination address is compared with. */
    static void ranges(Rule rule, Consumer<Cidr> ranges) {
        for (Match match : rule.matches()) {
            if (match instanceof Match.Destination destination) {
                ranges.accept(destination.cidr());
            }
        }
    }
}
