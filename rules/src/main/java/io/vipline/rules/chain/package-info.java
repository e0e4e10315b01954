/**
 * Chains and rules of netfilter as values: {@link io.vipline.rules.chain.Ruleset} holds them, {@link
 * io.vipline.rules.chain.KubeProxyWriter} makes them of Services as kube-proxy does, {@link
 * io.vipline.rules.chain.SyncPrinter} and {@link io.vipline.rules.chain.RulesetPrinter} print them.
 */
package io.vipline.rules.chain;
