package io.vipline.rules.chain.compile;

import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Outcome.Fate;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.table.FlowState;
import io.vipline.rules.table.PacketKey;
import io.vipline.rules.table.SourceTranslation;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;
import java.util.Map;
import java.util.TreeMap;

/**
 * What can become of a packet, in words, and with which probability. A table's decisions are enumerated rather than
 * sampled.
 */
public final class Distribution {
    private Distribution() {}

    public static Map<String, Double> of(Walk walk) {
        Map<String, Double> shares = new TreeMap<>();
        for (Outcome outcome : walk.outcomes()) {
            String service = outcome.service().isEmpty() ? "" : " (" + outcome.service() + ")";
            String words = switch (outcome.fate()) {
                case Fate.Accepted _
                when outcome.endpoint().isPresent() ->
                    dnat(outcome.endpoint().get(), outcome.source(), outcome.local())
                            + service
                            + sets(outcome.recentSet().size());
                case Fate.Accepted _ -> pass(outcome.source(), outcome.local());
                case Fate.Dropped(Verdict.DropCause cause) -> "DROP " + cause + service;
                case Fate.Rejected(String with) -> "REJECT " + with + service;
                case Fate.Unknown(String because) -> "UNDECIDED " + because;
            };
            shares.merge(words, outcome.probability(), Double::sum);
        }
        return shares;
    }

    public static Map<String, Double> of(Table table, PacketKey key, FlowState state) {
        Map<String, Double> shares = new TreeMap<>();
        Node node = ((DecisionTable) table)
                .find(key.destinationHigh, key.destinationLow, key.protocol, key.destinationPort, key.state);
        collect(node, key, state, 1, shares);
        return shares;
    }

    private static void collect(Node node, PacketKey key, FlowState state, double share, Map<String, Double> shares) {
        switch (node) {
            case Node.Leaf leaf -> shares.merge(words(leaf.verdict, key), share, Double::sum);
            case Node.Test test ->
                collect(test.predicate.test(key) ? test.then : test.otherwise, key, state, share, shares);
            case Node.SourceTest test -> collect(test.next(key), key, state, share, shares);
            case Node.InterfaceTest test -> collect(test.next(key), key, state, share, shares);
            case Node.Either either -> {
                Map<String, Double> one = new TreeMap<>();
                Map<String, Double> other = new TreeMap<>();
                collect(either.one, key, state, share, one);
                collect(either.other, key, state, share, other);
                boolean decided = one.keySet().equals(other.keySet())
                        && one.entrySet().stream()
                                .allMatch(entry -> Math.abs(entry.getValue() - other.get(entry.getKey())) < 1e-9);
                (decided ? one : Map.of(words(either.undecided, key), share))
                        .forEach((words, part) -> shares.merge(words, part, Double::sum));
            }
            case Node.RecentRun run -> collect(run.next(key, state), key, state, share, shares);
            case Node.Choice choice -> {
                for (int i = 0; i < choice.branches.length; i++) {
                    collect(choice.branches[i], key, state, share * choice.probability(i), shares);
                }
            }
        }
    }

    private static String words(Verdict verdict, PacketKey key) {
        return switch (verdict) {
            case Verdict.Pass(SourceTranslation source, boolean local) -> pass(source, local);
            case Verdict.Dnat dnat -> {
                boolean keepsPort = dnat.endpoint().port() == 0 || key.destinationPort < 0;
                int port = keepsPort
                        ? Math.max(0, key.destinationPort)
                        : dnat.endpoint().port();
                boolean keepsAddress = dnat.endpoint().address().equals(Symbolic.UNCHANGED);
                IpPort endpoint = new IpPort(
                        keepsAddress
                                ? new io.vipline.rules.net.IpAddress(key.destinationHigh, key.destinationLow)
                                : dnat.endpoint().address(),
                        port);
                yield dnat(endpoint, dnat.source(), dnat.local())
                        + service(dnat.service().name())
                        + sets(dnat.recentSet().length);
            }
            case Verdict.Drop drop ->
                "DROP " + drop.cause() + service(drop.service().name());
            case Verdict.Reject reject ->
                "REJECT " + reject.with() + service(reject.service().name());
            case Verdict.Undecided undecided -> "UNDECIDED " + undecided.because();
        };
    }

    private static String service(String name) {
        return name.isEmpty() ? "" : " (" + name + ")";
    }

    private static String sets(int lists) {
        return lists == 0 ? "" : " remembered in " + lists;
    }

    private static String dnat(IpPort endpoint, SourceTranslation source, boolean local) {
        return "DNAT " + endpoint + source(source) + (local ? " local" : "");
    }

    private static String pass(SourceTranslation source, boolean local) {
        return "ACCEPT" + source(source) + (local ? " local" : "");
    }

    private static String source(SourceTranslation source) {
        return switch (source) {
            case SourceTranslation.None() -> "";
            case SourceTranslation.Masquerade _ -> " masquerade";
            case SourceTranslation.To to -> " from " + to.address();
        };
    }

    public static PacketKey key(PacketDescription packet) {
        PacketKey key = new PacketKey();
        key.sourceHigh = packet.source().high();
        key.sourceLow = packet.source().low();
        key.destinationHigh = packet.destination().high();
        key.destinationLow = packet.destination().low();
        key.protocol = packet.protocol();
        key.sourcePort = packet.sourcePort();
        key.destinationPort = packet.destinationPort();
        key.state = switch (packet.state()) {
            case NEW -> PacketKey.NEW;
            case ESTABLISHED -> PacketKey.ESTABLISHED;
            case RELATED -> PacketKey.RELATED;
            case INVALID -> PacketKey.INVALID;
            case UNTRACKED -> PacketKey.UNTRACKED;
            case SNAT, DNAT -> throw new IllegalArgumentException(packet.state() + " is no state");
        };
        key.tcpFlags = packet.tcpFlags();
        key.icmpTypeCode = packet.icmpTypeCode();
        key.mark = packet.mark();
        key.ttl = packet.header().ttl();
        key.lengthBytes = packet.header().lengthBytes();
        key.tos = packet.header().tos();
        key.inInterface = packet.inInterface().orElse(null);
        return key;
    }

    /** A state whose lists are empty. */
    public static final FlowState FRESH = new FlowState() {
        @Override
        public int draw(PacketKey key, int salt) {
            throw new IllegalStateException("draws are enumerated");
        }

        @Override
        public boolean isRecent(PacketKey key, int list, int seconds, boolean reap) {
            return false;
        }
    };
}
