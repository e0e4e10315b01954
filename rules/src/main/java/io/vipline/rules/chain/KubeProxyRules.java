package io.vipline.rules.chain;

import static io.vipline.rules.chain.KubeProxyChains.FILTER;
import static io.vipline.rules.chain.KubeProxyChains.FIREWALL;
import static io.vipline.rules.chain.KubeProxyChains.NAT;

import io.vipline.rules.net.IpFamily;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What kube-proxy of one node and family writes, kept apart by Service port: the source of both its text and its IR. */
public final class KubeProxyRules {
    private final FixedRules fixed;
    private final List<ServiceRules> services;

    KubeProxyRules(FixedRules fixed, List<ServiceRules> services) {
        this.fixed = fixed;
        this.services = List.copyOf(services);
    }

    public IpFamily family() {
        return fixed.family();
    }

    /** In the order in which they are written. */
    public List<ServiceRules> services() {
        return services;
    }

    FixedRules fixed() {
        return fixed;
    }

    /** The same with other Service ports, made by a writer of the same configuration. */
    public KubeProxyRules withServices(List<ServiceRules> changed) {
        return new KubeProxyRules(fixed, changed);
    }

    /** A Service port's rules in the chains that Services share. */
    public static List<PlacedRule> placed(ServiceRules service) {
        List<PlacedRule> placed =
                new ArrayList<>(service.filter().size() + service.nat().size());
        service.filter().forEach(rule -> placed.add(new PlacedRule(FILTER, rule.chain(), rule.rule())));
        service.nat().forEach(rule -> placed.add(new PlacedRule(NAT, rule.chain(), rule.rule())));
        return placed;
    }

    /** All chains, the built-in ones and their jumps included. */
    public Ruleset ruleset() {
        Ruleset.Builder ruleset = Ruleset.builder(family());
        KubeProxyJumps.of(FILTER).forEach(ruleset::put);
        sharedChains(FILTER).forEach(ruleset::put);
        KubeProxyJumps.of(NAT).forEach(ruleset::put);
        sharedChains(NAT).forEach(ruleset::put);
        for (ServiceRules service : services) {
            service.chains().forEach(ruleset::put);
        }
        return ruleset.build();
    }

    /** The chains of a table that Services share. */
    public List<Chain> sharedChains(String table) {
        Map<String, List<Rule>> chains = new LinkedHashMap<>();
        fixed.chains(table).forEach(name -> chains.put(name, new ArrayList<>()));
        boolean filter = table.equals(FILTER);
        if (filter) {
            // jumped to whether or not kube-proxy fills it
            chains.computeIfAbsent(FIREWALL, name -> new ArrayList<>());
        }
        append(filter ? fixed.filterFirst() : fixed.natFirst(), chains);
        for (ServiceRules service : services) {
            append(filter ? service.filter() : service.nat(), chains);
        }
        append(filter ? fixed.filterLast() : fixed.natLast(), chains);
        List<Chain> built = new ArrayList<>(chains.size());
        chains.forEach((name, rules) -> built.add(new Chain(table, name, Optional.empty(), rules)));
        return built;
    }

    private static void append(List<AppendedRule> rules, Map<String, List<Rule>> chains) {
        for (AppendedRule rule : rules) {
            chains.get(rule.chain()).add(rule.rule());
        }
    }
}
