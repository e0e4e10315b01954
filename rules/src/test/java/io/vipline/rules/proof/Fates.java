package io.vipline.rules.proof;

import io.vipline.rules.net.IpFamily;
import io.vipline.rules.net.IpPort;
import io.vipline.rules.policy.KubeProxyOutcome.Fate;
import io.vipline.rules.policy.KubeProxyOutcome.Outcome;
import io.vipline.rules.policy.KubeProxyOutcome.Packet;
import io.vipline.rules.policy.KubeProxyOutcome.Reached;
import io.vipline.rules.policy.RefusalsOfOutcome.Refusal;
import java.util.Map;
import java.util.TreeMap;

/**
 * Outcomes of the specification in the words in which tests tell what rules do: {@code DNAT 10.0.0.1:80 masquerade local
 * (ns/svc)}, {@code ACCEPT local}, {@code DROP SOURCE_RANGES (ns/svc)}, {@code REJECT icmp-port-unreachable}.
 */
final class Fates {
    private Fates() {}

    static Map<String, Double> of(Outcome outcome, Packet packet, RandomCluster cluster) {
        Map<String, Double> fates = new TreeMap<>();
        boolean sent = isLocal(cluster, packet.source());
        if (outcome.endpoints().isEmpty()) {
            boolean delivered = isLocal(cluster, packet.destination());
            fates.put(
                    outcome.fate() == Fate.PASSES
                            ? "ACCEPT" + (delivered ? " local" : "")
                            : refusal(outcome.refusal(), cluster.family()),
                    1.0);
            return fates;
        }
        for (Reached reached : outcome.endpoints()) {
            String words = refusal(reached.refusal(), cluster.family());
            if (reached.fate() == Fate.PASSES) {
                boolean delivered = isLocal(cluster, reached.endpoint().address());
                // what comes in to be delivered passes no POSTROUTING
                boolean masquerade = reached.masquerade() && (sent || !delivered);
                words = "DNAT " + text(reached.endpoint()) + (masquerade ? " masquerade" : "")
                        + (delivered ? " local" : "") + " ("
                        + outcome.service().orElseThrow().name().text() + ")"
                        + (outcome.service().orElseThrow().affinitySeconds() > 0 ? " remembered in 1" : "");
            }
            fates.merge(words, 1.0 / outcome.endpoints().size(), Double::sum);
        }
        return fates;
    }

    /** Without whose rules did it, and what is remembered: what a packet itself can tell. */
    static Map<String, Double> bare(Map<String, Double> fates) {
        Map<String, Double> bare = new TreeMap<>();
        fates.forEach((words, share) -> {
            boolean refused = words.startsWith("DROP") || words.startsWith("REJECT");
            bare.merge(refused ? words.split(" ")[0] : words.replaceAll(" \\(.*", ""), share, Double::sum);
        });
        return bare;
    }

    static boolean agree(Map<String, Double> one, Map<String, Double> other) {
        return one.keySet().equals(other.keySet())
                && one.entrySet().stream()
                        .allMatch(fate -> Math.abs(fate.getValue() - other.get(fate.getKey())) < 1e-6);
    }

    static boolean isLocal(RandomCluster cluster, io.vipline.rules.net.IpAddress address) {
        return address.isV4() && address.v4() >>> 24 == 127
                || cluster.config().localAddresses().stream()
                        .anyMatch(local -> local.address().equals(address));
    }

    private static String refusal(Refusal refusal, IpFamily family) {
        String service = refusal.service().isEmpty() ? "" : " (" + refusal.service() + ")";
        String with = family == IpFamily.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
        return (refusal.fate() == Fate.REJECTED ? "REJECT " + with : "DROP " + refusal.cause()) + service;
    }

    private static String text(IpPort endpoint) {
        return endpoint.toString();
    }
}
