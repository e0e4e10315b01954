package io.vipline.dataplane;

import io.vipline.dataplane.conntrack.Connection;
import io.vipline.dataplane.conntrack.ConnectionTable;
import io.vipline.dataplane.wire.Packet;
import io.vipline.rules.table.Table;
import io.vipline.rules.table.Verdict;

/** Where a packet goes from PREROUTING on, its destination translated: what routing decides by. Reused; owned by one thread. */
final class Onward {
    long high;
    long low;
    /** Whether that is another place than the sender said. */
    boolean translated;
    /** Whether it is the node itself. */
    boolean local;

    /** A packet that nothing translates. */
    Onward untranslated(Packet packet, Table table) {
        local = table.isLocal(packet.destinationHigh, packet.destinationLow);
        return to(packet.destinationHigh, packet.destinationLow, false);
    }

    /** A packet of a connection. @param kind as {@link ConnectionTable#find} told it */
    Onward of(Connection connection, int kind, Table table) {
        if (kind == ConnectionTable.ORIGINAL) {
            boolean isTranslated = connection.has(Connection.DESTINATION_TRANSLATED);
            to(connection.replySourceHigh(), connection.replySourceLow(), isTranslated);
        } else {
            boolean isTranslated = connection.has(Connection.SOURCE_TRANSLATED);
            to(connection.originalSourceHigh(), connection.originalSourceLow(), isTranslated);
        }
        local = table.isLocal(high, low);
        return this;
    }

    /** A packet that the rules decided about. */
    Onward by(Verdict verdict, Packet packet, Table table) {
        switch (verdict) {
            case Verdict.Dnat dnat -> {
                to(dnat.high(), dnat.low(), true);
                local = dnat.local();
            }
            case Verdict.Pass pass -> {
                to(packet.destinationHigh, packet.destinationLow, false);
                local = pass.local();
            }
            case Verdict.Drop drop -> untranslated(packet, table);
            case Verdict.Reject reject -> untranslated(packet, table);
            case Verdict.Undecided undecided -> untranslated(packet, table);
        }
        return this;
    }

    private Onward to(long toHigh, long toLow, boolean isTranslated) {
        high = toHigh;
        low = toLow;
        translated = isTranslated;
        return this;
    }
}
