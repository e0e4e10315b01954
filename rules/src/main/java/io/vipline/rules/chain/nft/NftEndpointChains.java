package io.vipline.rules.chain.nft;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.ServiceTraffic;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.Cidr;
import io.vipline.rules.net.IpFamily;
import io.vipline.rules.policy.Endpoint;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Service port's way to its endpoints: the draw in its service- and local- chains, and a chain for each endpoint. The
 * draw, {@code numgen random mod n vmap}, is n rules here, of which each takes its share of what the ones before it left.
 */
final class NftEndpointChains {
    private final ServiceTraffic traffic;
    private final String table;
    private final Map<Endpoint, String> bases = new IdentityHashMap<>();

    NftEndpointChains(ServiceTraffic traffic, NftNames names, IpFamily family) {
        this.traffic = traffic;
        this.table = NftChains.table(family);
        for (Endpoint endpoint : traffic.eligible().reachable()) {
            bases.put(endpoint, names.endpoint(traffic.hashed(), endpoint.address()));
        }
    }

    /** @param masquerade the first rule of the chain that cluster IPs lead to */
    List<Chain> chains(Optional<Rule> masquerade) {
        List<Chain> chains = new ArrayList<>();
        if (traffic.usesClusterChain()) {
            chains.add(choice(
                    traffic.names().cluster(), masquerade, traffic.eligible().cluster()));
        }
        if (traffic.usesLocalChain()) {
            chains.add(choice(
                    traffic.names().local(), masquerade, traffic.eligible().local()));
        }
        for (Endpoint endpoint : traffic.eligible().reachable()) {
            chains.add(chain(endpoint));
        }
        return chains;
    }

    private Chain choice(String name, Optional<Rule> masquerade, List<Endpoint> endpoints) {
        List<Rule> rules = new ArrayList<>(endpoints.size() + 1);
        if (name.equals(traffic.internalChain())) {
            masquerade.ifPresent(rules::add);
        }
        int affinitySeconds = traffic.port().affinitySeconds();
        if (affinitySeconds > 0) {
            for (Endpoint endpoint : endpoints) {
                Match affine = NftTerms.affine(affinitySet(endpoint), affinitySeconds);
                rules.add(traffic.rule(endpoint, List.of(affine), to(endpoint)));
            }
        }
        for (int i = 0; i < endpoints.size(); i++) {
            int left = endpoints.size() - i;
            List<Match> draw = left == 1 ? List.of() : List.of(new Match.Statistic(1.0 / left, ""));
            rules.add(traffic.rule(endpoints.get(i), draw, to(endpoints.get(i))));
        }
        return new Chain(table, name, Optional.empty(), rules);
    }

    /** Masquerade what comes back to its sender, remember the client, DNAT. */
    private Chain chain(Endpoint endpoint) {
        List<Rule> rules = new ArrayList<>(3);
        Match itself = NftTerms.from(Cidr.host(endpoint.address().address()));
        rules.add(traffic.rule(endpoint, List.of(itself), NftTerms.MARK_FOR_MASQUERADE));
        if (traffic.port().affinitySeconds() > 0) {
            rules.add(traffic.rule(endpoint, List.of(NftTerms.remember(affinitySet(endpoint))), new Target.Continue()));
        }
        Match protocol = NftTerms.protocol(traffic.port().name().protocol());
        Target dnat = new Target.Dnat(
                Optional.of(endpoint.address().address()), endpoint.address().port(), "");
        rules.add(traffic.rule(endpoint, List.of(protocol), dnat));
        return new Chain(table, NftNames.ENDPOINT_PREFIX + bases.get(endpoint), Optional.empty(), rules);
    }

    private Target to(Endpoint endpoint) {
        return new Target.Goto(NftNames.ENDPOINT_PREFIX + bases.get(endpoint));
    }

    private String affinitySet(Endpoint endpoint) {
        return NftNames.AFFINITY_PREFIX + bases.get(endpoint);
    }
}
