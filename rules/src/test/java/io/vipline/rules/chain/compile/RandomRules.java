package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.CtState;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/** Rule sets and packets made of the same few values, a function of the seed. */
final class RandomRules {
    private static final List<String> ADDRESSES = List.of(
            "10.0.0.1",
            "10.0.0.2",
            "10.0.1.2",
            "10.9.0.1",
            "10.9.0.2",
            "192.168.0.2",
            "192.168.0.7",
            "127.0.0.1",
            "224.0.0.1");
    private static final List<String> RANGES =
            List.of("10.0.0.0/24", "10.0.0.0/8", "192.168.0.0/24", "127.0.0.0/8", "0.0.0.0/0");
    private static final List<String> PORTS = List.of("80", "81", "443", "80:100", "1:65535", "400:500");
    private static final List<String> STATES =
            List.of("NEW", "ESTABLISHED,RELATED", "INVALID", "DNAT", "UNTRACKED", "DNAT,ESTABLISHED", "SNAT");
    /** What kube-proxy's own rules do not ask. */
    private static final List<String> FOREIGN = List.of(
            "--ttl-lt 2",
            "--ttl-lt 64",
            "--tos 0x10",
            "--ctmark 0x1/0x1",
            "--ctmark 0x0",
            "--ctmark 0x2/0x3",
            "--ctorigsrc 10.0.0.0/24",
            "--ctorigdst 10.9.0.1",
            "--ctorigdst 10.0.0.0/8",
            "--ctreplsrc 10.9.0.0/24",
            "--ctreplsrc 192.168.0.2",
            "--ctrepldst 10.5.0.1",
            "--ctorigdstport 80",
            "--ctreplsrcport 8080",
            "--ctorigsrcport 1000",
            "--ctrepldstport 1000",
            "--ctdir ORIGINAL",
            "--ctdir REPLY",
            "--local-on dst-in");

    private static final List<String> USER_CHAINS = List.of("A", "B", "C");
    private static final Map<String, List<String>> BASE_CHAINS = Map.of(
            "raw", List.of("PREROUTING", "OUTPUT"),
            "mangle", List.of("PREROUTING", "FORWARD", "POSTROUTING"),
            "nat", List.of("PREROUTING", "OUTPUT", "INPUT", "POSTROUTING"),
            "filter", List.of("INPUT", "FORWARD", "OUTPUT"));

    private final Random random;
    private final boolean unknowns;
    private final boolean foreign;

    /** @param unknowns whether some terms are such that nobody can decide them */
    RandomRules(long seed, boolean unknowns) {
        this(seed, unknowns, false);
    }

    /** @param foreign whether some terms and targets are such as kube-proxy's own rules have not */
    RandomRules(long seed, boolean unknowns, boolean foreign) {
        this.random = new Random(seed);
        this.unknowns = unknowns;
        this.foreign = foreign;
    }

    /** One line a rule or chain, as {@link io.vipline.rules.chain.RulesText} reads them. */
    List<String> rules() {
        List<String> lines = new ArrayList<>();
        for (String table : List.of("raw", "mangle", "nat", "filter")) {
            lines.add("*" + table);
            BASE_CHAINS.get(table).forEach(base -> lines.add(":" + base + (oneIn(6) ? " DROP" : " ACCEPT")));
            USER_CHAINS.forEach(chain -> lines.add(":" + chain + " -"));
            BASE_CHAINS.get(table).forEach(base -> addChain(table, base, USER_CHAINS, lines));
            for (int i = 0; i < USER_CHAINS.size(); i++) {
                // only later chains are called, so that nothing loops
                addChain(table, USER_CHAINS.get(i), USER_CHAINS.subList(i + 1, USER_CHAINS.size()), lines);
            }
        }
        return lines;
    }

    private void addChain(String table, String chain, List<String> callable, List<String> lines) {
        boolean busy = table.equals("nat") || table.equals("filter");
        // some chains long enough to be indexed
        int rules = random.nextInt(busy ? oneIn(3) ? 18 : 6 : 3);
        for (int i = 0; i < rules; i++) {
            String target = target(table, callable);
            lines.add("-A " + chain + terms() + (target.startsWith("-g") ? " " : " -j ") + target);
        }
    }

