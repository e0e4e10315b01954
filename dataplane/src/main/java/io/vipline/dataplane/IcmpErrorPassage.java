package io.vipline.dataplane;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.memory.NativeMemory;
import io.vipline.dataplane.nat.Rewrite;
import io.vipline.dataplane.wire.Checksum;
import io.vipline.dataplane.wire.Packet;
import io.vipline.dataplane.wire.Transport;

/**
 * Translates an ICMP error about a packet of a connection ({@code nf_nat_icmp_reply_translation}): the quoted packet
 * becomes what its sender had sent, and the error itself goes to that sender and seems to come from whom it had sent to,
 * whichever router wrote it. Owned by one thread.
 */
final class IcmpErrorPassage {
    private final Emitter emitter;
    private final Counters counters;
    private final Rewrite rewrite = new Rewrite();

    IcmpErrorPassage(Emitter emitter, Counters counters) {
        this.emitter = emitter;
        this.counters = counters;
    }

    /**
     * Rewrites the copy of the error's frame that the emitter holds.
     *
     * @param frame where the copy begins
     * @param kind direction in which the error travels, as {@link ConnectionTable#find} told it
     */
    void pass(int frame, Packet error, Packet quoted, Connection connection, int kind) {
        NativeMemory out = emitter.memory();
        if (kind == ConnectionTable.CLIENT_REPLY) {
            ClientReply.pass(out, frame, error, counters);
            return;
        }
        if (connection.has(Connection.TRANSLATED)) {
            translate(out, frame, error, quoted, connection, kind);
        }
        Emitter.decrementTtl(out, frame, error);
    }

    private void translate(NativeMemory out, int frame, Packet error, Packet quoted, Connection connection, int kind) {
        boolean reply = kind == ConnectionTable.REPLY;
        int icmp = frame + error.transport;
        long before = Checksum.fold(Checksum.sum(out, icmp + 4, error.transportCaptured - 4));
        Rewrite inner = reply ? rewrite.toOriginalTuple(connection) : rewrite.toReplyTuple(connection);
        inner.apply(out, frame, quoted);
        long difference = (~before & 0xffff) + Checksum.fold(Checksum.sum(out, icmp + 4, error.transportCaptured - 4));
        long addresses = outer(out, frame, error, connection, reply);
        if (error.protocol == Transport.ICMPV6) {
            difference += addresses;
        }
        int field = icmp + Transport.ICMP_CHECKSUM;
        out.putShort(field, (short) Checksum.update(out.getShort(field, BIG_ENDIAN), difference), BIG_ENDIAN);
    }

    private long outer(NativeMemory out, int frame, Packet error, Connection connection, boolean reply) {
        Rewrite outer = reply ? rewrite.toClient(connection) : rewrite.toEndpoint(connection);
        boolean isDestinationTranslated = connection.has(Connection.DESTINATION_TRANSLATED);
        boolean isSourceTranslated = connection.has(Connection.SOURCE_TRANSLATED);
        if (!(reply ? isDestinationTranslated : isSourceTranslated)) {
            outer.keepSource(error);
        }
        if (!(reply ? isSourceTranslated : isDestinationTranslated)) {
            outer.keepDestination(error);
        }
        return outer.applyAddresses(out, frame, error);
    }
}
