package io.vipline.rules.chain;

import io.vipline.rules.net.Cidr;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The text of single terms and targets: as they were written if that was kept, else as kube-proxy writes them in a full
 * sync ({@code pkg/proxy/iptables/proxier.go}).
 */
final class TermText {
    private TermText() {}

    /** Appends the term without surrounding spaces. */
    static void append(StringBuilder out, Match match) {
        switch (match) {
            case Match.Comment(String text, boolean quoted) -> appendComment(out, text, quoted);
            case Match.Module(String name) -> out.append("-m ").append(name);
            case Match.Protocol(int _, String text, boolean negated) ->
                not(out, negated).append("-p ").append(text);
            case Match.Source(Cidr cidr, String text, boolean negated) ->
                appendAddress(out, "-s ", cidr, text, negated);
            case Match.Destination(Cidr cidr, String text, boolean negated) ->
                appendAddress(out, "-d ", cidr, text, negated);
            case Match.SourcePort(PortRange ports, boolean negated) ->
                not(out, negated).append("--sport ").append(ports);
            case Match.DestinationPort(PortRange ports, boolean negated) ->
                not(out, negated).append("--dport ").append(ports);
            case Match.MultiPort(Match.Side side, List<PortRange> ports, boolean negated) ->
                not(out.append("-m multiport "), negated)
                        .append(multiPortOption(side))
                        .append(joined(ports));
            case Match.InInterface(String pattern, boolean negated) ->
                not(out, negated).append("-i ").append(pattern);
            case Match.OutInterface(String pattern, boolean negated) ->
                not(out, negated).append("-o ").append(pattern);
            case Match.NfAcct(String name) ->
                out.append("-m nfacct --nfacct-name ").append(name);
            case Match.Opaque opaque -> out.append(opaque.text());
            default -> appendExtension(out, match);
        }
    }

    /** Terms of extensions, whose spelling may have been kept. */
    private static void appendExtension(StringBuilder out, Match match) {
        switch (match) {
            case Match.ConnectionState m when m.text().isEmpty() -> appendState(out, m);
            case Match.ConnectionState m -> out.append(m.text());
            case Match.Mark m
            when m.text().isEmpty() ->
                not(out.append("-m mark "), m.negated())
                        .append("--mark ")
                        .append(mark(m.value()))
                        .append('/')
                        .append(mark(m.mask()));
            case Match.Mark m -> out.append(m.text());
            case Match.AddressType m
            when m.text().isEmpty() ->
                not(out.append("-m addrtype "), m.negated())
                        .append(m.side() == Match.Side.SOURCE ? "--src-type " : "--dst-type ")
                        .append(m.types().stream().sorted().collect(Collectors.joining(",")));
            case Match.AddressType m -> out.append(m.text());
            case Match.Statistic m
            when m.text().isEmpty() ->
                out.append("-m statistic --mode random --probability ").append(probability(m.probability()));
            case Match.Statistic m -> out.append(m.text());
            case Match.Recent m when m.text().isEmpty() -> appendRecent(out, m);
            case Match.Recent m -> out.append(m.text());
            case Match.TcpFlags m -> out.append(m.text());
            case Match.IcmpType m -> out.append(m.text());
            case Match.IpSet m -> out.append(m.text());
            case Match.AddressRange m -> out.append(m.text());
            case Match.ConnectionMark m -> out.append(m.text());
            case Match.SocketOwner m -> out.append(m.text());
            case Match.HeaderField m -> out.append(m.text());
            case Match.TupleAddress m -> out.append(m.text());
            case Match.TuplePort m -> out.append(m.text());
            case Match.ConnectionTrait m -> out.append(m.text());
            case Match.LocalOnInterface m -> out.append(m.text());
            case Match.Granted m -> out.append(m.text());
            default -> throw new IllegalStateException("no text for " + match);
        }
    }

