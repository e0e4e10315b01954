package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Rules of nftables mode as nft(8) reads them. Knows the terms and targets that {@link KubeProxyNftWriter} writes; of any
 * other the constructor's caller learns by an {@link IllegalArgumentException}.
 */
final class NftText {
    /** {@code NFTNL_UDATA_COMMENT_MAXLEN} less the closing NUL. */
    private static final int MAX_COMMENT_LENGTH = 127;

    private final String ip;

    NftText(IpFamily family) {
        ip = NftChains.addressKeyword(family);
    }

    /** How nft calls the family's header: {@code ip}, {@code ip6}. */
    String ip() {
        return ip;
    }

    /** One rule, without indentation or line end. */
    String rule(Rule rule) {
        List<String> words = terms(rule.matches());
        String target = target(rule.target());
        if (!target.isEmpty()) {
            words.add(target);
        }
        for (Match match : rule.matches()) {
            if (match instanceof Match.Comment comment) {
                words.add(comment(comment.text()));
            }
        }
        return String.join(" ", words);
    }

    /** All terms but comments; those that exclude sources together are one. */
    List<String> terms(List<Match> matches) {
        List<String> words = new ArrayList<>();
        List<Cidr> excluded = new ArrayList<>();
        boolean hasPort = ExactTerms.of(matches).hasPort();
        for (Match match : matches) {
            switch (match) {
                case Match.Comment _ -> {}
                case Match.Source s when s.negated() -> excluded.add(s.cidr());
                case Match.Protocol p when hasPort -> words.add(p.text());
                case Match.DestinationPort p when hasPort -> words.add("dport " + p.ports());
                default -> words.add(term(match));
            }
        }
        if (!excluded.isEmpty()) {
            words.add(ip + " saddr != " + anyOf(excluded));
        }
        return words;
    }

    private static String anyOf(List<Cidr> cidrs) {
        return cidrs.size() == 1
                ? address(cidrs.getFirst())
                : cidrs.stream().distinct().map(NftText::address).collect(Collectors.joining(", ", "{ ", " }"));
    }

    static String address(Cidr cidr) {
        return cidr.isHost() ? cidr.address().toString() : cidr.toString();
    }

    /** A term as it stands alone. */
    String term(Match match) {
        return switch (match) {
            case Match.Source s -> ip + " saddr " + not(s.negated()) + address(s.cidr());
            case Match.Destination d -> ip + " daddr " + not(d.negated()) + address(d.cidr());
            case Match.Protocol p -> "meta l4proto " + not(p.negated()) + p.text();
            case Match.DestinationPort p -> "th dport " + not(p.negated()) + p.ports();
            case Match.InInterface i ->
                "iifname " + not(i.negated()) + '"' + i.pattern().replace('+', '*') + '"';
            case Match.ConnectionState s -> "ct state " + not(s.negated()) + states(s);
            case Match.Mark m ->
                "meta mark and " + mark(m.mask()) + (m.negated() ? " != " : " == ") + number(m.value());
            case Match.AddressType a ->
                "fib " + (a.side() == Match.Side.SOURCE ? "saddr" : "daddr") + " type " + not(a.negated())
                        + String.join(",", a.types()).toLowerCase(Locale.ROOT);
            case Match.Recent r
            when r.operation() == Match.RecentOperation.SET -> "update @" + r.list() + " { " + ip + " saddr }";
            case Match.Recent r -> ip + " saddr " + not(r.negated()) + "@" + r.list();
            default -> throw new IllegalArgumentException("nftables mode has no term " + match);
        };
    }

    private static String not(boolean negated) {
        return negated ? "!= " : "";
    }

    private static String states(Match.ConnectionState term) {
        return term.states().stream()
                .sorted()
                .map(CtState::name)
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(","));
    }

    /** Empty for a rule that only goes on. */
    String target(Target target) {
        return switch (target) {
            case Target.Continue() -> "";
            case Target.Accept() -> "accept";
            case Target.Drop() -> "drop";
            case Target.Return() -> "return";
            case Target.Jump(String chain) -> "jump " + chain;
            case Target.Goto(String chain) -> "goto " + chain;
            case Target.Reject _ -> "reject";
            case Target.Dnat dnat -> "dnat to " + endpoint(dnat);
            case Target.Masquerade masquerade -> masquerade.randomFully() ? "masquerade fully-random" : "masquerade";
            case Target.SetMark mark when mark.clear() == mark.xor() -> "meta mark set mark or " + mark(mark.xor());
            case Target.SetMark mark when mark.clear() == 0 -> "meta mark set mark xor " + mark(mark.xor());
            default -> throw new IllegalArgumentException("nftables mode has no target " + target);
        };
    }

    /** {@code reject} can't stand in a map; it has a chain of its own for that. */
    String verdict(Target target) {
        return target instanceof Target.Reject ? "goto " + NftChains.REJECT : target(target);
    }

    private static String endpoint(Target.Dnat dnat) {
        return new io.vipline.rules.net.IpPort(dnat.address().orElseThrow(), dnat.port()).toString();
    }

    private static String mark(int mark) {
        return String.format("0x%08x", mark);
    }

    private static String number(int value) {
        return value == 0 ? "0" : mark(value);
    }

    static String comment(String text) {
        String shown = text.length() <= MAX_COMMENT_LENGTH ? text : text.substring(0, MAX_COMMENT_LENGTH - 3) + "...";
        return "comment \"" + shown + '"';
    }
}
