package io.vipline.tools.explain;

import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.ExactTerms;
import io.vipline.rules.chain.Match;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Ruleset;
import io.vipline.rules.net.IpAddress;
import io.vipline.tools.explain.ClusterNames.UnknownName;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The Services that kube-proxy's comments in a dump name: {@code default/web:http cluster IP}. */
public final class DumpedNames implements HostNames {
    private static final String CLUSTER_IP = " cluster IP";

    private final Map<String, Set<IpAddress>> addresses = new HashMap<>();

    public DumpedNames(Collection<Ruleset> rulesets) {
        for (Ruleset ruleset : rulesets) {
            for (String table : ruleset.tables()) {
                for (Chain chain : ruleset.chains(table)) {
                    chain.rules().forEach(this::add);
                }
            }
        }
    }

    private void add(Rule rule) {
        boolean ofClusterIp = !rule.service().isEmpty()
                && rule.matches().stream()
                        .anyMatch(match ->
                                match instanceof Match.Comment(String text, boolean _) && text.endsWith(CLUSTER_IP));
        IpAddress address = ofClusterIp ? ExactTerms.of(rule.matches()).host() : null;
        if (address != null) {
            String[] service = rule.service().split("[/:]");
            addresses
                    .computeIfAbsent(service[1] + "." + service[0], name -> new LinkedHashSet<>())
                    .add(address);
        }
    }

    @Override
    public List<IpAddress> resolve(String name) throws UnknownName {
        String host = name.replaceFirst("\\.$", "")
                .replaceFirst("\\.cluster\\.local$", "")
                .replaceFirst("\\.svc$", "");
        Set<IpAddress> found = addresses.getOrDefault(host, addresses.getOrDefault(host + ".default", Set.of()));
        if (found.isEmpty()) {
            throw new UnknownName("'" + name + "' is neither an address nor a Service that a comment in the dump names:"
                    + " write service.namespace");
        }
        return List.copyOf(found);
    }
}
