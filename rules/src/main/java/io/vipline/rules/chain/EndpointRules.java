package io.vipline.rules.chain;

import static io.vipline.rules.chain.KubeProxyChains.JUMP_MARK_MASQ;
import static io.vipline.rules.chain.KubeProxyChains.NAT;
import static io.vipline.rules.chain.KubeProxyChains.comment;

import io.vipline.rules.net.Cidr;
import io.vipline.rules.policy.Endpoint;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A Service port's way to its endpoints: the draw in its SVC and SVL chains, and a SEP chain for each endpoint. */
final class EndpointRules {
    private static final Match[] DRAWS = new Match[64];

    private final ServiceTraffic traffic;
    private final boolean largeCluster;
    private final Map<Endpoint, Target.Jump> chains = new IdentityHashMap<>();

    /** @param largeCluster whether comments are left out, as kube-proxy does above 1,000 endpoints */
    EndpointRules(ServiceTraffic traffic, ChainNames names, boolean largeCluster) {
        this.traffic = traffic;
        this.largeCluster = largeCluster;
        for (Endpoint endpoint : traffic.eligible().reachable()) {
            chains.put(endpoint, new Target.Jump(names.endpoint(traffic.hashed(), endpoint.text())));
        }
    }

    /** Appends the rules that choose among the endpoints: first those of clients that were here before. */
    void choose(List<Endpoint> endpoints, List<Rule> rules) {
        List<Match> abouts = new ArrayList<>(endpoints.size());
        for (Endpoint endpoint : endpoints) {
            abouts.add(largeCluster ? null : comment(traffic.text() + " -> " + endpoint.text()));
        }
        int affinitySeconds = traffic.port().affinitySeconds();
        if (affinitySeconds > 0) {
            for (int i = 0; i < endpoints.size(); i++) {
                Target.Jump chain = chains.get(endpoints.get(i));
                Match recent =
                        new Match.Recent(Match.RecentOperation.RCHECK, chain.chain(), affinitySeconds, true, "", false);
                rules.add(traffic.rule(endpoints.get(i), terms(abouts.get(i), recent), chain));
            }
        }
        for (int i = 0; i < endpoints.size(); i++) {
            int left = endpoints.size() - i;
            List<Match> terms = left == 1 ? terms(abouts.get(i)) : terms(abouts.get(i), draw(left));
            rules.add(traffic.rule(endpoints.get(i), terms, chains.get(endpoints.get(i))));
        }
    }

    /** The chain of one reachable endpoint: masquerade what comes back to its sender, then DNAT. */
    Chain chain(Endpoint endpoint) {
        String name = chains.get(endpoint).chain();
        Match about = largeCluster ? null : comment(traffic.text());
        Match itself = new Match.Source(Cidr.host(endpoint.address().address()), "", false);
        Rule hairpin = traffic.rule(endpoint, terms(about, itself), JUMP_MARK_MASQ);
        Match module = KubeProxyChains.module(traffic.port().name().protocol());
        Match protocol = KubeProxyChains.protocol(traffic.port().name().protocol());
        Target dnat = new Target.Dnat(
                Optional.of(endpoint.address().address()), endpoint.address().port(), "");
        List<Match> terms = terms(about, module, protocol);
        if (traffic.port().affinitySeconds() > 0) {
            Match set = new Match.Recent(Match.RecentOperation.SET, name, 0, false, "", false);
            terms = terms(about, set, module, protocol);
        }
        return new Chain(NAT, name, Optional.empty(), List.of(hairpin, traffic.rule(endpoint, terms, dnat)));
    }

    /** A list of the terms, without the comment if there is none. */
    private static List<Match> terms(Match aboutOrNull, Match... others) {
        if (aboutOrNull == null) {
            return List.of(others);
        }
        List<Match> all = new ArrayList<>(others.length + 1);
        all.add(aboutOrNull);
        all.addAll(List.of(others));
        return List.copyOf(all);
    }

    /** One in {@code n}; small ones are shared. */
    private static Match draw(int n) {
        return n < DRAWS.length ? DRAWS[n] : new Match.Statistic(1.0 / n, "");
    }

    static {
        for (int n = 1; n < DRAWS.length; n++) {
            DRAWS[n] = new Match.Statistic(1.0 / n, "");
        }
    }
}
