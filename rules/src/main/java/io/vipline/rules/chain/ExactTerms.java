package io.vipline.rules.chain;

import io.vipline.rules.net.IpAddress;
import java.util.List;

/**
 * What a rule asks of the destination with a single value: the terms by which rules can be found instead of tried.
 *
 * @param host null if the rule names no single destination address
 * @param protocol -1 if it names none
 * @param port -1 if it names no single destination port
 */
public record ExactTerms(IpAddress host, int protocol, int port) {
    public static ExactTerms of(List<Match> matches) {
        IpAddress host = null;
        int protocol = -1;
        int port = -1;
        for (Match match : matches) {
            switch (match) {
                case Match.Destination d
                when !d.negated() && d.cidr().isHost() -> host = d.cidr().address();
                case Match.Protocol p when !p.negated() && p.number() != 0 -> protocol = p.number();
                case Match.DestinationPort p
                when !p.negated() && p.ports().isSingle() -> port = p.ports().first();
                default -> {}
            }
        }
        return new ExactTerms(host, protocol, port);
    }

    public boolean isTriple() {
        return host != null && protocol >= 0 && port >= 0;
    }

    /** Whether protocol and port are named. */
    public boolean hasPort() {
        return protocol >= 0 && port >= 0;
    }
}