    private String terms() {
        StringBuilder terms = new StringBuilder();
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            String term = term();
            if (!repeats(terms.toString(), term)) {
                terms.append(' ').append(term);
            }
        }
        return terms.toString();
    }

    /** iptables takes an option once only. */
    private static boolean repeats(String terms, String term) {
        for (String word : term.split(" ")) {
            if (word.startsWith("-") && (terms + " ").contains(" " + word + " ")) {
                return true;
            }
        }
        return false;
    }

    private String term() {
        if (unknowns && oneIn(14)) {
            return "?" + any("X", "Y", "Z");
        }
        if (foreign && oneIn(8)) {
            return not() + any(FOREIGN);
        }
        List<Supplier<String>> ways = List.of(
                () -> not() + "-s " + any(ADDRESSES),
                () -> not() + "-s " + any(RANGES),
                () -> not() + "-d " + any(ADDRESSES),
                () -> not() + "-d " + any(RANGES),
                () -> not() + "-p " + any("tcp", "udp", "icmp", "47"),
                () -> not() + any("-i eth0", "-i eth+", "-i lo", "-i cali1", "-o eth1", "-o lo", "-o eth+"),
                () -> not() + "--mark " + any("0x1/0x1", "0x2/0x3", "0x4/0x4", "0x0"),
                () -> not() + "--ctstate " + any(STATES),
                () -> not()
                        + any("--src-type ", "--dst-type ")
                        + any("LOCAL", "UNICAST", "MULTICAST", "LOCAL,MULTICAST"),
                () -> not() + "--icmp-type " + any("8", "3"),
                () -> "-p " + any("tcp", "udp") + " " + not() + "--dport " + any(PORTS),
                () -> any("-p tcp --dports 80,443", "-p udp --sports 53,1000:2000", "-p tcp --sport 1:1023"),
                () -> "-p tcp ! --ports 81,90:95",
                () -> "-d " + any(ADDRESSES) + " -p " + any("tcp", "udp") + " --dport " + any("80", "443"),
                () -> "-d " + any(ADDRESSES) + " -p " + any("tcp", "udp") + " --dport " + any("80", "443"),
                () -> any("--probability 0.5", "--probability 0.25", "--rcheck L1 60", "--probability 1"));
        return any(ways).get();
    }

    private String target(String table, List<String> callable) {
        List<String> targets = new ArrayList<>(List.of("ACCEPT", "RETURN", "LOG", mark()));
        callable.forEach(name -> targets.addAll(List.of(name, name, "-g " + name)));
        switch (table) {
            case "filter" -> targets.addAll(List.of("DROP", "REJECT", "DROP"));
            case "raw" -> targets.add("NOTRACK");
            // user chains may be reached from hooks where a target has no place: there it does nothing
            case "nat" ->
                targets.addAll(List.of(
                        "DNAT --to 10.9.0.1:8080",
                        "DNAT --to 10.9.0.2:80",
                        "DNAT --to 192.168.0.2",
                        // two verdicts in two words for a packet that is there already: not the same, then
                        unknowns ? "ACCEPT" : "DNAT --to :443",
                        "REDIRECT --to-ports 80",
                        "MASQUERADE",
                        "SNAT --to-source 10.5.0.1"));
            default -> {}
        }
        return unknowns && table.equals("filter") && oneIn(10) ? "TPROXY" : any(targets);
    }

    private String mark() {
        if (foreign && oneIn(3)) {
            return "CONNMARK "
                    + any("SET 0x1/0x1", "SET 0x2/0x3", "SAVE 0x3/0x3", "RESTORE 0x3/0x3", "RESTORE 0x1/0x2");
        }
        return "MARK " + any("--or-mark 0x1", "--xor-mark 0x3", "--set-xmark 0x4/0x6", "--and-mark 0xfffffffe");
    }

    PacketDescription packet() {
        int protocol = any(6, 6, 6, 17, 1, 47, 132);
        boolean ports = DestinationTerms.hasPorts(protocol);
        CtState state =
                oneIn(3) ? any(CtState.ESTABLISHED, CtState.RELATED, CtState.INVALID, CtState.UNTRACKED) : CtState.NEW;
        return PacketDescription.first(
                        protocol,
                        IpAddress.of(any(ADDRESSES)),
                        ports ? any(53, 1000, 40000) : -1,
                        IpAddress.of(any(ADDRESSES)),
                        ports ? any(80, 80, 81, 443, 90, 8080) : -1)
                .withState(state)
                .withMark(any(0, 0, 1, 2, 7))
                .withHeader(
                        foreign && unknowns && oneIn(3)
                                ? PacketDescription.Header.UNKNOWN
                                : new PacketDescription.Header(any(1, 2, 64), 60, any(0, 0x10)))
                .withInterfaces(Optional.of(any("eth0", "eth1", "cali1")), Optional.empty());
    }

    private boolean oneIn(int times) {
        return random.nextInt(times) == 0;
    }

    private String not() {
        return oneIn(3) ? "! " : "";
    }

    private <T> T any(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    @SafeVarargs
    private <T> T any(T... values) {
        return values[random.nextInt(values.length)];
    }
}
