package io.vipline.rules.proof;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes packets through the text of a full sync with its jumps, word by word, for tests: knows what kube-proxy writes and
 * nothing of how Vipline holds rules. Only first packets of connections; lists of the {@code recent} match are empty.
 */
final class SyncText {
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    private final Map<String, List<List<String>>> chains = new HashMap<>();
    private final NodeAddresses node;

    /** Which addresses are the node's. */
    interface NodeAddresses {
        boolean isLocal(IpAddress address);
    }

    /** A packet on its way; what rules change. */
    private record Moving(Packet packet, IpPort to, long mark, boolean translated, String in, double share) {
        Moving marked(long newMark) {
            return new Moving(packet, to, newMark, translated, in, share);
        }

        Moving translatedTo(IpPort endpoint) {
            return new Moving(packet, endpoint, mark, true, in, share);
        }

        Moving share(double part) {
            return new Moving(packet, to, mark, translated, in, share * part);
        }

        Moving arrivedBy(String name) {
            return new Moving(packet, to, mark, translated, name, share);
        }
    }

    /** What comes after a chain is through: its verdict ({@code ""} if none fell) and the packet as it is then. */
    private interface Next {
        void then(String verdict, Moving moving);
    }

    SyncText(String text, NodeAddresses node) {
        this.node = node;
        String table = "";
        for (String line : text.lines().toList()) {
            if (line.startsWith("*")) {
                table = line.substring(1);
            } else if (line.startsWith(":")) {
                chains.put(table + " " + line.substring(1, line.indexOf(' ')), new ArrayList<>());
            } else if (line.startsWith("-A ")) {
                List<String> words = words(line);
                chains.get(table + " " + words.get(1)).add(words.subList(2, words.size()));
            }
        }
    }

    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(line);
        while (matcher.find()) {
            words.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        }
        return words;
    }

    /** What becomes of a packet, in the words of {@link Fates}, and with which probability. */
    Map<String, Double> fates(Packet packet) {
        Map<String, Double> fates = new TreeMap<>();
        boolean sent = node.isLocal(packet.source());
        Moving first = new Moving(
                packet, new IpPort(packet.destination(), packet.port()), 0, false, sent ? "" : packet.inInterface(), 1);
        run("nat " + (sent ? "OUTPUT" : "PREROUTING"), 0, first, (verdict, routed) -> filter(routed, sent, fates));
        return fates;
    }

    private void filter(Moving moving, boolean sent, Map<String, Double> fates) {
        boolean delivered = node.isLocal(moving.to.address());
        if (sent) {
            decide("OUTPUT", moving, fates, passed -> {
                if (delivered) {
                    postrouting(
                            passed,
                            masqueraded ->
                                    decide("INPUT", masqueraded.arrivedBy("lo"), fates, in -> end(in, true, fates)));
                } else {
                    postrouting(passed, out -> end(out, false, fates));
                }
            });
        } else if (delivered) {
            decide("INPUT", moving, fates, in -> end(in.marked(0), true, fates));
        } else {
            decide("FORWARD", moving, fates, passed -> postrouting(passed, out -> end(out, false, fates)));
        }
    }

    /** A moving packet that is to be masqueraded has the mark -1 from here on. */
    private void postrouting(Moving moving, java.util.function.Consumer<Moving> next) {
        run(
                "nat POSTROUTING",
                0,
                moving,
                (verdict, out) -> next.accept(out.marked(verdict.equals("MASQUERADE") ? -1 : 0)));
    }

    private void decide(
            String chain, Moving moving, Map<String, Double> fates, java.util.function.Consumer<Moving> passed) {
        run("filter " + chain, 0, moving, (verdict, now) -> {
            if (verdict.equals("DROP") || verdict.equals("REJECT")) {
                fates.merge(verdict, now.share, Double::sum);
            } else {
                passed.accept(now);
            }
        });
    }

    private static void end(Moving moving, boolean delivered, Map<String, Double> fates) {
        String masquerade = moving.mark == -1 ? " masquerade" : "";
        String words = (moving.translated ? "DNAT " + moving.to : "ACCEPT") + masquerade + (delivered ? " local" : "");
        fates.merge(words, moving.share, Double::sum);
    }

    private void run(String chain, int index, Moving moving, Next next) {
        List<List<String>> rules = chains.get(chain);
        if (rules == null) {
            throw new IllegalStateException("no chain " + chain);
        }
        if (index == rules.size()) {
            next.then("", moving);
            return;
        }
        List<String> rule = rules.get(index);
        double share = matches(rule, moving);
        if (share < 1) {
            run(chain, index + 1, moving.share(1 - share), next);
        }
        if (share > 0) {
            act(chain, index, rule, moving.share(share), next);
        }
    }

    private void act(String chain, int index, List<String> rule, Moving moving, Next next) {
        int jump = rule.indexOf("-j");
        String target = jump < 0 ? "" : rule.get(jump + 1);
        String table = chain.substring(0, chain.indexOf(' ') + 1);
        Next onwards = (verdict, now) -> {
            if (verdict.isEmpty()) {
                run(chain, index + 1, now, next);
            } else {
                next.then(verdict, now);
            }
        };
        switch (target) {
            case "" -> onwards.then("", moving);
            case "RETURN" -> next.then("", moving);
            case "ACCEPT", "DROP", "REJECT", "MASQUERADE" -> next.then(target, moving);
            case "MARK" -> {
                long bits = Long.decode(rule.get(jump + 3));
                boolean or = rule.get(jump + 2).equals("--or-mark");
                onwards.then("", moving.marked(or ? moving.mark | bits : moving.mark ^ bits));
            }
            case "DNAT" -> next.then("ACCEPT", moving.translatedTo(endpoint(rule.get(jump + 3))));
            default -> run(table + target, 0, moving, onwards);
        }
    }

    private static IpPort endpoint(String text) {
        int colon = text.lastIndexOf(':');
        String address = text.substring(0, colon).replaceAll("[\\[\\]]", "");
        return new IpPort(IpAddress.of(address), Integer.parseInt(text.substring(colon + 1)));
    }

    /** With which probability the rule matches. */
    private double matches(List<String> rule, Moving moving) {
        double share = 1;
        for (int i = 0; i < rule.size() && !rule.get(i).equals("-j"); i++) {
            boolean negated = rule.get(i).equals("!");
            String word = rule.get(negated ? ++i : i);
            if (List.of("--reap", "--set", "--rcheck").contains(word)) {
                share *= word.equals("--rcheck") ? 0 : 1;
                continue;
            }
            String value = rule.get(++i);
            if (word.equals("--probability")) {
                share *= Double.parseDouble(value);
            } else if (matches(word, value, moving) == negated) {
                return 0;
            }
        }
        return share;
    }

    private boolean matches(String word, String value, Moving moving) {
        Packet packet = moving.packet;
        return switch (word) {
            case "-m", "--comment", "--mode", "--name", "--seconds", "--nfacct-name" -> true;
            case "-p" -> packet.protocol().text().equals(value);
            case "-s" -> Cidr.of(value).contains(packet.source());
            case "-d" -> Cidr.of(value).contains(moving.to.address());
            case "--dport" -> moving.to.port() == Integer.parseInt(value);
            case "-i" ->
                value.endsWith("+")
                        ? !moving.in.isEmpty() && moving.in.startsWith(value.substring(0, value.length() - 1))
                        : moving.in.equals(value);
            case "--ctstate" ->
                List.of(value.split(",")).contains("NEW")
                        || moving.translated && List.of(value.split(",")).contains("DNAT");
            case "--mark" -> {
                long[] parts = {Long.decode(value.split("/")[0]), Long.decode(value.split("/")[1])};
                yield (moving.mark & parts[1]) == parts[0];
            }
            case "--src-type" -> node.isLocal(packet.source());
            case "--dst-type" -> node.isLocal(moving.to.address());
            default -> throw new IllegalStateException("kube-proxy writes no " + word);
        };
    }
}
