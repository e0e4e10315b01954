package io.vipline.rules.chain.save;

import io.vipline.rules.chain.BaseChain;
import io.vipline.rules.chain.Chain;
import io.vipline.rules.chain.Hook;
import io.vipline.rules.chain.Rule;
import io.vipline.rules.chain.Target;
import io.vipline.rules.net.IpFamily;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One table of a dump while it is read. */
final class TableSection {
    private final String table;
    private final IpFamily family;
    private final Map<String, String> policies = new LinkedHashMap<>();
    private final Map<String, List<Rule>> rules = new HashMap<>();

    TableSection(String table, IpFamily family) {
        this.table = table;
        this.family = family;
    }

    IpFamily family() {
        return family;
    }

    void declare(String chain, String policy) {
        policies.put(chain, policy);
        rules.put(chain, new ArrayList<>());
    }

    boolean hasChain(String name) {
        return policies.containsKey(name);
    }

    void append(String chain, Rule rule) {
        rules.get(chain).add(rule);
    }

    /** The chains, each rule with the Service that its chain belongs to where its own comment names none. */
    List<Chain> chains() {
        Map<String, String> owners = owners();
        List<Chain> chains = new ArrayList<>();
        policies.forEach((name, policy) -> {
            String owner = owners.getOrDefault(name, "");
            List<Rule> its = rules.get(name).stream()
                    .map(rule -> rule.service().isEmpty() && !owner.isEmpty()
                            ? new Rule(rule.matches(), rule.target(), rule.origin(), owner)
                            : rule)
                    .toList();
            chains.add(new Chain(table, name, base(name, policy), its));
        });
        return chains;
    }

    /** Services of kube-proxy's per-Service chains, found by following jumps from rules that name one. */
    private Map<String, String> owners() {
        Map<String, String> owners = new HashMap<>();
        ArrayDeque<String> found = new ArrayDeque<>();
        rules.forEach((chain, its) -> its.forEach(rule -> own(rule, rule.service(), owners, found)));
        while (!found.isEmpty()) {
            String chain = found.poll();
            rules.get(chain).forEach(rule -> own(rule, owners.get(chain), owners, found));
        }
        return owners;
    }

    private void own(Rule rule, String service, Map<String, String> owners, ArrayDeque<String> found) {
        if (!service.isEmpty()
                && rule.target() instanceof Target.Jump(String chain)
                && isOfOneService(chain)
                && hasChain(chain)
                && owners.putIfAbsent(chain, service) == null) {
            found.add(chain);
        }
    }

    private static boolean isOfOneService(String chain) {
        return chain.matches("KUBE-(SVC|SVL|SEP|FW|EXT|XLB)-.*");
    }

    private Optional<BaseChain> base(String name, String policy) {
        if (policy.equals("-")) {
            return Optional.empty();
        }
        for (Hook hook : Hook.values()) {
            if (hook.name().equals(name)) {
                return Optional.of(new BaseChain(hook, priority(hook), table.equals("nat"), policy.equals("ACCEPT")));
            }
        }
        return Optional.empty();
    }

    /** As the kernel registers its tables ({@code enum nf_ip_hook_priorities}). */
    private int priority(Hook hook) {
        return switch (table) {
            case "raw" -> -300;
            case "mangle" -> -150;
            case "nat" -> hook == Hook.PREROUTING || hook == Hook.OUTPUT ? -100 : 100;
            case "security" -> 50;
            default -> 0;
        };
    }
}
