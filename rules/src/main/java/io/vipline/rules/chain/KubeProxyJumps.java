package io.vipline.rules.chain;

import static io.vipline.rules.chain.KubeProxyChains.EXTERNAL_SERVICES;
import static io.vipline.rules.chain.KubeProxyChains.FILTER;
import static io.vipline.rules.chain.KubeProxyChains.FIREWALL;
import static io.vipline.rules.chain.KubeProxyChains.FORWARD;
import static io.vipline.rules.chain.KubeProxyChains.NAT;
import static io.vipline.rules.chain.KubeProxyChains.NODE_PORTS;
import static io.vipline.rules.chain.KubeProxyChains.POSTROUTING;
import static io.vipline.rules.chain.KubeProxyChains.PROXY_FIREWALL;
import static io.vipline.rules.chain.KubeProxyChains.SERVICES;
import static io.vipline.rules.chain.KubeProxyChains.comment;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The built-in chains with the jumps into kube-proxy's chains ({@code iptablesJumpChains}). kube-proxy prepends them one
 * after another, so what it lists last comes first; KUBE-FIREWALL's jump is older, the kubelet's, and comes last.
 */
final class KubeProxyJumps {
    private static final Match NEW = new Match.ConnectionState("conntrack", Set.of(CtState.NEW), "", false);

    private static final Rule TO_PROXY_FIREWALL =
            jump(List.of(NEW, comment("kubernetes load balancer firewall")), PROXY_FIREWALL);
    private static final Rule TO_HEALTH_CHECKS =
            jump(List.of(comment("kubernetes health check service ports")), NODE_PORTS);
    private static final Rule TO_EXTERNAL_SERVICES =
            jump(List.of(NEW, comment("kubernetes externally-visible service portals")), EXTERNAL_SERVICES);
    private static final Rule TO_FIREWALL = jump(List.of(), FIREWALL);
    private static final Rule TO_FORWARD = jump(List.of(comment("kubernetes forwarding rules")), FORWARD);
    private static final Rule TO_REJECTS = jump(List.of(NEW, comment("kubernetes service portals")), SERVICES);
    private static final Rule TO_SERVICES = jump(List.of(comment("kubernetes service portals")), SERVICES);
    private static final Rule TO_POSTROUTING = jump(List.of(comment("kubernetes postrouting rules")), POSTROUTING);

    /** The built-in chains of both tables, the same in each family. */
    static final List<Chain> BASE_CHAINS = List.of(
            filter(Hook.INPUT, TO_PROXY_FIREWALL, TO_HEALTH_CHECKS, TO_EXTERNAL_SERVICES, TO_FIREWALL),
            filter(Hook.FORWARD, TO_PROXY_FIREWALL, TO_FORWARD, TO_REJECTS, TO_EXTERNAL_SERVICES),
            filter(Hook.OUTPUT, TO_PROXY_FIREWALL, TO_REJECTS, TO_FIREWALL),
            nat(Hook.PREROUTING, -100, TO_SERVICES),
            nat(Hook.INPUT, 100),
            nat(Hook.OUTPUT, -100, TO_SERVICES),
            nat(Hook.POSTROUTING, 100, TO_POSTROUTING));

    private KubeProxyJumps() {}

    static List<Chain> of(String table) {
        List<Chain> chains = new ArrayList<>();
        for (Chain chain : BASE_CHAINS) {
            if (chain.table().equals(table)) {
                chains.add(chain);
            }
        }
        return chains;
    }

    private static Rule jump(List<Match> matches, String chain) {
        return FixedRules.rule(matches, new Target.Jump(chain));
    }

    private static Chain filter(Hook hook, Rule... rules) {
        return new Chain(FILTER, hook.name(), Optional.of(new BaseChain(hook, 0, false, true)), List.of(rules));
    }

    private static Chain nat(Hook hook, int priority, Rule... rules) {
        return new Chain(NAT, hook.name(), Optional.of(new BaseChain(hook, priority, true, true)), List.of(rules));
    }
}