    /** Appends {@code -j …}; nothing for {@link Target.Continue}. */
    static void append(StringBuilder out, Target target) {
        switch (target) {
            case Target.Continue() -> {}
            case Target.Accept() -> out.append("-j ACCEPT");
            case Target.Drop() -> out.append("-j DROP");
            case Target.Return() -> out.append("-j RETURN");
            case Target.Jump(String chain) -> out.append("-j ").append(chain);
            case Target.Goto(String chain) -> out.append("-g ").append(chain);
            case Target.Reject(String with, String text) -> out.append(text.isEmpty() ? reject(with) : text);
            case Target.Dnat t -> appendDnat(out, t);
            case Target.Snat t -> out.append(t.text());
            case Target.Masquerade t
            when t.text().isEmpty() -> out.append(t.randomFully() ? "-j MASQUERADE --random-fully" : "-j MASQUERADE");
            case Target.Masquerade t -> out.append(t.text());
            case Target.Redirect t -> out.append(t.text());
            case Target.SetMark t -> out.append(t.text().isEmpty() ? setMark(t.clear(), t.xor()) : t.text());
            case Target.NoTrack(String text) -> out.append(text);
            case Target.ConnectionMark mark -> out.append(mark.text());
            case Target.Ignored(String text) -> out.append(text);
            case Target.Opaque(String text, String _) -> out.append(text);
        }
    }

    /** A mark as production kube-proxy prints it: {@code 0x00004000}, Go's {@code %#08x}. */
    static String mark(int mark) {
        return String.format("0x%08x", mark);
    }

    /** Ten decimals, exact value rounded half to even, as Go's {@code %0.10f}. */
    static String probability(double probability) {
        return new BigDecimal(probability).setScale(10, RoundingMode.HALF_EVEN).toPlainString();
    }

    private static StringBuilder not(StringBuilder out, boolean negated) {
        return negated ? out.append("! ") : out;
    }

    /** Quotes and escapes as libxtables' {@code xtables_save_string} does. */
    private static void appendComment(StringBuilder out, String text, boolean quoted) {
        out.append("-m comment --comment ");
        if (!quoted) {
            out.append(text);
            return;
        }
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\' || c == '\'') {
                out.append('\\');
            }
            out.append(c);
        }
        out.append('"');
    }

    private static void appendAddress(StringBuilder out, String option, Cidr cidr, String text, boolean negated) {
        if (!text.isEmpty()) {
            out.append(text);
        } else if (cidr.isHost()) {
            not(out, negated).append(option).append(cidr.address());
        } else {
            not(out, negated).append(option).append(cidr);
        }
    }

    private static String multiPortOption(Match.Side side) {
        return switch (side) {
            case SOURCE -> "--sports ";
            case DESTINATION -> "--dports ";
            case EITHER -> "--ports ";
        };
    }

    private static String joined(List<PortRange> ports) {
        return ports.stream().map(PortRange::toString).collect(Collectors.joining(","));
    }

    private static void appendState(StringBuilder out, Match.ConnectionState match) {
        not(out.append("-m ").append(match.module()).append(' '), match.negated())
                .append(match.module().equals("state") ? "--state " : "--ctstate ")
                .append(match.states().stream().sorted().map(CtState::name).collect(Collectors.joining(",")));
    }

    private static void appendRecent(StringBuilder out, Match.Recent match) {
        not(out.append("-m recent --name ").append(match.list()).append(' '), match.negated());
        out.append("--").append(match.operation().name().toLowerCase(java.util.Locale.ROOT));
        if (match.seconds() > 0) {
            out.append(" --seconds ").append(match.seconds());
        }
        if (match.reap()) {
            out.append(" --reap");
        }
    }

    private static String reject(String with) {
        boolean bare = with.equals("icmp-port-unreachable") || with.equals("icmp6-port-unreachable");
        return bare ? "-j REJECT" : "-j REJECT --reject-with " + with;
    }

    private static void appendDnat(StringBuilder out, Target.Dnat target) {
        if (!target.text().isEmpty()) {
            out.append(target.text());
            return;
        }
        out.append("-j DNAT --to-destination ");
        target.address().ifPresent(address -> {
            boolean brackets = !address.isV4() && target.port() != 0;
            out.append(brackets ? "[" : "").append(address).append(brackets ? "]" : "");
        });
        if (target.port() != 0) {
            out.append(':').append(target.port());
        }
    }

    private static String setMark(int clear, int xor) {
        if (clear == xor) {
            return "-j MARK --or-mark " + mark(xor);
        }
        return clear == 0 ? "-j MARK --xor-mark " + mark(xor) : "-j MARK --set-xmark " + mark(xor) + "/" + mark(clear);
    }
}
