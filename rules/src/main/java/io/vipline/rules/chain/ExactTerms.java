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
    /** Of a rule that asks for nothing. */
    public static final ExactTerms NONE = new ExactTerms(null, -1, -1);

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
        return host == null && protocol < 0 && port < 0 ? NONE : new ExactTerms(host, protocol, port);
    }

    public boolean isTriple() {
        return host != null && protocol >= 0 && port >= 0;
    }

    /** Whether protocol and port are named. */
    public boolean hasPort() {
        return protocol >= 0 && port >= 0;
    }

    /** What both ask together; null if nothing can satisfy them. */
    public ExactTerms and(ExactTerms other) {
        boolean contradict = host != null && other.host != null && !host.equals(other.host)
                || protocol >= 0 && other.protocol >= 0 && protocol != other.protocol
                || port >= 0 && other.port >= 0 && port != other.port;
        return contradict
                ? null
                : new ExactTerms(
                        host == null ? other.host : host,
                        Math.max(protocol, other.protocol),
                        Math.max(port, other.port));
    }
}
