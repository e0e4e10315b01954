package io.vipline.tools;

import io.vipline.rules.chain.walk.ChainWalker;
import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.PacketDescription;
import io.vipline.rules.chain.walk.Step;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.List;

/** The chains whose rules a connection's first packet met, in one line. Used by one thread. */
final class RulePath {
    private final ChainWalker v4;
    private final ChainWalker v6;

    RulePath(NodeRules rules) {
        v4 = rules.walker(IpFamily.IPV4);
        v6 = rules.walker(IpFamily.IPV6);
    }

    /**
     * @param endpoint the endpoint that was drawn, as {@code address:port}: of several ways the one that leads there
     * @return {@code nat PREROUTING > KUBE-SERVICES > …}
     */
    String of(PacketDescription packet, String endpoint) {
        ChainWalker walker = packet.source().isV4() ? v4 : v6;
        List<String> chains = new ArrayList<>();
        for (Outcome outcome : walker.walk(packet).outcomes()) {
            if (outcome.endpoint().isPresent()
                    && outcome.endpoint().get().toString().equals(endpoint)) {
                collect(outcome, chains);
                break;
            }
        }
        return String.join(" > ", chains);
    }

    private static void collect(Outcome outcome, List<String> chains) {
        String table = "";
        for (Step step : outcome.trail().steps()) {
            if (step instanceof Step.Matched matched) {
                String chain = matched.chain().name();
                String named = matched.chain().table().equals(table)
                        ? chain
                        : matched.chain().table() + " " + chain;
                table = matched.chain().table();
                if (chains.isEmpty() || !chains.getLast().endsWith(chain)) {
                    chains.add(named);
                }
            }
        }
    }
}
