package io.vipline.rules.chain;

/** A rule on its way to the end of a chain that it shares with other Services. */
public record AppendedRule(String chain, Rule rule) {}
