package io.vipline.rules.chain.save;

import io.vipline.rules.chain.PortRange;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpFamily;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Reads the target of a rule, from {@code -j} or {@code -g} to the end. */
final class SaveTargets {
    /** Targets that let the packet go on as it was, for all that a verdict depends on. */
    private static final Set<String> IGNORED = Set.of(
            "LOG",
            "NFLOG",
            "ULOG",
            "AUDIT",
            "TRACE",
            "CHECKSUM",
            "TCPMSS",
            "TCPOPTSTRIP",
            "TOS",
            "DSCP",
            "TTL",
            "HL",
            "ECN",
            "CLASSIFY",
            "SECMARK",
            "CONNSECMARK",
            "IDLETIMER",
            "RATEEST",
            "LED",
            "TEE",
            "SET");

    private final SaveLine line;
    private final IpFamily family;
    private final Predicate<String> isChain;
    private final int start;

    private SaveTargets(SaveLine line, IpFamily family, Predicate<String> isChain) {
        this.line = line;
        this.family = family;
        this.isChain = isChain;
        start = line.position();
    }

    /**
     * @param isChain whether the table declares a chain of this name
     * @throws SaveFault if a value of a known option can't be read
     */
    static Target read(SaveLine line, IpFamily family, Predicate<String> isChain) {
        if (!line.hasNext()) {
            return new Target.Continue();
        }
        SaveTargets reading = new SaveTargets(line, family, isChain);
        String how = line.next().value();
        String name = line.value(how);
        Target target = how.equals("-g") ? new Target.Goto(name) : reading.target(name);
        if (line.hasNext()) {
            return reading.opaque("its option " + line.peek().value() + " is not known here");
        }
        return target;
    }

    private Target target(String name) {
        return switch (name) {
            case "ACCEPT" -> new Target.Accept();
            case "DROP" -> new Target.Drop();
            case "RETURN" -> new Target.Return();
            case "REJECT" -> reject();
            case "MARK" -> mark();
            case "DNAT" -> dnat();
            case "SNAT" -> snat();
            case "MASQUERADE" -> masquerade();
            case "REDIRECT" -> redirect();
            case "CT" -> connectionTracking();
            case "NOTRACK" -> new Target.NoTrack(text());
            case "CONNMARK" -> connectionMark();
            default -> other(name);
        };
    }

    private Target other(String name) {
        if (isChain.test(name)) {
            return new Target.Jump(name);
        }
        if (IGNORED.contains(name)) {
            skip();
            return new Target.Ignored(text());
        }
        return opaque("what the target " + name + " does is not decided offline");
    }

    private Target reject() {
        String with = family == IpFamily.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
        if (line.accept("--reject-with")) {
            with = line.value("--reject-with");
        }
        return new Target.Reject(with, text());
    }

    /** {@code mark = (mark & ~clear) ^ xor} for each of the spellings ({@code xt_MARK.c}). */
    private Target mark() {
        String option = line.value("MARK");
        String value = line.value(option);
        int[] given = SaveValues.masked(value)
                .orElseThrow(() -> new SaveFault(start, option + " " + value + " is not a mark", "correct the value"));
        return switch (option) {
            case "--set-xmark" -> new Target.SetMark(given[1], given[0], text());
            case "--set-mark" -> new Target.SetMark(given[0] | given[1], given[0], text());
            case "--or-mark" -> new Target.SetMark(given[0], given[0], text());
            case "--and-mark" -> new Target.SetMark(~given[0], 0, text());
            case "--xor-mark" -> new Target.SetMark(0, given[0], text());
            default -> opaque("what " + option + " does to the mark is not known here");
        };
    }

    private Target dnat() {
        if (!line.accept("--to-destination")) {
            return opaque("a destination is missing");
        }
        HostAndPorts to = hostAndPorts(line.value("--to-destination"));
        acceptFlags();
        if (to.many() || to.ports().filter(ports -> !ports.isSingle()).isPresent()) {
            return opaque("the kernel chooses among several destinations");
        }
        return new Target.Dnat(to.host(), to.ports().map(PortRange::first).orElse(0), text());
    }

    private Target snat() {
        if (!line.accept("--to-source")) {
            return opaque("a source is missing");
        }
        HostAndPorts to = hostAndPorts(line.value("--to-source"));
        boolean randomFully = acceptFlags();
        if (to.many() || to.host().isEmpty()) {
            return opaque("the kernel chooses among several sources");
        }
        return new Target.Snat(to.host().get(), to.ports(), randomFully, text());
    }

    private Target masquerade() {
        Optional<PortRange> ports = toPorts();
        boolean randomFully = acceptFlags();
        return new Target.Masquerade(randomFully, ports, text());
    }

