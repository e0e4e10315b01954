package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.TupleMap;
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

    /** Calls with every range that a destination port is compared with. */
    static void ports(IndexedRule rule, Consumer<PortRange> ranges) {
        for (Match match : rule.matches) {
            if (match instanceof Match.DestinationPort(PortRange range, boolean _)) {
                ranges.accept(range);
            } else if (match instanceof Match.MultiPort several && several.side() != Match.Side.SOURCE) {
                several.ports().forEach(ranges);
            } else if (match instanceof Match.TuplePort tuple && tuple.side() == Match.Side.SOURCE && tuple.ofReply()) {
                ranges.accept(tuple.ports());
            }
        }
    }

    /** {@link TupleMap#portKey} of each single port that the rule asks about while naming no address. */
    static void portKeys(IndexedRule rule, IntConsumer keys) {
        if (rule.exact.host() != null) {
            return;
        }
        ports(rule, range -> {
            if (range.isSingle()) {
                List<Integer> protocols =
                        rule.exact.protocol() >= 0 ? List.of(rule.exact.protocol()) : PROTOCOLS_WITH_PORTS;
                protocols.forEach(protocol -> keys.accept(TupleMap.portKey(protocol, range.first())));
            }
        });
    }

    /** Calls with every range that a destination address is compared with. */
    static void ranges(IndexedRule rule, Consumer<Cidr> ranges) {
        for (Match match : rule.matches) {
            if (match instanceof Match.Destination destination) {
                ranges.accept(destination.cidr());
            } else if (match instanceof Match.TupleAddress tuple
                    && tuple.side() == Match.Side.SOURCE
                    && tuple.ofReply()) {
                ranges.accept(tuple.cidr());
            }
        }
    }
}
