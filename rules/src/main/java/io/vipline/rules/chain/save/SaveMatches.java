package io.vipline.rules.chain.save;

import io.vipline.rules.chain.AddressSet;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/** Reads the matches of a rule, up to its target. */
final class SaveMatches {
    private static final Set<String> PROTOCOL_MODULES =
            Set.of("tcp", "udp", "sctp", "icmp", "icmp6", "icmpv6", "ipv6-icmp", "dccp", "udplite");

    private final SaveLine line;
    private final IpFamily family;
    private final Map<String, AddressSet> sets;
    private final List<Match> matches = new ArrayList<>();
    private final Set<String> loaded = new HashSet<>();

    /** The module whose {@code -m} has no term yet; empty if there is none. */
    private String module = "";

    private boolean moduleHasTerm = true;
    private int start;

    private SaveMatches(SaveLine line, IpFamily family, Map<String, AddressSet> sets) {
        this.line = line;
        this.family = family;
        this.sets = sets;
    }

    /** @throws SaveFault if a value of a known option can't be read */
    static List<Match> read(SaveLine line, IpFamily family, Map<String, AddressSet> sets) {
        SaveMatches reading = new SaveMatches(line, family, sets);
        while (line.hasNext() && !line.nextIs("-j") && !line.nextIs("-g")) {
            reading.term();
        }
        reading.closeModule();
        return reading.matches;
    }

    private void term() {
        if (moduleHasTerm) {
            start = line.position();
        }
        int own = line.position();
        boolean negated = line.accept("!");
        String option = line.value("!");
        switch (option) {
            case "-m", "--match" -> openModule(own);
            case "-p",
                    "--protocol",
                    "-s",
                    "--source",
                    "-d",
                    "--destination",
                    "-i",
                    "--in-interface",
                    "-o",
                    "--out-interface",
                    "-f",
                    "--fragment" -> basic(option, negated, own);
            default -> {
                matches.add(extension(option, negated));
                moduleHasTerm = true;
            }
        }
    }

    private void openModule(int own) {
        closeModule();
        start = own;
        module = line.value("-m");
        loaded.add(module);
        moduleHasTerm = PROTOCOL_MODULES.contains(module);
        if (moduleHasTerm) {
            matches.add(new Match.Module(module));
        }
    }

    /** A module that was loaded and asked nothing. */
    private void closeModule() {
        if (!moduleHasTerm && module.equals("rpfilter")) {
            matches.add(GrantedTerms.reversePath(false, "-m " + module));
            moduleHasTerm = true;
        }
        if (!moduleHasTerm) {
            String text = "-m " + module;
            matches.add(new Match.Opaque(text, "what the match " + module + " asks is not known here", text, false));
            moduleHasTerm = true;
        }
    }

    private void basic(String option, boolean negated, int own) {
        String value = option.equals("-f") || option.equals("--fragment") ? "" : line.value(option);
        Match match = switch (option) {
            case "-p", "--protocol" -> {
                OptionalInt number = SaveValues.protocol(value);
                yield number.isPresent()
                        ? new Match.Protocol(number.getAsInt(), value, negated)
                        : opaque(own, "the number of protocol " + value + " is not known here");
            }
            case "-s", "--source" ->
                SaveValues.cidr(value)
                        .<Match>map(cidr -> new Match.Source(cidr, line.textFrom(own), negated))
                        .orElseThrow(() -> wrong(option, value, "an address or a range of them"));
            case "-d", "--destination" ->
                SaveValues.cidr(value)
                        .<Match>map(cidr -> new Match.Destination(cidr, line.textFrom(own), negated))
                        .orElseThrow(() -> wrong(option, value, "an address or a range of them"));
            case "-i", "--in-interface" -> new Match.InInterface(value, negated);
            case "-o", "--out-interface" -> new Match.OutInterface(value, negated);
            default -> new Match.Granted(negated, "the packet is no later fragment", line.textFrom(own));
        };
        matches.add(match);
    }

