package io.vipline.rules.chain;

import io.vipline.rules.net.IpAddress;
import java.util.Optional;

/** What a rule does with a packet that matched. {@code text} as in {@link Match}: the whole target as written, from {@code
 * -j} on, or empty. */
public sealed interface Target {
    /** No target: counts, goes on with the next rule. */
    record Continue() implements Target {}

    record Accept() implements Target {}

    record Drop() implements Target {}

    record Return() implements Target {}

    /** {@code -j CHAIN}: comes back to the next rule. */
    record Jump(String chain) implements Target {}

    /** {@code -g CHAIN}: its end is the end of the calling chain. */
    record Goto(String chain) implements Target {}

    /**
     * {@code -j REJECT [--reject-with W]}.
     *
     * @param with {@code icmp-port-unreachable}, {@code icmp6-port-unreachable}, {@code tcp-reset}, …
     */
    record Reject(String with, String text) implements Target {}

    /**
     * {@code -j DNAT --to-destination …}.
     *
     * @param address empty if only the port is rewritten
     * @param port 0 if the port stays
     */
    record Dnat(Optional<IpAddress> address, int port, String text) implements Target {}

    /** {@code -j SNAT --to-source ADDRESS[:PORTS]}. */
    record Snat(IpAddress address, Optional<PortRange> ports, boolean randomFully, String text) implements Target {}

    /** {@code -j MASQUERADE}: SNAT to the outgoing interface's address. */
    record Masquerade(boolean randomFully, Optional<PortRange> ports, String text) implements Target {}

    /** {@code -j REDIRECT}: DNAT to the node itself. */
    record Redirect(int port, String text) implements Target {}

    /** {@code -j MARK}: {@code mark = (mark & ~clear) ^ xor}, what every spelling of the target comes to. */
    record SetMark(int clear, int xor, String text) implements Target {}

    /**
     * {@code -j CONNMARK}: {@code SET} is {@code connection = (connection & ~ofConnection) ^ ofPacket}; what the others do
     * {@code xt_connmark.c} says, with {@code --nfmask} and {@code --ctmask}.
     */
    record ConnectionMark(MarkOperation operation, int ofPacket, int ofConnection, String text) implements Target {}

    /** What CONNMARK does. */
    enum MarkOperation {
        SET,
        SAVE,
        RESTORE
    }

    /** {@code -j CT --notrack} or {@code -j NOTRACK}. */
    record NoTrack(String text) implements Target {}

    /** A target that changes no fate here (LOG, NFLOG, CONNMARK --save-mark to nobody, …): goes on. */
    record Ignored(String text) implements Target {}

    /** A target whose effect can't be told offline. */
    record Opaque(String text, String because) implements Target {}
}
