package io.vipline.tools.explain;

import io.vipline.rules.chain.walk.Outcome;
import io.vipline.rules.chain.walk.Walk;
import io.vipline.rules.net.IpAddress;
import io.vipline.rules.net.IpPort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where a packet may be translated to, in the order of the rules. */
record ReachedEndpoints(Walk walk, Doubts doubts, Explanation.Surroundings surroundings) {
    List<Explanation.Endpoint> all() {
        Map<IpPort, List<Outcome>> byAddress = new LinkedHashMap<>();
        for (Outcome outcome : walk.outcomes()) {
            outcome.endpoint()
                    .ifPresent(endpoint -> byAddress
                            .computeIfAbsent(endpoint, address -> new ArrayList<>())
                            .add(outcome));
        }
        return byAddress.entrySet().stream()
                .map(reached -> endpoint(reached.getKey(), reached.getValue()))
                .toList();
    }

    private Explanation.Endpoint endpoint(IpPort to, List<Outcome> ways) {
        Outcome shown = ways.stream().filter(Outcome::masquerades).findFirst().orElse(ways.getFirst());
        Optional<IpAddress> source = MasqueradeReason.newSource(shown, to.address(), surroundings.network());
        double share = ways.stream().mapToDouble(Outcome::probability).sum();
        return new Explanation.Endpoint(
                to.toString(),
                doubts.isAnyEndpointOpen() ? null : Explanation.rounded(share),
                doubts.masquerade(ways),
                source.map(IpAddress::toString).orElse(null),
                MasqueradeReason.of(shown).orElse(null),
                surroundings.ownerOrNull(to.address()));
    }
}
