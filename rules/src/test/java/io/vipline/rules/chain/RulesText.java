package io.vipline.rules.chain;

import io.vipline.rules.model.Origin;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.net.Protocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rule sets of tests, as people write them: the lines of {@code iptables-save}, as many of its words as tests use. A
 * comment that begins with {@code service=} names the Service. {@code ?NAME} is a term that nobody can decide.
 */
public final class RulesText {
    private final Map<String, List<Rule>> chains = new LinkedHashMap<>();
    private final Map<String, Optional<BaseChain>> bases = new LinkedHashMap<>();
    private String table = "";

    private RulesText() {}

    public static Ruleset ipv4(String text) {
        RulesText rules = new RulesText();
        text.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(rules::line);
        Ruleset.Builder ruleset = Ruleset.builder(IpFamily.IPV4);
        rules.chains.forEach((name, list) -> {
            String[] parts = name.split(" ");
            ruleset.put(new Chain(parts[0], parts[1], rules.bases.get(name), list));
        });
        return ruleset.build();
    }

    private void line(String line) {
        if (line.startsWith("*")) {
            table = line.substring(1);
        } else if (line.startsWith(":")) {
            String[] parts = line.substring(1).split(" ");
            declare(parts[0], parts[1]);
        } else {
            String[] words = line.split(" ");
            chains.get(table + " " + words[1]).add(rule(List.of(words).subList(2, words.length)));
        }
    }

    private void declare(String name, String policy) {
        String key = table + " " + name;
        chains.put(key, new ArrayList<>());
        bases.put(key, policy.equals("-") ? Optional.empty() : Optional.of(base(Hook.valueOf(name), policy)));
    }

    private BaseChain base(Hook hook, String policy) {
        boolean source = hook == Hook.POSTROUTING || hook == Hook.INPUT;
        int priority = switch (table) {
            case "raw" -> -300;
            case "mangle" -> -150;
            case "nat" -> source ? 100 : -100;
            case "filter" -> 0;
            case "security" -> 50;
            default -> throw new IllegalArgumentException(table);
        };
        return new BaseChain(hook, priority, table.equals("nat"), policy.equals("ACCEPT"));
    }

    private static Rule rule(List<String> words) {
        List<Match> matches = new ArrayList<>();
        Target target = new Target.Continue();
        String service = "";
        for (int i = 0; i < words.size(); i++) {
            boolean negated = words.get(i).equals("!");
            String word = words.get(negated ? ++i : i);
            if (word.equals("-j") || word.equals("-g")) {
                target = target(word, words.subList(i + 1, words.size()));
                break;
            }
            if (word.startsWith("?")) {
                matches.add(new Match.Opaque(word, "made up"));
                continue;
            }
            String value = words.get(++i);
            if (word.equals("--comment")) {
                service = value.startsWith("service=") ? value.substring(8) : service;
                matches.add(new Match.Comment(value, false));
            } else {
                matches.add(match(word, value, negated, i + 1 < words.size() ? words.get(i + 1) : ""));
                i += word.equals("--tcp-flags") || word.equals("--rcheck") ? 1 : 0;
            }
        }
        return new Rule(matches, target, Origin.madeUp("test"), service);
    }

    private static Match match(String word, String value, boolean negated, String next) {
        return switch (word) {
            case "-p" -> protocol(value, negated);
            case "-s" -> new Match.Source(Cidr.of(value), "", negated);
            case "-d" -> new Match.Destination(Cidr.of(value), "", negated);
            case "-i" -> new Match.InInterface(value, negated);
            case "-o" -> new Match.OutInterface(value, negated);
            case "--sport" -> new Match.SourcePort(range(value), negated);
            case "--dport" -> new Match.DestinationPort(range(value), negated);
            case "--sports" -> new Match.MultiPort(Match.Side.SOURCE, ranges(value), negated);
            case "--dports" -> new Match.MultiPort(Match.Side.DESTINATION, ranges(value), negated);
            case "--ports" -> new Match.MultiPort(Match.Side.EITHER, ranges(value), negated);
            case "--ctstate" -> new Match.ConnectionState("conntrack", states(value), "", negated);
            case "--mark" -> mark(value, negated);
            case "--src-type" -> new Match.AddressType(Match.Side.SOURCE, Set.of(value.split(",")), "", negated);
            case "--dst-type" -> new Match.AddressType(Match.Side.DESTINATION, Set.of(value.split(",")), "", negated);
            case "--probability" -> new Match.Statistic(Double.parseDouble(value), "");
            case "--set" -> new Match.Recent(Match.RecentOperation.SET, value, 0, false, "", negated);
            case "--rcheck" ->
                new Match.Recent(Match.RecentOperation.RCHECK, value, Integer.parseInt(next), true, "", negated);
            case "--tcp-flags" ->
                new Match.TcpFlags(flags(value), flags(next), "--tcp-flags " + value + " " + next, negated);
            case "--ttl-lt" ->
                new Match.HeaderField(Match.Field.TTL, 255, 0, Integer.parseInt(value) - 1, word, negated);
            case "--tos" ->
                new Match.HeaderField(
                        Match.Field.TOS, 255, Integer.decode(value), Integer.decode(value), word + value, negated);
            case "--ctmark" -> connectionMark(value, negated);
            case "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst" ->
                new Match.TupleAddress(
                        word.contains("repl"),
                        word.endsWith("src") ? Match.Side.SOURCE : Match.Side.DESTINATION,
                        Cidr.of(value),
                        word + value,
                        negated);
            case "--ctorigsrcport", "--ctorigdstport", "--ctreplsrcport", "--ctrepldstport" ->
                new Match.TuplePort(
                        word.contains("repl"),
                        word.contains("src") ? Match.Side.SOURCE : Match.Side.DESTINATION,
                        range(value),
                        word + value,
                        negated);
            case "--ctdir" ->
                new Match.ConnectionTrait(
                        Match.Trait.DIRECTION, value.equals("ORIGINAL") ? 0 : 1, word + value, negated);
            case "--local-on" ->
                new Match.LocalOnInterface(
                        value.startsWith("src") ? Match.Side.SOURCE : Match.Side.DESTINATION,
                        value.endsWith("in"),
                        word + value,
                        negated);
            case "--icmp-type" -> new Match.IcmpType(Integer.parseInt(value), -1, "--icmp-type " + value, negated);
            default -> throw new IllegalArgumentException(word);
        };
    }