    private Match extension(String option, boolean negated) {
        Match protocolTerm = protocolTerm(option, negated);
        if (protocolTerm != null) {
            return protocolTerm;
        }
        return switch (module) {
            case "comment" -> new Match.Comment(line.value(option), line.wasQuoted());
            case "conntrack", "state" -> connectionState(option, negated);
            case "mark" ->
                value(option, "--mark", SaveValues::masked, "a mark like 0x4000/0x4000")
                        .<Match>map(mark -> new Match.Mark(mark[0], mark[1], text(), negated))
                        .orElseGet(() -> unknown(option));
            case "addrtype" -> addressType(option, negated);
            case "multiport" -> multiPort(option, negated);
            case "statistic" -> SaveExtensions.statistic(line, start, option);
            case "recent" -> SaveExtensions.recent(line, start, option, negated);
            case "set" -> SaveExtensions.ipSet(line, start, option, negated, sets);
            case "connmark" ->
                value(option, "--mark", SaveValues::masked, "a mark like 0x4000/0x4000")
                        .<Match>map(mark -> new Match.ConnectionMark(mark[0], mark[1], text(), negated))
                        .orElseGet(() -> unknown(option));
            case "iprange" -> addressRange(option, negated);
            case "owner" -> socketOwner(negated);
            case "ttl", "hl", "length", "tos", "dscp", "ecn" ->
                new SaveHeaderTerms(line, start).read(module, option, negated).orElseGet(() -> unknown(option));
            case "nfacct" -> new Match.NfAcct(line.value(option));
            default -> {
                Optional<Match> granted = GrantedTerms.read(module, negated, line, start);
                yield granted.orElseGet(() -> unknown(option));
            }
        };
    }

    private Match addressRange(String option, boolean negated) {
        Match.Side side = option.equals("--src-range") ? Match.Side.SOURCE : Match.Side.DESTINATION;
        String value = line.value(option);
        int dash = value.indexOf('-');
        Optional<IpAddress> first = IpAddress.parse(dash < 0 ? value : value.substring(0, dash));
        Optional<IpAddress> last = IpAddress.parse(value.substring(dash + 1));
        if (first.isEmpty() || last.isEmpty()) {
            throw wrong(option, value, "a range like 10.0.0.1-10.0.0.9");
        }
        return new Match.AddressRange(side, first.get(), last.get(), text(), negated);
    }

    /** {@code xt_owner.c}: without a socket it holds if every option is negated. */
    private Match socketOwner(boolean firstNegated) {
        boolean all = firstNegated;
        int options = 1;
        line.skipValues();
        while (line.nextIs("!") || line.peek().value().startsWith("--")) {
            all &= line.accept("!");
            line.next();
            line.skipValues();
            options++;
        }
        return new Match.SocketOwner(all, text(), options == 1 ? text().replace(" ! ", " ") : "");
    }

    /** Terms of the protocols' modules, which may stand after another module; null if it is none. */
    private Match protocolTerm(String option, boolean negated) {
        boolean ports = loaded.contains("tcp") || loaded.contains("udp") || loaded.contains("sctp");
        return switch (option) {
            case "--sport", "--source-port" -> ports ? new Match.SourcePort(ports(option), negated) : null;
            case "--dport", "--destination-port" -> ports ? new Match.DestinationPort(ports(option), negated) : null;
            case "--tcp-flags" -> {
                int mask = flags(option);
                int compare = flags(option);
                yield new Match.TcpFlags(mask, compare, line.textFrom(start), negated);
            }
            case "--syn" -> new Match.TcpFlags(0x17, 0x02, line.textFrom(start), negated);
            case "--icmp-type", "--icmpv6-type" -> icmpType(option, negated);
            default -> null;
        };
    }

    private PortRange ports(String option) {
        String value = line.value(option);
        return SaveValues.ports(value, ':').orElseThrow(() -> wrong(option, value, "a port or ports like 80:90"));
    }

    private int flags(String option) {
        String value = line.value(option);
        return SaveValues.tcpFlags(value).orElseThrow(() -> wrong(option, value, "TCP flags like SYN,ACK"));
    }

