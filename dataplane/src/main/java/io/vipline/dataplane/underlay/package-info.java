/**
 * Several emulated machines, joined by a routed network.
 *
 * <pre>
 *              from a pod or a node: its node
 *   capture ──────────────────────────────────────▶ Station node-a ──┐  for a pod or an address of another: there
 *              to an address of a node: that node    rules, conntrack │────────────────────▶ Station node-b ──▶ out
 *              to a balanced address: one that is     counters        └──▶ out: a pod of its own, or outside
 *              healthy, or the balancer itself
 * </pre>
 *
 * {@link io.vipline.dataplane.underlay.Topology} knows who has which address, {@link
 * io.vipline.dataplane.underlay.Underlay} carries frames along; each {@link io.vipline.dataplane.underlay.Station} is a
 * whole pipeline, with a connection table of its own. One thread, one frame at a time: an emulation for looking at, not
 * the fast path.
 */
package io.vipline.dataplane.underlay;