    private static Match protocol(String value, boolean negated) {
        int number = Protocol.ofText(value).map(Protocol::number).orElseGet(() -> Integer.parseInt(value));
        return new Match.Protocol(number, value, negated);
    }

    private static PortRange range(String text) {
        String[] ends = text.split(":");
        return new PortRange(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
    }

    private static List<PortRange> ranges(String text) {
        return Stream.of(text.split(",")).map(RulesText::range).toList();
    }

    private static Set<CtState> states(String text) {
        return Stream.of(text.split(",")).map(CtState::valueOf).collect(Collectors.toSet());
    }

    private static Match mark(String text, boolean negated) {
        String[] parts = text.split("/");
        int mask = parts.length == 1 ? -1 : (int) (long) Long.decode(parts[1]);
        return new Match.Mark((int) (long) Long.decode(parts[0]), mask, "", negated);
    }

    private static Match connectionMark(String text, boolean negated) {
        Match.Mark mark = (Match.Mark) mark(text, negated);
        return new Match.ConnectionMark(mark.value(), mark.mask(), "--ctmark " + text, negated);
    }

    private static int flags(String names) {
        List<String> bits = List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG");
        return Stream.of(names.split(","))
                .filter(name -> !name.equals("NONE"))
                .mapToInt(name -> 1 << bits.indexOf(name))
                .sum();
    }

    private static Target target(String word, List<String> words) {
        String name = words.getFirst();
        String value = words.size() > 2 ? words.get(2) : "";
        return switch (name) {
            case "ACCEPT" -> new Target.Accept();
            case "DROP" -> new Target.Drop();
            case "RETURN" -> new Target.Return();
            case "REJECT" -> new Target.Reject("icmp-port-unreachable", "");
            case "DNAT" -> dnat(value);
            case "SNAT" ->
                new Target.Snat(IpAddress.of(value), Optional.empty(), false, "-j SNAT --to-source " + value);
            case "MASQUERADE" -> new Target.Masquerade(false, Optional.empty(), "");
            case "REDIRECT" -> new Target.Redirect(Integer.parseInt(value), "-j REDIRECT --to-ports " + value);
            case "MARK" -> setMark(words.get(1), value);
            case "CONNMARK" -> connectionMarkTarget(words.get(1), value);
            case "NOTRACK" -> new Target.NoTrack("-j NOTRACK");
            case "LOG" -> new Target.Ignored("-j LOG");
            case "TPROXY" -> new Target.Opaque("-j TPROXY", "made up");
            default -> word.equals("-g") ? new Target.Goto(name) : new Target.Jump(name);
        };
    }

    private static Target dnat(String to) {
        int colon = to.indexOf(':');
        String address = colon < 0 ? to : to.substring(0, colon);
        IpPort endpoint = new IpPort(
                address.isEmpty() ? IpAddress.v4(0) : IpAddress.of(address),
                colon < 0 ? 0 : Integer.parseInt(to.substring(colon + 1)));
        Optional<IpAddress> known = address.isEmpty() ? Optional.empty() : Optional.of(endpoint.address());
        return new Target.Dnat(known, endpoint.port(), "");
    }

    /** {@code CONNMARK SET VALUE/MASK}, {@code CONNMARK SAVE|RESTORE NFMASK/CTMASK}. */
    private static Target connectionMarkTarget(String operation, String value) {
        Match.Mark bits = (Match.Mark) mark(value, false);
        return new Target.ConnectionMark(
                Target.MarkOperation.valueOf(operation), bits.value(), bits.mask(), "-j CONNMARK " + value);
    }

    private static Target setMark(String how, String value) {
        String[] parts = value.split("/");
        int bits = (int) (long) Long.decode(parts[0]);
        return switch (how) {
            case "--or-mark" -> new Target.SetMark(bits, bits, "");
            case "--xor-mark" -> new Target.SetMark(0, bits, "");
            case "--and-mark" -> new Target.SetMark(~bits, 0, "");
            case "--set-xmark" -> new Target.SetMark((int) (long) Long.decode(parts[1]), bits, "");
            default -> throw new IllegalArgumentException(how);
        };
    }
}