    private Match icmpType(String option, boolean negated) {
        String value = line.value(option);
        String number = IcmpNames.number(value, family == IpFamily.IPV6);
        if (value.equals("any")) {
            return new Match.IcmpType(255, -1, line.textFrom(start), negated);
        }
        int slash = number.indexOf('/');
        OptionalInt type = SaveValues.number(slash < 0 ? number : number.substring(0, slash), 255);
        OptionalInt code = slash < 0 ? OptionalInt.of(-1) : SaveValues.number(number.substring(slash + 1), 255);
        if (type.isEmpty() || code.isEmpty()) {
            return opaque(start, "the number of ICMP type " + value + " is not known here");
        }
        return new Match.IcmpType(type.getAsInt(), code.getAsInt(), line.textFrom(start), negated);
    }

    private Match connectionState(String option, boolean negated) {
        String name = module.equals("state") ? "--state" : "--ctstate";
        return value(option, name, SaveValues::states, "connection states like NEW,RELATED")
                .<Match>map(states -> new Match.ConnectionState(module, states, text(), negated))
                .or(() -> new SaveTupleTerms(line, start).read(option, negated))
                .orElseGet(() -> unknown(option));
    }

    private Match addressType(String option, boolean negated) {
        Match.Side side = switch (option) {
            case "--src-type" -> Match.Side.SOURCE;
            case "--dst-type" -> Match.Side.DESTINATION;
            default -> null;
        };
        if (side == null) {
            return unknown(option);
        }
        Set<String> types = Set.of(line.value(option).toUpperCase(Locale.ROOT).split(","));
        if (line.nextIs("--limit-iface-in") || line.nextIs("--limit-iface-out")) {
            boolean arriving = line.next().value().equals("--limit-iface-in");
            return types.equals(Set.of("LOCAL"))
                    ? new Match.LocalOnInterface(side, arriving, text(), negated)
                    : opaque(start, "which interface has which address is not known");
        }
        return new Match.AddressType(side, types, text(), negated);
    }

    private Match multiPort(String option, boolean negated) {
        Match.Side side = switch (option) {
            case "--sports", "--source-ports" -> Match.Side.SOURCE;
            case "--dports", "--destination-ports" -> Match.Side.DESTINATION;
            case "--ports" -> Match.Side.EITHER;
            default -> null;
        };
        if (side == null) {
            return unknown(option);
        }
        String value = line.value(option);
        List<PortRange> ports =
                SaveValues.portList(value).orElseThrow(() -> wrong(option, value, "ports like 80,443,8000:8080"));
        return new Match.MultiPort(side, ports, negated);
    }

    /** The value of an option that has this name; empty if the option is another. */
    private <T> Optional<T> value(String option, String name, Function<String, Optional<T>> read, String what) {
        if (!option.equals(name)) {
            return Optional.empty();
        }
        String value = line.value(option);
        return Optional.of(read.apply(value).orElseThrow(() -> wrong(option, value, what)));
    }

    /** Everything up to the next module or target belongs to what we don't know. */
    private Match unknown(String option) {
        line.skipTerm();
        return opaque(
                start,
                switch (module) {
                    case "limit", "hashlimit" -> "whether the limit is reached depends on other packets";
                    case "connlimit" -> "how many connections there are is not known";
                    case "quota" -> "whether the quota is used up depends on other packets";
                    case "time" -> "the time of day is not known";
                    case "" -> "the option " + option + " is not decided offline";
                    default -> "the match " + module + " with " + option + " is not decided offline";
                });
    }

    private Match opaque(int from, String because) {
        String text = line.textFrom(from);
        // what is asked of packet and node alone has one answer, however often it is asked
        boolean same = from == start
                && !Set.of("limit", "hashlimit", "connlimit", "statistic", "quota", "recent")
                        .contains(module);
        boolean negated = text.contains(" ! ");
        return new Match.Opaque(text, because, same ? text.replace(" ! ", " ") : "", same && negated);
    }

    private String text() {
        return line.textFrom(start);
    }

    private SaveFault wrong(String option, String value, String what) {
        return new SaveFault(start, option + " " + value + " is not " + what, "correct the value");
    }
}
