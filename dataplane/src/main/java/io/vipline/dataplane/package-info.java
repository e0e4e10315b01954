/**
 * The data path: frames in, frames out.
 *
 * <pre>
 * FrameSource ─▶ Decoder ─▶ ConnectionTables.search ──hit───────────▶ Tracker ─▶ Rewrite ─▶ Emitter ─▶ FrameSink
 *   frame/         wire/          conntrack/   │                       conntrack/   nat/                  frame/
 *                    │                         └miss▶ Table.lookup ─ Verdict ─┬ Pass, Dnat ─▶ FlowOpener ─▲
 *                    ▼                                (rules.table)           ├ Drop   ─▶ DropReason
 *                DropReason                                                   └ Reject ─▶ IcmpAnswers
 * </pre>
 *
 * {@link io.vipline.dataplane.Pipeline} is the table of contents: read it first, then Hooks,
 * which takes one packet through conntrack and the rules, and FastPath, which spares that to most. ForwardChecks has what
 * routing looks at whatever the rules say, ErrorSender what goes back to senders. A forwarder is one pipeline on one
 * thread; several take flows by virtual shard ({@link io.vipline.dataplane.nat.Shards}) and share nothing but the limit of
 * errors, which they ask in the order of the capture. Rings stand where threads meet and nowhere else.
 */
package io.vipline.dataplane;