    private Target redirect() {
        Optional<PortRange> ports = toPorts();
        acceptFlags();
        if (ports.filter(range -> !range.isSingle()).isPresent()) {
            return opaque("the kernel chooses among several ports");
        }
        return new Target.Redirect(ports.map(PortRange::first).orElse(0), text());
    }

    private Optional<PortRange> toPorts() {
        if (!line.accept("--to-ports")) {
            return Optional.empty();
        }
        String value = line.value("--to-ports");
        Optional<PortRange> ports = SaveValues.ports(value, '-');
        if (ports.isEmpty()) {
            throw new SaveFault(start, "--to-ports " + value + " is no port or range of them", "correct the value");
        }
        return ports;
    }

    /** Takes the flags of NAT targets. @return whether ports are drawn at random fully */
    private boolean acceptFlags() {
        boolean randomFully = false;
        while (line.nextIs("--random") || line.nextIs("--random-fully") || line.nextIs("--persistent")) {
            randomFully |= line.next().value().equals("--random-fully");
        }
        return randomFully;
    }

    private Target connectionTracking() {
        if (line.accept("--notrack")) {
            return new Target.NoTrack(text());
        }
        // zone, helper, events, timeout: nothing that the first packet's way depends on
        skip();
        return new Target.Ignored(text());
    }

    private Target connectionMark() {
        String option = line.value("CONNMARK");
        return switch (option) {
            case "--save-mark" -> connectionMark(Target.MarkOperation.SAVE);
            case "--restore-mark" -> connectionMark(Target.MarkOperation.RESTORE);
            default -> setConnectionMark(option);
        };
    }

    private Target setConnectionMark(String option) {
        int[] given = maskedValue(option);
        Target.MarkOperation set = Target.MarkOperation.SET;
        return switch (option) {
            case "--set-xmark" -> new Target.ConnectionMark(set, given[0], given[1], text());
            case "--set-mark" -> new Target.ConnectionMark(set, given[0], given[0] | given[1], text());
            case "--or-mark" -> new Target.ConnectionMark(set, given[0], given[0], text());
            case "--and-mark" -> new Target.ConnectionMark(set, 0, ~given[0], text());
            case "--xor-mark" -> new Target.ConnectionMark(set, given[0], 0, text());
            default -> opaque("what " + option + " does to the connection's mark is not known here");
        };
    }

    private Target connectionMark(Target.MarkOperation operation) {
        int ofPacket = -1;
        int ofConnection = -1;
        while (line.hasNext()) {
            String option = line.next().value();
            int mask = maskedValue(option)[0];
            ofPacket = option.equals("--ctmask") ? ofPacket : mask;
            ofConnection = option.equals("--nfmask") ? ofConnection : mask;
        }
        return new Target.ConnectionMark(operation, ofPacket, ofConnection, text());
    }

    private int[] maskedValue(String option) {
        String value = line.value(option);
        return SaveValues.masked(value)
                .orElseThrow(() -> new SaveFault(start, option + " " + value + " is not a mark", "correct the value"));
    }

    /** @param many whether the address is a range */
    private record HostAndPorts(Optional<IpAddress> host, Optional<PortRange> ports, boolean many) {}

    /** {@code 10.0.0.1}, {@code 10.0.0.1:80}, {@code :80}, {@code [fd00::1]:80}, {@code fd00::1}, ranges with a dash. */
    private HostAndPorts hostAndPorts(String text) {
        String host = text;
        String ports = "";
        int close = text.lastIndexOf(']');
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[") && close > 0) {
            host = text.substring(1, close);
            ports = close + 1 < text.length() ? text.substring(close + 2) : "";
        } else if (colon >= 0 && text.indexOf(':') == colon) {
            host = text.substring(0, colon);
            ports = text.substring(colon + 1);
        }
        boolean many = host.contains("-");
        String first = many ? host.substring(0, host.indexOf('-')) : host;
        Optional<IpAddress> address = first.isEmpty() ? Optional.empty() : IpAddress.parse(first);
        Optional<PortRange> range = ports.isEmpty() ? Optional.empty() : SaveValues.ports(ports, '-');
        if ((address.isEmpty() && !first.isEmpty()) || (range.isEmpty() && !ports.isEmpty())) {
            throw new SaveFault(start, text + " is not an address and port", "write it as 10.0.0.1:80 or [fd00::1]:80");
        }
        return new HostAndPorts(address, range, many);
    }

    private Target opaque(String because) {
        skip();
        return new Target.Opaque(text(), because);
    }

    private void skip() {
        while (line.hasNext()) {
            line.next();
        }
    }

    private String text() {
        return line.textFrom(start);
    }
}
