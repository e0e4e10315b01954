package io.vipline.rules.chain.save;

import io.vipline.rules.chain.AddressSet;
import io.vipline.rules.chain.AddressSet.Entry;
import io.vipline.rules.chain.AddressSet.Part;
import io.vipline.rules.chain.PortRange;
import io.vipline.rules.model.Origin;
import io.vipline.rules.model.Problem;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads what {@code ipset save} writes: {@code create} and {@code add} lines, sets of every type of both families. Entries
 * with a timeout are taken to be there. Several texts make one collection.
 */
public final class IpsetSaveReader {
    /** @param dimensions {@code ip}, {@code net}, {@code port}, {@code iface}, …; of a list {@code set} */
    private record Draft(List<String> dimensions, int netmask, List<Entry> entries, List<String> members) {}

    private final Map<String, Draft> drafts = new LinkedHashMap<>();
    private final List<Problem> problems = new ArrayList<>();

    /**
     * Reads one text.
     *
     * @param source file name for problems
     * @throws IOException if {@code text} fails
     */
    public void read(String source, Reader text) throws IOException {
        int number = 0;
        try (BufferedReader in = new BufferedReader(text)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                number++;
                try {
                    line(line);
                } catch (SaveFault fault) {
                    Origin origin = new Origin(source, number, fault.position() + 1);
                    problems.add(Problem.error(origin, fault.getMessage(), "so the set can't be known", fault.mend()));
                }
            }
        }
    }

    public List<Problem> problems() {
        return List.copyOf(problems);
    }

    /** Every set by its name. */
    public Map<String, AddressSet> sets() {
        Map<String, AddressSet> sets = new LinkedHashMap<>();
        drafts.keySet().forEach(name -> build(name, sets, new HashSet<>()));
        return sets;
    }

    private AddressSet build(String name, Map<String, AddressSet> built, Set<String> open) {
        AddressSet known = built.get(name);
        Draft draft = drafts.get(name);
        if (known != null || draft == null || !open.add(name)) {
            return known;
        }
        List<AddressSet> members = new ArrayList<>();
        for (String member : draft.members()) {
            AddressSet set = build(member, built, open);
            if (set != null) {
                members.add(set);
            }
        }
        AddressSet set = new AddressSet(draft.entries(), members);
        built.put(name, set);
        return set;
    }

    private void line(String text) {
        SaveLine line = new SaveLine(text);
        if (!line.hasNext() || text.startsWith("#")) {
            return;
        }
        String verb = line.next().value();
        switch (verb) {
            case "create", "-N" -> create(line);
            case "add", "-A" -> add(line);
            case "COMMIT" -> {}
            default -> throw new SaveFault(0, "neither create nor add: " + verb, "give what ipset save writes");
        }
    }

    private void create(SaveLine line) {
        String name = line.value("create");
        int at = line.position();
        String type = line.value(name);
        int colon = type.indexOf(':');
        if (colon < 0) {
            throw new SaveFault(at, type + " is no type of set", "write it as hash:ip");
        }
        int netmask = -1;
        while (line.hasNext()) {
            if (line.next().value().equals("netmask")) {
                netmask = SaveValues.number(line.value("netmask"), 128).orElse(-1);
            }
        }
        List<String> dimensions = List.of(type.substring(colon + 1).split(","));
        drafts.put(name, new Draft(dimensions, netmask, new ArrayList<>(), new ArrayList<>()));
    }

    private void add(SaveLine line) {
        int at = line.position();
        String name = line.value("add");
        Draft set = drafts.get(name);
        if (set == null) {
            throw new SaveFault(at, "no set " + name + " was created", "give the whole of what ipset save writes");
        }
        int place = line.position();
        String element = line.value(name);
        Set<String> flags = new HashSet<>();
        while (line.hasNext()) {
            String word = line.next().value();
            flags.add(word);
            if (Set.of("timeout", "packets", "bytes", "comment").contains(word) && line.hasNext()) {
                line.next();
            }
        }
        if (set.dimensions().equals(List.of("set"))) {
            set.members().add(element);
            return;
        }
        String[] parts = element.split(",", -1);
        List<Part> read = new ArrayList<>();
        for (int i = 0; i < parts.length && i < set.dimensions().size(); i++) {
            String dimension = set.dimensions().get(i);
            String part = parts[i];
            read.add(part(dimension, part, set.netmask(), flags.contains("wildcard"))
                    .orElseThrow(() ->
                            new SaveFault(place, part + " is no " + dimension + " of a set", "correct the entry")));
        }
        if (parts.length != set.dimensions().size() && !set.dimensions().contains("mac")) {
            throw new SaveFault(place, element + " has not " + set.dimensions().size() + " parts", "correct the entry");
        }
        set.entries().add(new Entry(read, flags.contains("nomatch")));
    }

    private static Optional<Part> part(String dimension, String text, int netmask, boolean wildcard) {
        return switch (dimension) {
            case "ip", "net" -> addresses(text, netmask);
            case "port" -> ports(text);
            case "iface" ->
                Optional.of(text.startsWith("physdev:") ? new Part.Other(text) : new Part.Interface(text, wildcard));
            default -> Optional.of(new Part.Other(text));
        };
    }

    private static Optional<Part> addresses(String text, int netmask) {
        int dash = text.indexOf('-');
        if (dash > 0) {
            Optional<IpAddress> first = IpAddress.parse(text.substring(0, dash));
            Optional<IpAddress> last = IpAddress.parse(text.substring(dash + 1));
            return first.isEmpty() || last.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Part.Addresses(Cidr.host(first.get()), last.get()));
        }
        return SaveValues.cidr(text).map(cidr -> {
            boolean masked = netmask >= 0 && netmask < cidr.prefixLength();
            return new Part.Addresses(masked ? new Cidr(cidr.address(), netmask) : cidr, null);
        });
    }

    /** {@code tcp:80}, {@code 80}, {@code udp:53-54}; {@code icmp:8/0}. */
    private static Optional<Part> ports(String text) {
        int colon = text.indexOf(':');
        OptionalInt protocol = colon < 0 ? OptionalInt.of(-1) : SaveValues.protocol(text.substring(0, colon));
        String ports = text.substring(colon + 1);
        if (protocol.isEmpty()) {
            return Optional.empty();
        }
        if (protocol.getAsInt() == 1 || protocol.getAsInt() == 58) {
            return IcmpNames.typeAndCode(ports).map(code -> new Part.Ports(protocol.getAsInt(), code));
        }
        return SaveValues.ports(ports, '-').map((PortRange range) -> new Part.Ports(protocol.getAsInt(), range));
    }
}
