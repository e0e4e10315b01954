package io.vipline.rules.chain.walk;

import io.vipline.rules.chain.CtState;

/**
 * The packet's mark and its connection's, 32 bits each.
 *
 * @param unknown bits of {@code packet} that can't be told, 0 there; {@code unknownOfConnection} likewise
 */
record Marks(int packet, int unknown, int connection, int unknownOfConnection) {
    /** A connection that begins has mark 0; what an older one got is not known. */
    static Marks arriving(int mark, CtState state) {
        return new Marks(mark, 0, 0, state == CtState.NEW ? 0 : -1);
    }

    Marks set(int clear, int xor) {
        int open = unknown & ~clear;
        return new Marks((packet & ~clear ^ xor) & ~open, open, connection, unknownOfConnection);
    }

    /** {@code xt_connmark.c}: CONNMARK --set-xmark. */
    Marks setConnection(int clear, int xor) {
        int open = unknownOfConnection & ~clear;
        return new Marks(packet, unknown, (connection & ~clear ^ xor) & ~open, open);
    }

    /** {@code xt_connmark.c}: {@code ct->mark = (ct->mark & ~ctmask) ^ (skb->mark & nfmask)}. */
    Marks save(int ofPacket, int ofConnection) {
        int open = unknownOfConnection & ~ofConnection | unknown & ofPacket;
        return new Marks(packet, unknown, (connection & ~ofConnection ^ packet & ofPacket) & ~open, open);
    }

    /** {@code xt_connmark.c}: {@code skb->mark = (skb->mark & ~nfmask) ^ (ct->mark & ctmask)}. */
    Marks restore(int ofPacket, int ofConnection) {
        int open = unknown & ~ofPacket | unknownOfConnection & ofConnection;
        return new Marks(
                (packet & ~ofPacket ^ connection & ofConnection) & ~open, open, connection, unknownOfConnection);
    }

    Answer packetIs(int value, int mask) {
        return answer(packet, unknown, value, mask, "the mark came from the connection's, which is not known");
    }

    Answer connectionIs(int value, int mask) {
        return answer(
                connection, unknownOfConnection, value, mask, "the mark that the connection has got is not known");
    }

    private static Answer answer(int mark, int unknown, int value, int mask, String because) {
        int asked = mask & ~unknown;
        if ((mark & asked) != (value & ~(mask & unknown))) {
            return Answer.NO;
        }
        return (mask & unknown) == 0 ? Answer.YES : new Answer.Unknown(because);
    }
}
