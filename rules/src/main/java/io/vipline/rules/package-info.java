/**
 * Definitions in, chains and compiled tables out.
 *
 * <pre>
 * manifests ─▶ Cluster ─▶ ServicePort, Endpoint ─▶ KubeProxyWriter ─▶ Ruleset ─┬▶ TableCompiler ─▶ Table ═▶ dataplane
 * manifest/    model/     policy/                  chain/             chain/   │  chain.compile/   table/
 *                                                                              ├▶ ChainWalker     explain, and the oracle
 * iptables-save ─▶ IptablesSaveReader ─────────────────────────────────────────┤  chain.walk/
 *                  chain.save/                                                 └▶ SyncPrinter, RulesetPrinter   text
 * </pre>
 *
 * One {@link io.vipline.rules.chain.Ruleset}, several readers. To follow a packet, read {@link
 * io.vipline.rules.chain.walk.ChainWalker}, which takes one through hooks, chains and rules as netfilter does; the
 * compiled {@link io.vipline.rules.table.Table} comes to the same verdicts without walking.
 *
 * <p>This module knows no clock, no randomness, and no input but the readers that it is handed. The data path sees two of
 * its packages only: {@link io.vipline.rules.net} and {@link io.vipline.rules.table}.
 */
package io.vipline.rules;
