package io.vipline.rules.chain;

/**
 * What makes a chain a base chain: it is called by a hook.
 *
 * @param priority order among the chains of a hook, as netfilter numbers it: raw -300, conntrack itself -200, mangle
 *     -150, DNAT -100, filter 0, security 50, SNAT 100
 * @param nat whether only the first packet of a connection traverses it (nf_nat hooks)
 * @param accepts the policy: true ACCEPT, false DROP
 */
public record BaseChain(Hook hook, int priority, boolean nat, boolean accepts) {}
